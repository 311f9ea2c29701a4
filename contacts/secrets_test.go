package contacts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNoErrorShowsASecretOrAPerson sends each operation into each kind of error,
// and prints it in all ways. The values are those that everything() sends.
func TestNoErrorShowsASecretOrAPerson(t *testing.T) {
	t.Parallel()
	private := []string{
		"pit-secret", "ada@example.com", "5551234567", "Call", "Called", "Late", "Demo", // sent
		"eve@example.com", "Byron", // answered
	}
	kinds := map[string]stub{
		"refused":     always(400, `{"message":"no","contact":{"email":"eve@example.com"}}`),
		"duplicate":   always(400, `{"message":"This location does not allow duplicated contacts.","meta":{"contactId":"c1","contactName":"Byron","matchingField":"email"}}`),
		"no scope":    always(401, `{"message":"The token is not authorized for this scope."}`),
		"forbidden":   always(403, `{"message":"no"}`),
		"not found":   always(404, `{"message":"no"}`),
		"invalid":     always(422, `{"message":["email must be an email"]}`),
		"too many":    always(429, `{}`),
		"broken":      always(500, `{"contact":{"email":"eve@example.com"}}`),
		"a web page":  always(200, `<html>eve@example.com</html>`),
		"a bad shape": always(200, `{"contact":{"lastName":"Byron"},"contacts":"eve@example.com","tags":{"Byron":1}`),
		"incomplete":  always(200, `{"x":"Byron"}`),
		"a failure":   always(200, `{"succeded":false,"contact":{"lastName":"Byron"}}`),
		"redirected":  always(302, ``),
	}
	for name, call := range everything() {
		for kind, answer := range kinds {
			err := call.send(t.Context(), stubbed(t, answer))
			if kind == "incomplete" && err == nil {
				continue // it answers only that it was done
			}
			require.Error(t, err, "%s: %s", name, kind)
			var log bytes.Buffer
			slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", err, "joined", errors.Join(err))
			asJSON, marshalErr := json.Marshal(struct{ Err any }{err})
			require.NoError(t, marshalErr)
			for unwrapped := err; unwrapped != nil; unwrapped = errors.Unwrap(unwrapped) {
				printed := fmt.Sprintf("%v %+v %#v %s %q", unwrapped, unwrapped, unwrapped, unwrapped, unwrapped) + log.String() + string(asJSON)
				for _, value := range private {
					assert.NotContains(t, printed, value, "%s: %s", name, kind)
				}
			}
		}
	}
}
