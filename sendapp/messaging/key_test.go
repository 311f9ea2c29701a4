package messaging

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rotating is a source whose key is another each time.
type rotating struct{ n int }

func (r *rotating) read(context.Context) (string, error) {
	r.n++
	return "key-" + strconv.Itoa(r.n), nil
}

// withSource makes both senders with a source of keys.
func withSource(t *testing.T, transport http.RoundTripper, read func(context.Context) (string, error)) map[Product]Sender {
	t.Helper()
	opts := []Option{
		WithAPIKeySource(read), WithBaseURL("http://localhost"), WithHTTPClient(&http.Client{Transport: transport}), WithLimiter(nil),
	}
	official, err := NewOfficial(opts...)
	require.NoError(t, err)
	agent, err := NewAgent(append(opts, WithAccountToken(token))...)
	require.NoError(t, err)
	return map[Product]Sender{ProductAgent: agent, ProductOfficial: official}
}

func TestTheKeyIsReadOnceForEachMessage(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 401} {
		source, transport := &rotating{}, &answered{status: status}
		senders := withSource(t, transport, source.read)
		_, _ = senders[ProductAgent].SendText(t.Context(), text)
		_, _ = senders[ProductAgent].SendMedia(t.Context(), media)
		_, _ = senders[ProductOfficial].SendTemplate(t.Context(), template)
		// After a 401, too, a send is one request: its key is in the body and the header.
		assert.Equal(t, []string{"key-1, key-1", "key-2, key-2", "Bearer key-3, "}, transport.keys)
	}
}

func TestReadsGetTheNewKeyAfterA401(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for product, want := range map[Product][]string{
			ProductAgent: {"key-1, ", "key-3, "}, ProductOfficial: {"Bearer key-1, ", "Bearer key-3, "}, // key-2 is to compare
		} {
			source, transport := &rotating{}, &answered{status: 401}
			_, err := withSource(t, transport, source.read)[product].Check(t.Context())
			require.ErrorIs(t, err, ErrUnauthorized)
			assert.Equal(t, want, transport.keys)
		}
	})
}

func TestASourceThatFails(t *testing.T) {
	t.Parallel()
	vault := errors.New("the vault says " + key)
	for name, test := range map[string]struct {
		key  string
		err  error
		want error
	}{
		"no key":       {"", vault, ErrUnauthorized},
		"a bad key":    {key + "\n", nil, ErrInvalid},
		"out of reach": {"", context.DeadlineExceeded, context.DeadlineExceeded},
	} {
		transport := &answered{status: 200}
		for product, sender := range withSource(t, transport, func(context.Context) (string, error) { return test.key, test.err }) {
			for kind, send := range sends(t, sender) {
				_, err := send()
				require.ErrorIs(t, err, test.want, "%s %s %s", name, product, kind)
				require.NotErrorIs(t, err, ErrUnknownOutcome)
				show(t, err, true)
			}
		}
		assert.Empty(t, transport.keys, name)
	}
}

func TestAMessageWithoutAContext(t *testing.T) {
	t.Parallel()
	for _, sender := range both(t, &answered{status: 200}) {
		_, err := sender.SendText(nil, text) //nolint:staticcheck // what a program may do
		require.ErrorIs(t, err, ErrInvalid)
	}
}
