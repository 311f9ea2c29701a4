package sendapp_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
)

var meanings = []error{
	sendapp.ErrNotFound, sendapp.ErrUnauthorized, sendapp.ErrScopeMissing, sendapp.ErrForbidden, sendapp.ErrRateLimited,
	sendapp.ErrInvalid, sendapp.ErrDuplicate, sendapp.ErrConflict, sendapp.ErrUnavailable, sendapp.ErrUnknownOutcome,
	sendapp.ErrContactLimit, sendapp.ErrUnsupported,
}

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		code   string
		want   error
	}{
		{400, "malformed", sendapp.ErrInvalid},
		{401, "unauthorized", sendapp.ErrUnauthorized},
		{403, sendapp.CodeScopeMissing, sendapp.ErrScopeMissing},
		{403, "", sendapp.ErrForbidden},
		{404, sendapp.CodeNotFound, sendapp.ErrNotFound},
		{404, "", nil}, // of another server, below a wrong base URL
		{404, sendapp.CodeNoRoute, sendapp.ErrUnsupported},
		{405, sendapp.CodeMethodNotAllowed, sendapp.ErrUnsupported},
		{409, sendapp.CodeExternalIDTaken, sendapp.ErrDuplicate},
		{409, sendapp.CodePhoneTaken, sendapp.ErrDuplicate},
		{409, sendapp.CodeEmailTaken, sendapp.ErrDuplicate},
		{412, sendapp.CodeVersionMismatch, sendapp.ErrConflict},
		{413, "too_large", sendapp.ErrInvalid},
		{415, "unsupported_media_type", sendapp.ErrInvalid},
		{422, "invalid", sendapp.ErrInvalid},
		{422, sendapp.CodeIdempotencyMismatch, sendapp.ErrInvalid},
		{422, sendapp.CodeContactLimitReached, sendapp.ErrContactLimit},
		{429, "rate_limited", sendapp.ErrRateLimited},
		{500, "", sendapp.ErrUnavailable},
		{503, "maintenance", sendapp.ErrUnavailable},
	} {
		name := fmt.Sprintf("%d %s", test.status, test.code)
		client := newClient(t, func(*http.Request) (*http.Response, error) {
			return answer(test.status, fmt.Sprintf(`{"title":"T","detail":"Because.","code":%q,"conflictingId":"other",
				"fields":[{"field":"phone","message":"is wrong"}],"requestId":"req_1"}`, test.code)), nil
		}, sendapp.WithAPIKey("k"))
		contact, err := client.Contacts.Update(t.Context(), "c", sendapp.ContactUpdate{})
		assert.Nil(t, contact, name)
		var failed *sendapp.Error
		require.ErrorAs(t, err, &failed, name)
		assert.Equal(t, test.status, failed.Status, name)
		assert.Equal(t, test.code, failed.Code, name)
		assert.Equal(t, "other", failed.ConflictingID, name)
		assert.Equal(t, "phone", failed.Fields[0].Field, name)
		assert.Equal(t, "req_1", failed.TraceID, name)
		assert.Equal(t, "contacts.update", failed.Operation, name)
		assert.Contains(t, err.Error(), "Because.", name)
		got := slices.DeleteFunc(slices.Clone(meanings), func(meaning error) bool { return !errors.Is(err, meaning) })
		if test.want == nil {
			assert.Empty(t, got, name)
		} else {
			assert.Equal(t, []error{test.want}, got, name)
		}
	}
}

func TestTheMissingScopeIsNamed(t *testing.T) {
	t.Parallel()
	for _, detail := range []string{"", `"detail":"Not without contacts.write.",`} {
		client := newClient(t, func(*http.Request) (*http.Response, error) {
			return answer(http.StatusForbidden, `{`+detail+`"code":"scope_missing","scope":"contacts.write"}`), nil
		}, sendapp.WithAPIKey("k"))
		err := client.Contacts.Delete(t.Context(), "c")
		require.ErrorIs(t, err, sendapp.ErrScopeMissing)
		assert.Equal(t, 1, strings.Count(err.Error(), "contacts.write"), err)
	}
}

func TestOneErrorsIsWorksForBothClients(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(*http.Request) (*http.Response, error) { return answer(404, `{"code":"not_found"}`), nil }, sendapp.WithAPIKey("k"))
	_, err := client.Notes.Get(t.Context(), "c", "n")
	require.ErrorIs(t, err, contacts.ErrNotFound)
}

func TestAnswersThatAreNoneOfTheContract(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status       int
		body         string
		read, create error
	}{
		"a web page":          {200, "<!doctype html><p>Hello", sendapp.ErrUnavailable, sendapp.ErrUnknownOutcome},
		"a web page, not 200": {404, "<html>", nil, nil},
		"nothing":             {200, "", sendapp.ErrUnavailable, sendapp.ErrUnknownOutcome},
		"no object":           {200, `"ok"`, sendapp.ErrUnavailable, sendapp.ErrUnknownOutcome},
		"null":                {200, `null`, sendapp.ErrUnavailable, sendapp.ErrUnknownOutcome},
		"no id":               {200, `{"id":"c"}`, sendapp.ErrUnavailable, sendapp.ErrUnknownOutcome},
	} {
		client := newClient(t, func(r *http.Request) (*http.Response, error) {
			status := test.status
			if status == http.StatusOK && r.Method == http.MethodPost {
				status = http.StatusCreated
			}
			return answer(status, test.body), nil
		}, sendapp.WithAPIKey("k"))
		contact, err := client.Contacts.Get(t.Context(), "c")
		require.Error(t, err, name)
		assert.Nil(t, contact, name)
		assert.NotErrorIs(t, err, sendapp.ErrNotFound, name)
		if test.read != nil {
			assert.ErrorIs(t, err, test.read, name)
		}
		contact, err = client.Contacts.Create(t.Context(), sendapp.ContactCreate{})
		require.Error(t, err, name)
		assert.Nil(t, contact, name)
		if test.create != nil {
			assert.ErrorIs(t, err, test.create, name)
		}
	}
}

func TestAnErrorCarriesTheWait(t *testing.T) {
	t.Parallel()
	calls := 0
	client := newClient(t, func(*http.Request) (*http.Response, error) {
		calls++
		limited := answer(http.StatusTooManyRequests, `{"code":"rate_limited"}`)
		limited.Header.Set("Retry-After", "3600")
		return limited, nil
	}, sendapp.WithAPIKey("k"), sendapp.WithRetry(sendapp.RetryPolicy{Retries: 3, MaxRetryAfter: time.Second}))
	_, err := client.Contacts.Get(t.Context(), "c")
	var failed *sendapp.Error
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, sendapp.ErrRateLimited)
	assert.Equal(t, time.Hour, failed.RetryAfter)
	assert.Equal(t, 1, calls, "it is not repeated before the server allows")
}

// No text of an error has anything of the request.
func TestAnErrorShowsNothingOfTheRequest(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(*http.Request) (*http.Response, error) { return nil, errors.New("broken") }, sendapp.WithAPIKey("k"))
	_, err := client.Contacts.ListPage(t.Context(), sendapp.ContactQuery{Email: "ann@example.com"}, "")
	require.ErrorIs(t, err, sendapp.ErrUnavailable)
	assert.NotContains(t, fmt.Sprintf("%+v %#v", err, err), "ann")
	_, err = client.Contacts.Create(t.Context(), sendapp.ContactCreate{FirstName: opt.Set("Ann")})
	require.ErrorIs(t, err, sendapp.ErrUnknownOutcome)
	assert.NotContains(t, fmt.Sprintf("%+v %#v", err, err), "Ann")
}
