package rest

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCurl(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	client := newTest(t, func(*http.Request) (*http.Response, error) { return reply(201, `{}`), nil },
		func(c *Config) { c.Curl = NewCurl(&lines, "KEY") })
	require.NoError(t, client.Do(t.Context(), Call{
		Operation: create, Body: map[string]string{"name": "O'Hara $HOME `id`"},
		Header: http.Header{"Cookie": {"session=1"}},
	}, nil))
	assert.Equal(t, `curl -X POST 'https://api.example.com/base/things' \
  -H 'Accept: application/json' \
  -H "Authorization: Bearer $KEY" \
  -H 'Content-Type: application/json' \
  -H "Cookie: $KEY" \
  --data-raw '{"name":"O'\''Hara $HOME `+"`id`"+`"}'
`, lines.String())

	lines.Reset()
	secret := *create
	secret.Secret = true
	require.NoError(t, client.Do(t.Context(), Call{Operation: &secret, Body: map[string]string{"client_secret": "hidden"}}, nil))
	assert.NotContains(t, lines.String(), "hidden")

	lines.Reset()
	require.NoError(t, client.Do(t.Context(), Call{Operation: create, Body: Raw{ContentType: "multipart/form-data; boundary=x", Data: []byte("\x1b[2J")}}, nil))
	assert.NotContains(t, lines.String(), "\x1b", "a file may do anything to a terminal")
	assert.Contains(t, lines.String(), "4 bytes")
}

// A shell takes what is quoted for one word, as it was.
func FuzzQuote(f *testing.F) {
	for _, seed := range []string{"", "plain", "O'Hara", "'; rm -rf / #", "$(id) `id` \\ \" \n !x", "''"} {
		f.Add(seed)
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		f.Skip("there is no shell")
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsRune(text, 0) {
			t.Skip("no argument has a NUL")
		}
		out, err := exec.CommandContext(t.Context(), shell, "-c", "printf %s "+quote(text)).Output()
		require.NoError(t, err)
		assert.Equal(t, text, string(out))
	})
}
