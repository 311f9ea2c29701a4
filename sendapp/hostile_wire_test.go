package sendapp_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/hostile"
	"github.com/contactlink/contactlink/internal/secretcheck"
	"github.com/contactlink/contactlink/sendapp"
)

// A server that is broken, or in somebody else's hands, through the client as it is
// made by default: each call ends soon, with an error of bounded length. A create
// may have happened, unless the server redirects it.
func TestAHostileServer(t *testing.T) {
	t.Parallel()
	for name, answer := range hostile.Answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, err := hostile.Serve(t.Context(), answer, func(h http.Header) { assert.Empty(t, h.Get("Cookie")) })
			require.NoError(t, err)
			client, err := sendapp.NewClient(sendapp.WithBaseURL(address), sendapp.WithAPIKey("k3y-s3cr3t"), sendapp.WithRetry(sendapp.RetryPolicy{}))
			require.NoError(t, err)
			for range 2 {
				contact, err := client.Contacts.Get(t.Context(), "c")
				require.Error(t, err, "none of them has a contact")
				assert.Nil(t, contact)
				assert.NotErrorIs(t, err, sendapp.ErrNotFound)
				assert.Less(t, len(err.Error()), 1000)
				shown := secretcheck.Show(err)
				for _, hidden := range []string{"Eve", "session=", "k3y-s3cr3t"} {
					assert.NotContains(t, shown, hidden)
				}
			}
			_, err = client.Contacts.Create(t.Context(), sendapp.ContactCreate{})
			if name == "a redirect" || name == "a redirect to itself" {
				require.ErrorContains(t, err, "redirects")
				return
			}
			require.ErrorIs(t, err, sendapp.ErrUnknownOutcome)
		})
	}
}
