package sendapp_test

import (
	"bytes"
	"log/slog"
	"maps"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/secretcheck"
	"github.com/contactlink/contactlink/sendapp"
)

// Every operation, with every kind of failure: no error, however it is shown, and
// no log holds the token or a value of the request or of the answer.
func TestNoErrorShowsASecretOrAPersonalValue(t *testing.T) {
	t.Parallel()
	const secret, personal = "s3cr3t-value", "anna-rossi-42"
	failures := secretcheck.Failures(personal)
	maps.Copy(failures, secretcheck.Echoes(personal))
	for name, transport := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			client, err := sendapp.NewClient(
				sendapp.WithBaseURL("https://crm.example.com"), sendapp.WithAPIKey(secret),
				sendapp.WithHTTPClient(&http.Client{Transport: transport}), sendapp.WithRetry(sendapp.RetryPolicy{}),
				sendapp.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
			)
			require.NoError(t, err)
			failed := 0
			for method, err := range secretcheck.Call(t.Context(), client, personal) {
				if err == nil {
					continue
				}
				failed++
				shown := secretcheck.Show(err)
				assert.NotContains(t, shown, secret, method)
				assert.NotContains(t, shown, personal, method)
			}
			assert.Greater(t, failed, 5, "the failures are failures")
			assert.NotContains(t, log.String(), secret)
			assert.NotContains(t, log.String(), personal)
			shown := secretcheck.Show(client)
			assert.NotContains(t, shown, secret)
		})
	}
}
