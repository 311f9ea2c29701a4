package contacts_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
)

func TestOptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for want, opts := range map[string][]contacts.ClientOption{
		"an option is nil":           {nil},
		"WithToken: the token is of": {contacts.WithToken("s3cr3t with spaces")},
		"WithTokenFunc":              {contacts.WithTokenFunc(nil)},
		"WithTokenSource":            {contacts.WithTokenSource(nil)},
		"given already":              {contacts.WithToken("a"), contacts.WithToken("b")},
		"WithLocation":               {contacts.WithLocation("")},
		"a path":                     {contacts.WithLocation("..")},
		"control":                    {contacts.WithLocation("ve9EPM428h8vShlRW1KT\n")},
		"WithUserAgent":              {contacts.WithUserAgent("bridge\r\nX-Evil: 1")},
		"https":                      {contacts.WithBaseURL("http://api.example.com")},
		"WithHTTPClient":             {contacts.WithHTTPClient(nil)},
		"WithTimeout":                {contacts.WithTimeout(-1)},
		"WithRetry":                  {contacts.WithRetry(contacts.RetryPolicy{Retries: -1})},
		"WithObserver":               {contacts.WithObserver(nil)},
		"WithLogger":                 {contacts.WithLogger(nil)},
		"WithCurl":                   {contacts.WithCurl(nil)},
	} {
		client, err := contacts.NewClient(opts...)
		require.ErrorContains(t, err, want)
		assert.Nil(t, client)
		assert.NotContains(t, err.Error(), "s3cr3t")
	}
	_, err := contacts.NewLimiter(contacts.RateLimits{Requests: -1})
	require.Error(t, err)
}

func TestWithDerivesAClient(t *testing.T) {
	t.Parallel()
	var outer, inner strings.Builder
	base, err := contacts.NewClient(contacts.WithCurl(&outer), contacts.WithLimiter(nil))
	require.NoError(t, err)
	_, err = base.Contacts.Get(t.Context(), "c")
	require.ErrorIs(t, err, contacts.ErrNoCredentials)
	derived, err := base.With(contacts.WithToken("t"), contacts.WithLocation("a"), contacts.WithCurl(&inner))
	require.NoError(t, err)
	assert.Equal(t, "a", derived.Location())
	assert.Empty(t, base.Location())
	again, err := derived.With(contacts.WithToken("another"))
	require.NoError(t, err, "a token that replaces another is no second one")
	assert.NotContains(t, fmt.Sprintf("%+v %#v", again, again), "another")
}
