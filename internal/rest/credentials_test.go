package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

// sequence is a source of one secret after the other; the last one stays.
func sequence(secrets ...string) Source {
	read := 0
	return func(context.Context) (string, error) {
		secret := secrets[min(read, len(secrets)-1)]
		read++
		return secret, nil
	}
}

func TestAfterA401(t *testing.T) {
	t.Parallel()
	refused := func(message string) transport {
		return func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Authorization") == "Bearer new" {
				return reply(201, `{}`), nil
			}
			return reply(401, `{"message":"`+message+`"}`), nil
		}
	}
	for name, test := range map[string]struct {
		source  Source
		message string
		sent    int
		err     error
	}{
		"another secret: once more":          {sequence("old", "new"), "expired", 2, nil},
		"the same secret: the error":         {Static("old"), "expired", 1, ErrUnauthorized},
		"another bad one: no third time":     {sequence("old", "older", "older", "new"), "expired", 2, ErrUnauthorized},
		"a scope is missing: it is no use":   {sequence("old", "new"), "not authorized for this scope", 1, ErrScopeMissing},
		"no secret any more: what is wrong":  {sequence("old", ""), "expired", 1, ErrInvalid},
		"a broken secret: nothing goes out":  {Static("two words"), "expired", 0, ErrInvalid},
		"a source that fails: nothing, too":  {func(context.Context) (string, error) { return "", errors.New("s3cr3t") }, "", 0, ErrUnauthorized},
		"a source that is cancelled: so too": {func(context.Context) (string, error) { return "", context.Canceled }, "", 0, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := 0
			client := newTest(t, func(r *http.Request) (*http.Response, error) {
				sent++
				return refused(test.message)(r)
			}, func(c *Config) { c.Credentials, c.Retry = Bearer(test.source), RetryPolicy{} })
			err := client.create(t.Context())
			if test.err == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, test.err)
				assert.NotContains(t, fmt.Sprintf("%+v", err), "s3cr3t")
			}
			assert.Equal(t, test.sent, sent)
		})
	}
}

// rotating is a token source that is all a source can be.
type rotating struct {
	token   string
	refused []string
	err     error
}

func (r *rotating) Token() (*oauth2.Token, error) { return nil, errors.New("the context matters") }
func (r *rotating) TokenContext(context.Context) (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: r.token}, nil
}

func (r *rotating) Refresh(_ context.Context, refused string) error {
	r.refused = append(r.refused, refused)
	r.token = "new"
	return r.err
}

func TestASourceIsToldWhatWasRefused(t *testing.T) {
	t.Parallel()
	answer := func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Authorization") == "Bearer new" {
			return reply(200, `{}`), nil
		}
		return reply(401, `{"message":"expired"}`), nil
	}
	source := &rotating{token: "old"}
	client := newTest(t, answer, func(c *Config) { c.Credentials = TokenSource(source) })
	var meta Response
	require.NoError(t, client.Do(t.Context(), Call{Operation: get, IDs: []string{"1"}, Response: &meta}, nil))
	assert.Equal(t, []string{"old"}, source.refused)
	assert.Equal(t, 2, meta.Attempts)

	paused := errors.New("the location is not active")
	source = &rotating{token: "old", err: paused}
	client = newTest(t, answer, func(c *Config) { c.Credentials = TokenSource(source) })
	err := client.get(t.Context())
	require.ErrorIs(t, err, paused)
	failed, ok := errors.AsType[*Error](err)
	require.True(t, ok)
	assert.Equal(t, 401, failed.Status, "the answer is still known")
}

func TestCredentialsShowNothing(t *testing.T) {
	t.Parallel()
	credentials := Bearer(Static("s3cr3t"))
	client := newTest(t, nil)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %#v", credentials, credentials, credentials, client, client, client.config), "s3cr3t")
}

func TestAClientWithoutCredentials(t *testing.T) {
	t.Parallel()
	sent := 0
	client := newTest(t, func(r *http.Request) (*http.Response, error) {
		sent++
		assert.Empty(t, r.Header.Get("Authorization"))
		return reply(201, `{}`), nil
	}, func(c *Config) { c.Credentials = Credentials{} })
	require.ErrorIs(t, client.get(t.Context()), ErrNoCredentials)
	assert.Zero(t, sent)
	public := *create
	public.Public = true
	require.NoError(t, client.Do(t.Context(), Call{Operation: &public}, nil), "an operation that needs none")
}
