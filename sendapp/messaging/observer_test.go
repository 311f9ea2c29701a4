package messaging

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// attempts is an observer that keeps what it is told.
type attempts struct{ all []Attempt }

func (a *attempts) StartAttempt(ctx context.Context, _ Attempt) context.Context { return ctx }
func (a *attempts) EndAttempt(_ context.Context, attempt Attempt)               { a.all = append(a.all, attempt) }

func TestObserversSeeWhatHappensAndNothingOfTheMessage(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]error{200: nil, 401: ErrUnauthorized, 503: ErrUnknownOutcome} {
		first, second := &attempts{}, &attempts{}
		for product, sender := range both(t, answers(status, `{"message":"`+to+" "+words+" "+key+`"}`), WithObserver(first), WithObserver(second)) {
			for kind, send := range sends(t, sender) {
				first.all, second.all = nil, nil
				_, err := send()
				require.Equal(t, want == nil, err == nil)
				require.Len(t, first.all, 1, "%s %s", product, kind)
				assert.Equal(t, first.all[0], second.all[0])
				assert.Equal(t, status, first.all[0].Status)
				assert.Contains(t, first.all[0].Operation, string(product))
				require.ErrorIs(t, first.all[0].Err, want)
				show(t, first.all[0], false)
			}
		}
	}
}

// A log has what is listed here, and nothing that a later change adds unseen.
func TestTheLogHasWhatIsAllowed(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	senders := both(t, answers(400, `{"message":"`+to+" "+words+`"}`), WithLogger(logger))
	for _, sender := range senders {
		for _, send := range sends(t, sender) {
			_, err := send()
			require.Error(t, err)
		}
	}
	lines := 0
	for decoder := json.NewDecoder(&log); ; lines++ {
		var line map[string]any
		err := decoder.Decode(&line)
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		assert.Equal(t, []string{"attempt", "error", "level", "msg", "operation", "priority", "status", "time", "took", "trace", "wait"},
			slices.Sorted(maps.Keys(line)))
		assert.Equal(t, "DEBUG", line["level"])
		assert.Equal(t, "invalid request", line["error"])
	}
	assert.Equal(t, 6, lines)
}

// answered is a transport that says what each request carried.
type answered struct {
	keys   []string
	status int
}

func (a *answered) RoundTrip(r *http.Request) (*http.Response, error) {
	var body agentMessage
	if r.Body != nil {
		_ = json.NewDecoder(r.Body).Decode(&body) // Official has none
	}
	a.keys = append(a.keys, r.Header.Get("X-Api-Key")+r.Header.Get("Authorization")+", "+body.APIKey)
	return answers(a.status, "{}").RoundTrip(r)
}
