package sendapp_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// Every code of the contract, provoked at a server and matched by errors.Is.
func TestEveryCode(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t, sendapptest.WithUniquePhone(), sendapptest.WithUniqueEmail(), sendapptest.WithContactLimit(2),
		sendapptest.WithToken("reader", "contacts.readonly"), sendapptest.Without(sendapp.FeatureTagSets))
	ctx := t.Context()
	first, err := client.Contacts.Create(ctx, sendapp.ContactCreate{
		ExternalID: opt.Set("x"), Phone: opt.Set("+15551234567"), Email: opt.Set("a@example.com"),
	}, sendapp.WithIdempotencyKey("k"))
	require.NoError(t, err)
	second, err := client.Contacts.Create(ctx, sendapp.ContactCreate{})
	require.NoError(t, err)
	with := func(opts ...sendapp.ClientOption) *sendapp.Client {
		derived, err := client.With(append(opts, sendapp.WithRetry(sendapp.RetryPolicy{}))...)
		require.NoError(t, err)
		return derived
	}
	reader, stranger, once := with(sendapp.WithToken("reader")), with(sendapp.WithAPIKey("wrong")), with()
	elsewhere := with(sendapp.WithBaseURL("http://localhost/v9"))
	otherType := with(sendapp.WithHTTPClient(&http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Set("Content-Type", "text/plain")
		return server.Transport().RoundTrip(r)
	})}))
	create := func(client *sendapp.Client, body sendapp.ContactCreate, opts ...sendapp.CallOption) func() error {
		return func() error { _, err := client.Contacts.Create(ctx, body, opts...); return err }
	}
	update := func(body sendapp.ContactUpdate, opts ...sendapp.CallOption) func() error {
		return func() error { _, err := client.Contacts.Update(ctx, second.ContactID, body, opts...); return err }
	}
	fault := func(status int, call func() error) func() error {
		return func() error { server.Fail(sendapptest.Fault{Status: status}); return call() }
	}
	get := func(client *sendapp.Client, id string) func() error {
		return func() error { _, err := client.Contacts.Get(ctx, id); return err }
	}
	seen := map[string]bool{}
	for _, test := range []struct {
		code string
		want error
		call func() error
	}{
		{sendapp.CodeUnauthorized, sendapp.ErrUnauthorized, get(stranger, first.ContactID)},
		{sendapp.CodeScopeMissing, sendapp.ErrScopeMissing, create(reader, sendapp.ContactCreate{})},
		{sendapp.CodeNotFound, sendapp.ErrNotFound, get(client, "nobody")},
		{sendapp.CodeNoRoute, sendapp.ErrUnsupported, get(elsewhere, first.ContactID)},
		{sendapp.CodeNoRoute, sendapp.ErrUnsupported, func() error { _, err := client.Tags.Add(ctx, first.ContactID, []string{"a"}); return err }},
		{sendapp.CodeExternalIDTaken, sendapp.ErrDuplicate, update(sendapp.ContactUpdate{ExternalID: opt.Set("x")})},
		{sendapp.CodePhoneTaken, sendapp.ErrDuplicate, update(sendapp.ContactUpdate{Phone: opt.Set("+15551234567")})},
		{sendapp.CodeEmailTaken, sendapp.ErrDuplicate, update(sendapp.ContactUpdate{Email: opt.Set("A@example.com")})},
		{sendapp.CodeVersionMismatch, sendapp.ErrConflict, update(sendapp.ContactUpdate{City: opt.Set("Rome")}, sendapp.WithIfMatch("99"))},
		{sendapp.CodeTooLarge, sendapp.ErrInvalid, update(sendapp.ContactUpdate{City: opt.Set(strings.Repeat("x", 1<<20))})},
		{sendapp.CodeUnsupportedMediaType, sendapp.ErrInvalid, create(otherType, sendapp.ContactCreate{})},
		{sendapp.CodeInvalid, sendapp.ErrInvalid, update(sendapp.ContactUpdate{Phone: opt.Set("555")})},
		{sendapp.CodeIdempotencyMismatch, sendapp.ErrInvalid, create(client, sendapp.ContactCreate{}, sendapp.WithIdempotencyKey("k"))},
		{sendapp.CodeContactLimitReached, sendapp.ErrContactLimit, create(client, sendapp.ContactCreate{})},
		{sendapp.CodeRateLimited, sendapp.ErrRateLimited, fault(429, get(once, first.ContactID))},
		{sendapp.CodeInternal, sendapp.ErrUnavailable, fault(500, get(once, first.ContactID))},
		{sendapp.CodeUnavailable, sendapp.ErrUnavailable, fault(503, get(once, first.ContactID))},
		{sendapp.CodeUnavailable, sendapp.ErrUnknownOutcome, fault(503, create(once, sendapp.ContactCreate{}))},
	} {
		err := test.call()
		require.ErrorIs(t, err, test.want, test.code)
		failed, ok := errors.AsType[*sendapp.Error](err)
		require.True(t, ok, test.code)
		assert.Equal(t, test.code, failed.Code)
		assert.NotEmpty(t, failed.TraceID)
		if errors.Is(err, sendapp.ErrDuplicate) {
			assert.Equal(t, first.ContactID, failed.ConflictingID)
		}
		seen[test.code] = true
	}
	// malformed, forbidden and method_not_allowed can't be provoked by the client:
	// it encodes every body, asks only for methods that exist, and this server
	// forbids nothing but by scope. TestWhatAnAnswerMeans and sendapptest have them.
	assert.Len(t, seen, 16)
	server.SetContactLimit(0)
	require.NoError(t, create(client, sendapp.ContactCreate{})())
}

func TestCheck(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t, sendapptest.WithRateLimit(10, 1e9), sendapptest.WithToken("reader", "contacts.readonly"),
		sendapptest.Without("activity", "versions"))
	check, err := client.Check(t.Context())
	require.NoError(t, err)
	assert.Empty(t, check.MissingScopes)
	assert.Equal(t, []string{sendapp.ResourceActivity}, check.MissingResources)
	assert.Equal(t, []sendapp.Feature{sendapp.FeatureVersions}, check.MissingFeatures)
	assert.Equal(t, 10, check.Limit)
	assert.Equal(t, 9, check.Remaining)
	assert.Equal(t, "localhost speaks version 1 of the contract and accepts the credentials of WithAPIKey.\n"+
		"They have all scopes that are needed.\nThe server has no activity.\nThe server lacks versions.\n9 of 10 requests are left.\n", check.String())
	assert.Equal(t, map[string]int{"capabilities.get": 1}, server.Requests())

	reader, err := client.With(sendapp.WithToken("reader"))
	require.NoError(t, err)
	check, err = reader.Check(t.Context(), "contacts.list", "Contacts.Create")
	require.NoError(t, err)
	assert.Equal(t, []string{"contacts.write"}, check.MissingScopes)
	assert.Contains(t, check.String(), "WithToken.\nThey lack the scopes contacts.write.")
	check, err = reader.Check(t.Context(), "contacts.list")
	require.NoError(t, err)
	assert.Empty(t, check.MissingScopes)

	stranger, err := client.With(sendapp.WithAPIKey("wrong"))
	require.NoError(t, err)
	_, err = stranger.Check(t.Context())
	require.ErrorIs(t, err, sendapp.ErrUnauthorized)
	server.Fail(sendapptest.Fault{HTML: true, Times: -1})
	_, err = client.Check(t.Context())
	require.ErrorContains(t, err, "web page")
	server.Heal()
	other := newClient(t, func(*http.Request) (*http.Response, error) { return answer(200, `{"ok":true}`), nil }, sendapp.WithAPIKey("k"))
	_, err = other.Check(t.Context())
	require.ErrorContains(t, err, "check the base URL")
}
