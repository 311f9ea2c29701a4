package sendapp_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
)

// Whatever a server answers with a status of failure, the error is typed, bounded,
// and shows nothing of the request.
func FuzzErrors(f *testing.F) {
	f.Add(422, `{"code":"invalid","detail":"No.","fields":[{"field":"phone","message":"is wrong"}]}`, "1", "req_1")
	f.Add(409, `{"code":"phone_taken","conflictingId":"../x","fields":5}`, "soon", "a b")
	f.Add(403, `{"code":"scope_missing","scope":["x"],"detail":7}`, "", "")
	f.Add(404, `{"code":"no_route","title":"Annabella Rossi is not here"}`, "-1", "\x1b[2J")
	f.Add(503, `<html>`, "1e300", "x")
	f.Fuzz(func(t *testing.T, status int, body, after, id string) {
		if status < 400 || status > 599 {
			return
		}
		client := newClient(t, func(*http.Request) (*http.Response, error) {
			failed := answer(status, body)
			failed.Header.Set("Retry-After", after)
			failed.Header.Set("X-Request-Id", id)
			return failed, nil
		}, sendapp.WithAPIKey("k3y-s3cr3t"), sendapp.WithRetry(sendapp.RetryPolicy{}))
		_, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{FirstName: opt.Set("Annabella"), LastName: opt.Set("Rossi")})
		var failed *sendapp.Error
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, status, failed.Status)
		assert.Equal(t, status >= 500, errors.Is(err, sendapp.ErrUnknownOutcome))
		shown := fmt.Sprintf("%v %+v %#v", err, err, err)
		assert.Less(t, len(shown), 200_000)
		assert.NotContains(t, shown, "k3y-s3cr3t")
		assert.NotContains(t, shown, "\n")
		assert.NotContains(t, shown, "\x1b")
		assert.NotContains(t, " "+shown+" ", " Annabella ")
	})
}
