package contacts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
)

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		want   error
	}{
		"a bad request":              {400, `{"statusCode":400,"message":"limit must be a number"}`, ErrInvalid},
		"an unknown contact":         {400, `{"message":"Contact with id abc not found"}`, ErrNotFound},
		"a duplicate":                {400, `{"message":"This location does not allow duplicated contacts.","meta":{"contactId":"c1","matchingField":"email"}}`, ErrDuplicate},
		"a duplicate without meta":   {400, `{"message":"This location does not allow duplicated contacts."}`, ErrDuplicate},
		"no version":                 {401, `{"message":"version header was not found."}`, ErrUnauthorized},
		"a wrong token":              {401, `{"message":"Invalid Private Integration token"}`, ErrUnauthorized},
		"an expired token":           {401, `{"message":"Invalid JWT"}`, ErrUnauthorized},
		"a missing scope":            {401, `{"message":"The token is not authorized for this scope."}`, ErrScopeMissing},
		"the wrong kind of token":    {401, `{"message":"This authClass type is not allowed to access this scope. Please reach out to support"}`, ErrForbidden},
		"a route closed to the kind": {401, `{"message":"This route is not yet supported by the IAM Service"}`, ErrForbidden},
		"another location":           {403, `{"message":"The token does not have access to this location"}`, ErrForbidden},
		"no such route":              {404, `{"message":"Cannot GET /contacts/x/y"}`, ErrUnavailable},
		"a page of somebody else":    {404, `<html>Not Found</html>`, ErrUnavailable},
		"nothing of somebody else":   {404, ``, ErrUnavailable},
		"not found":                  {404, `{"statusCode":404,"message":"Not Found"}`, ErrNotFound},
		"an unknown property":        {422, `{"message":["property x should not exist"],"error":"Unprocessable Entity","statusCode":422}`, ErrInvalid},
		"too many requests":          {429, `{"message":"Too Many Requests"}`, ErrRateLimited},
		"a broken service":           {500, `{"message":"Internal server error"}`, ErrUnavailable},
		"a gateway's page":           {502, `<html>Bad Gateway</html>`, ErrUnavailable},
		"an empty error":             {503, ``, ErrUnavailable},
		"an error that is a text":    {400, `"not found"`, ErrInvalid},
		"an error of another type":   {422, `[1,2]`, ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := stubbed(t, always(test.status, test.body))
			_, err := client.Contacts.Get(t.Context(), "c1")
			require.ErrorIs(t, err, test.want)
			for _, other := range []error{
				ErrNotFound, ErrUnauthorized, ErrScopeMissing, ErrForbidden, ErrRateLimited, ErrInvalid, ErrDuplicate,
				ErrUnavailable, ErrUnknownOutcome,
			} {
				assert.Equal(t, other == test.want, errors.Is(err, other), "%v", other) //nolint:errorlint // values of this list
			}
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, test.status, e.Status)
			assert.Equal(t, "contacts.get", e.Operation)
		})
	}
}

func TestAnErrorCarriesWhatTheServiceSaid(t *testing.T) {
	t.Parallel()
	client := stubbed(t, func(sent) reply {
		return reply{
			status: 422,
			body:   `{"message":["property x should not exist","email must be an email","go away"],"error":"Unprocessable Entity","traceId":"3b1d9a52"}`,
			header: http.Header{"Retry-After": {"7"}},
		}
	})
	_, err := client.Contacts.Update(t.Context(), "c1", ContactUpdate{})
	var e *Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, []FieldError{{Field: "x", Message: "should not exist"}, {Field: "email", Message: "must be an email"}}, e.Fields)
	assert.Equal(t, []string{"go away"}, e.Messages)
	assert.Equal(t, "3b1d9a52", e.TraceID)
	assert.InDelta(t, 7, e.RetryAfter.Seconds(), 0.01)
	assert.ErrorContains(t, err, "x should not exist")

	client = stubbed(t, always(400, `{"message":"This location does not allow duplicated contacts.","meta":{"contactId":"c1"}}`))
	_, err = client.Contacts.Create(t.Context(), ContactCreate{})
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "c1", e.ConflictingID)
}

func TestALostAnswerIsAnUnknownOutcomeOnlyOfCreates(t *testing.T) {
	t.Parallel()
	calls := everything()
	for _, op := range Operations() {
		if isOAuth(op) {
			continue
		}
		for name, answer := range map[string]stub{
			"a 500":            always(500, `{"message":"Internal server error"}`),
			"a web page":       always(200, `<html>Please log in</html>`),
			"an empty answer":  always(200, ``),
			"an empty success": always(204, ``),
			"half an answer":   always(200, `{"contact":{"id":"c"`),
		} {
			t.Run(op.Name+": "+name, func(t *testing.T) {
				t.Parallel()
				err := calls[op.Name].send(t.Context(), stubbed(t, answer))
				// An upsert with an e-mail finds what it created.
				if op.Idempotent || op.Name == "contacts.upsert" {
					require.ErrorIs(t, err, ErrUnavailable)
				} else {
					require.ErrorIs(t, err, ErrUnknownOutcome)
					var unknown *UnknownOutcomeError
					require.ErrorAs(t, err, &unknown)
					// Files that were uploaded can't be listed.
					assert.Equal(t, op.Name == "customFields.upload", unknown.Lookup == Lookup{})
				}
			})
		}
	}
}

// TestNoAnswerIsTakenForAnEmptyOne: an answer of success that lacks the record or
// the list would otherwise look as if there were none, and a copy be emptied.
func TestNoAnswerIsTakenForAnEmptyOne(t *testing.T) {
	t.Parallel()
	for name, call := range everything() {
		for _, body := range []string{`{}`, `{"contact":null,"task":null,"contacts":null,"tasks":null}`, `{"contact":{},"note":{"x":1}}`, `[]`, `{"succeded":false}`, `{"success":false,"ids":null}`} {
			t.Run(name+" "+body, func(t *testing.T) {
				t.Parallel()
				err := call.send(t.Context(), stubbed(t, always(200, body)))
				if call.answer == `{"succeded":true}` || call.answer == `{"succeeded":true}` || call.answer == `{"success":true}` {
					// These answer nothing but that it was done.
					assert.Equal(t, strings.Contains(body, "false"), err != nil, "%v", err)
					return
				}
				require.Error(t, err)
			})
		}
	}
}

func TestAnUnknownOutcomeSaysWhatToLookFor(t *testing.T) {
	t.Parallel()
	client := stubbed(t, always(500, `{}`))
	_, err := client.Contacts.Create(t.Context(), ContactCreate{Email: opt.Set("ada@example.com"), Phone: opt.Set("+15551234567")})
	var unknown *UnknownOutcomeError
	require.ErrorAs(t, err, &unknown)
	assert.Equal(t, Lookup{Email: "ada@example.com", Phone: "+15551234567"}, unknown.Lookup)
	var e *Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, 500, e.Status)

	asJSON, marshalErr := json.Marshal(map[string]any{"err": err})
	require.NoError(t, marshalErr)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Error("failed", "err", err)
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s %q", err, err, err, err, err), string(asJSON), log.String()} {
		assert.NotContains(t, text, "ada")
		assert.NotContains(t, text, "5551234567")
		assert.Contains(t, text, "contacts.create")
	}

	_, err = client.Tasks.Create(t.Context(), "c1", TaskCreate{Title: "Call", DueDate: At(fixed)})
	require.ErrorAs(t, err, &unknown)
	assert.Equal(t, Lookup{ContactID: "c1", Text: "Call"}, unknown.Lookup)
	_, err = client.Notes.Create(t.Context(), "c1", NoteCreate{Body: "Called"})
	require.ErrorAs(t, err, &unknown)
	assert.Equal(t, Lookup{ContactID: "c1", Text: "Called"}, unknown.Lookup)
}
