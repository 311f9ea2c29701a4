package rest

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Over HTTP/2 net/http sends a request again, after the server reset its stream, if
// it can have the body again: that of a create it can't have.
func TestTheBodyOfACreateIsGivenOnce(t *testing.T) {
	t.Parallel()
	var again []bool
	client := newTest(t, func(r *http.Request) (*http.Response, error) {
		again = append(again, r.GetBody != nil)
		return reply(http.StatusCreated, "{}"), nil
	})
	for _, idempotent := range []bool{false, true} { // as with an idempotency key
		call := Call{Operation: create, Body: map[string]string{"name": "Anna"}, Idempotent: idempotent}
		require.NoError(t, client.Do(t.Context(), call, nil))
	}
	assert.Equal(t, []bool{false, true}, again)
}
