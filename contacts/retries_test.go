package contacts

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// failsOnce is a service that fails once, before or after a request took effect,
// and counts the effects.
type failsOnce struct {
	answer  stub // to what takes effect
	first   *reply
	after   bool // the first request takes effect before its answer is lost
	asked   int
	effects int
}

func (f *failsOnce) RoundTrip(r *http.Request) (*http.Response, error) {
	f.asked++
	if f.asked > 1 || f.after {
		f.effects++
	}
	switch {
	case f.asked > 1:
		return f.answer.RoundTrip(r)
	case f.first != nil:
		return stub(func(sent) reply { return *f.first }).RoundTrip(r)
	default:
		return nil, errors.New("read: connection reset by peer")
	}
}

// TestEachRowIsRepeatedAsItSays sends each operation to a service that fails
// before and after the effect. What has an effect twice if it is sent twice is
// sent once, unless it surely had none.
func TestEachRowIsRepeatedAsItSays(t *testing.T) {
	t.Parallel()
	calls := everything()
	failures := map[string]struct {
		first   *reply
		after   bool
		refused bool // it surely had no effect
	}{
		"429":                         {first: &reply{status: 429}, refused: true},
		"503 before the effect":       {first: &reply{status: 503}},
		"503 after the effect":        {first: &reply{status: 503}, after: true},
		"a connection that breaks":    {},
		"an answer that is lost":      {after: true},
		"a proxy's 502, effect or no": {first: &reply{status: 502, body: "<html>"}, after: true},
	}
	for _, op := range Operations() {
		if isOAuth(op) {
			continue
		}
		// An upsert with an e-mail or a phone finds what it created.
		repeated := op.Idempotent || op.Name == "contacts.upsert"
		for name, failure := range failures {
			t.Run(op.Name+": "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					service := &failsOnce{answer: always(200, calls[op.Name].answer), first: failure.first, after: failure.after}
					client := stubbed(t, nil, WithHTTPClient(&http.Client{Transport: service}), WithRetry(RetryPolicy{Retries: 3, Max: 1}))
					err := calls[op.Name].send(t.Context(), client)
					if repeated || failure.refused {
						require.NoError(t, err)
						assert.Equal(t, 2, service.asked)
						return
					}
					require.ErrorIs(t, err, ErrUnknownOutcome)
					assert.Equal(t, 1, service.asked, "it is sent once")
					assert.LessOrEqual(t, service.effects, 1)
				})
			})
		}
	}
}

// What is refused for the same reason each time is asked for once.
func TestWhatIsRefusedIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404, 409, 422} {
		for name, call := range everything() {
			asked := 0
			client := stubbed(t, func(sent) reply {
				asked++
				return reply{status: status, body: `{"message":"no"}`}
			}, WithRetry(RetryPolicy{Retries: 3}))
			require.Error(t, call.send(t.Context(), client))
			assert.Equal(t, 1, asked, "%s %d", name, status)
		}
	}
}
