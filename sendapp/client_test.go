package sendapp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/contactlink/contactlink/sendapp"
)

// transport answers requests by a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"X-Request-Id": {"req_1"}}, Body: io.NopCloser(strings.NewReader(body))}
}

// newClient is a client whose requests are answered by a function.
func newClient(t *testing.T, f transport, opts ...sendapp.ClientOption) *sendapp.Client {
	t.Helper()
	client, err := sendapp.NewClient(append([]sendapp.ClientOption{
		sendapp.WithBaseURL("https://crm.example.com/v1"), sendapp.WithHTTPClient(&http.Client{Transport: f}),
		sendapp.WithRetry(sendapp.RetryPolicy{Retries: 2}),
	}, opts...)...)
	require.NoError(t, err)
	return client
}

func TestOptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	base := sendapp.WithBaseURL("https://crm.example.com")
	for name, test := range map[string]struct {
		opts []sendapp.ClientOption
		want string
	}{
		"no base URL":      {nil, "contactlink's own"},
		"empty base URL":   {[]sendapp.ClientOption{sendapp.WithBaseURL("")}, "WithBaseURL"},
		"http":             {[]sendapp.ClientOption{sendapp.WithBaseURL("http://crm.example.com")}, "https"},
		"a query":          {[]sendapp.ClientOption{sendapp.WithBaseURL("https://crm.example.com?key=1")}, "query"},
		"nil option":       {[]sendapp.ClientOption{base, nil}, "nil"},
		"empty key":        {[]sendapp.ClientOption{base, sendapp.WithAPIKey("")}, "WithAPIKey"},
		"empty token":      {[]sendapp.ClientOption{base, sendapp.WithToken("")}, "WithToken"},
		"nil source":       {[]sendapp.ClientOption{base, sendapp.WithTokenSource(nil)}, "WithTokenSource"},
		"two credentials":  {[]sendapp.ClientOption{base, sendapp.WithAPIKey("a"), sendapp.WithToken("b")}, "given already"},
		"nil HTTP client":  {[]sendapp.ClientOption{base, sendapp.WithHTTPClient(nil)}, "WithHTTPClient"},
		"no time":          {[]sendapp.ClientOption{base, sendapp.WithTimeout(0)}, "WithTimeout"},
		"negative retries": {[]sendapp.ClientOption{base, sendapp.WithRetry(sendapp.RetryPolicy{Retries: -1})}, "WithRetry"},
	} {
		client, err := sendapp.NewClient(test.opts...)
		require.ErrorContains(t, err, test.want, name)
		assert.Nil(t, client, name)
	}
}

func TestARequestCarriesWhatItWasGiven(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		option sendapp.ClientOption
		header string
		want   string
	}{
		"key":    {sendapp.WithAPIKey("k"), "X-API-Key", "k"},
		"token":  {sendapp.WithToken("t"), "Authorization", "Bearer t"},
		"source": {sendapp.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "s"})), "Authorization", "Bearer s"},
	} {
		var got *http.Request
		client := newClient(t, func(r *http.Request) (*http.Response, error) {
			got = r
			return answer(http.StatusOK, `{"contactId":"c"}`), nil
		}, test.option, sendapp.WithUserAgent("shop/1"))
		var meta sendapp.Response
		_, err := client.Contacts.Get(t.Context(), "c é", sendapp.WithResponse(&meta))
		require.NoError(t, err, name)
		assert.Equal(t, test.want, got.Header.Get(test.header), name)
		assert.Equal(t, "https://crm.example.com/v1/contacts/c%20%C3%A9", got.URL.String(), "the path prefix is kept")
		assert.Equal(t, "shop/1", got.UserAgent())
		assert.Equal(t, "req_1", meta.TraceID)
	}
}

func TestQueriesAreSentAsTheContractSays(t *testing.T) {
	t.Parallel()
	var got string
	client := newClient(t, func(r *http.Request) (*http.Response, error) {
		got = r.URL.RequestURI()
		return answer(http.StatusOK, `{"contacts":[],"tasks":[],"notes":[],"deleted":[]}`), nil
	}, sendapp.WithAPIKey("k"))
	since := time.Date(2026, 1, 2, 3, 4, 5, 6_700_000, time.FixedZone("", 3600))
	_, err := client.Contacts.ListPage(t.Context(), sendapp.ContactQuery{
		ExternalID: "a&b", Email: "x@example.com", Phone: "+1", Tag: "vip", UpdatedSince: since, Limit: 10,
	}, "next")
	require.NoError(t, err)
	assert.Equal(t, "/v1/contacts?cursor=next&email=x%40example.com&externalId=a%26b&limit=10&phone=%2B1&tag=vip&updatedSince=2026-01-02T02%3A04%3A05.006Z", got)
	_, err = client.Tasks.ListPage(t.Context(), sendapp.TaskQuery{ContactID: "c", Status: sendapp.TaskPending}, "")
	require.NoError(t, err)
	assert.Equal(t, "/v1/contacts/c/tasks?status=pending", got)
	_, err = client.Notes.ListPage(t.Context(), sendapp.NoteQuery{}, "")
	require.NoError(t, err)
	assert.Equal(t, "/v1/notes", got)
	_, err = client.Notes.ListDeletedPage(t.Context(), sendapp.DeletedQuery{Since: since}, "")
	require.NoError(t, err)
	assert.Equal(t, "/v1/notes?deletedSince=2026-01-02T02%3A04%3A05.006Z", got)
	_, err = client.Notes.ListDeletedPage(t.Context(), sendapp.DeletedQuery{}, "")
	require.ErrorIs(t, err, sendapp.ErrInvalid)
}

func TestAClientWithoutCredentialsIsABase(t *testing.T) {
	t.Parallel()
	base := newClient(t, func(*http.Request) (*http.Response, error) { return answer(http.StatusOK, `{"contactId":"c"}`), nil })
	_, err := base.Contacts.Get(t.Context(), "c")
	require.ErrorIs(t, err, sendapp.ErrNoCredentials)
	derived, err := base.With(sendapp.WithAPIKey("k"))
	require.NoError(t, err)
	_, err = derived.Contacts.Get(t.Context(), "c")
	require.NoError(t, err)
	_, err = derived.With(sendapp.WithToken("t"))
	require.NoError(t, err, "credentials that replace others are no second ones")
}

func TestNothingShowsASecret(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t"
	for name, option := range map[string]sendapp.ClientOption{
		"key": sendapp.WithAPIKey(secret), "token": sendapp.WithToken(secret),
		"source": sendapp.WithTokenSource(failing{secret}),
	} {
		client := newClient(t, func(*http.Request) (*http.Response, error) { return nil, errors.New("broken") }, option)
		_, err := client.Contacts.Get(t.Context(), "c")
		require.Error(t, err, name)
		data, jsonErr := json.Marshal(err)
		require.NoError(t, jsonErr)
		shown := fmt.Sprintf("%v %+v %#v %s %v %+v %#v", client, client, client, data, err, err, err)
		if failed, ok := errors.AsType[*sendapp.Error](err); ok {
			shown += fmt.Sprintf("%v %+v %#v", *failed, *failed, *failed)
		}
		assert.NotContains(t, shown, secret, name)
	}
}

// failing is a source whose error quotes the secret.
type failing struct{ secret string }

func (f failing) Token() (*oauth2.Token, error) { return nil, errors.New("refused: " + f.secret) }
