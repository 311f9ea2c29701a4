package contacts

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/hostile"
)

// A service that is broken, or in somebody else's hands, through the client as it is
// made by default: each call ends soon, with an error of bounded length. A create
// may have happened, unless the service redirects it.
func TestAHostileService(t *testing.T) {
	t.Parallel()
	for name, answer := range hostile.Answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, err := hostile.Serve(t.Context(), answer, func(h http.Header) { assert.Empty(t, h.Get("Cookie")) })
			require.NoError(t, err)
			client, err := NewClient(WithBaseURL(address), WithToken(stubToken), WithLocation(testLocation), WithRetry(RetryPolicy{}))
			require.NoError(t, err)
			for range 2 {
				contact, err := client.Contacts.Get(t.Context(), "c1")
				require.Error(t, err, "none of them has a contact")
				assert.Nil(t, contact)
				assert.NotErrorIs(t, err, ErrNotFound)
				assert.Less(t, len(err.Error()), 1000)
				assert.NotContains(t, err.Error(), "Eve")
				shows(t, err, []string{"session=", stubToken}, name)
			}
			_, err = client.Notes.Create(t.Context(), "c1", NoteCreate{Body: "Called"})
			if name == "a redirect" || name == "a redirect to itself" {
				require.ErrorContains(t, err, "redirects")
				return
			}
			require.ErrorIs(t, err, ErrUnknownOutcome)
		})
	}
}
