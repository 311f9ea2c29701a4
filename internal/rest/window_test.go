package rest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// counter counts requests as a server does.
type counter interface {
	// take counts a request. left is what remains of the window.
	take(now time.Time) (left int, ok bool)
}

const (
	testLimit  = 100
	testWindow = 10 * time.Second
	spacing    = testWindow / testLimit
)

// fixed counts in windows that begin at some time.
type fixed struct {
	offset time.Duration
	window int64
	count  int
}

func (f *fixed) take(now time.Time) (int, bool) {
	if window := now.Add(f.offset).UnixNano() / int64(testWindow); window != f.window {
		f.window, f.count = window, 0
	}
	if f.count >= testLimit {
		return 0, false
	}
	f.count++
	return testLimit - f.count, true
}

// sliding counts what came within the window before.
type sliding struct{ seen []time.Time }

func (s *sliding) take(now time.Time) (int, bool) {
	for len(s.seen) > 0 && now.Sub(s.seen[0]) >= testWindow {
		s.seen = s.seen[1:]
	}
	if len(s.seen) >= testLimit {
		return 0, false
	}
	s.seen = append(s.seen, now)
	return testLimit - len(s.seen), true
}

// world is a server with its clients in virtual time.
type world struct {
	random  *rand.Rand
	limiter *SlidingWindow
	latest  time.Duration // the longest round trip

	mu      sync.Mutex
	server  counter
	counted []time.Time // of the limiter's
	refused []time.Time
	waits   []time.Duration // of real-time requests
}

// request sends one through the limiter. It reports false when there is no slot
// before the end of the run.
func (w *world) request(ctx context.Context) bool {
	start := time.Now()
	release, err := w.limiter.Acquire(ctx)
	if err != nil {
		return false
	}
	waited := time.Since(start)
	there, back := w.delays()
	<-time.After(there)
	w.mu.Lock()
	left, ok := w.server.take(time.Now())
	status := http.StatusOK
	if ok {
		w.counted = append(w.counted, time.Now())
	} else {
		status = http.StatusTooManyRequests
		w.refused = append(w.refused, time.Now())
	}
	if PriorityOf(ctx) == RealTime {
		w.waits = append(w.waits, waited)
	}
	w.mu.Unlock()
	<-time.After(back)
	header := http.Header{}
	header.Set(headerMax, strconv.Itoa(testLimit))
	header.Set(headerRemaining, strconv.Itoa(left))
	release(status, header)
	return true
}

func (w *world) delays() (there, back time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	trip := time.Duration(w.random.Int64N(int64(w.latest) + 1))
	there = time.Duration(w.random.Int64N(int64(trip) + 1))
	return there, trip - there
}

// upTo is a random duration, for goroutines beside each other.
func (w *world) upTo(d time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Duration(w.random.Int64N(int64(d)))
}

// between counts times in a span.
func between(times []time.Time, from, to time.Time) int {
	n := 0
	for _, at := range times {
		if !at.Before(from) && at.Before(to) {
			n++
		}
	}
	return n
}

// simulate runs a world for each seed and each kind of server.
func simulate(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	for seed := range uint64(6) {
		for name, server := range map[string]func(*rand.Rand) counter{
			"fixed":   func(r *rand.Rand) counter { return &fixed{offset: time.Duration(r.Int64N(int64(testWindow)))} },
			"sliding": func(*rand.Rand) counter { return &sliding{} },
		} {
			t.Run(fmt.Sprintf("%s seed %d", name, seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					random := rand.New(rand.NewPCG(seed, 1))
					limiter, err := NewSlidingWindow(Limits{Requests: testLimit, Window: testWindow})
					require.NoError(t, err)
					latest := []time.Duration{testWindow / 40, testWindow / 40, spacing, 0}[seed%4]
					run(t, &world{random: random, limiter: limiter, latest: latest, server: server(random)})
				})
			})
		}
	}
}

// flood keeps so many requests waiting until the context ends.
func (w *world) flood(ctx context.Context, wait *sync.WaitGroup, workers int) {
	for range workers {
		wait.Go(func() {
			for w.request(ctx) {
			}
		})
	}
}

func TestAloneThereIsNo429AndTheLimitIsUsed(t *testing.T) {
	t.Parallel()
	for _, priority := range []Priority{RealTime, Sweep} {
		t.Run(priority.String(), func(t *testing.T) {
			t.Parallel()
			simulate(t, func(t *testing.T, w *world) {
				start := time.Now()
				const windows = 30
				ctx, cancel := context.WithTimeout(ContextWithPriority(t.Context(), priority), (windows+2)*testWindow)
				defer cancel()
				var wait sync.WaitGroup
				w.flood(ctx, &wait, 8+int(w.upTo(60)))
				wait.Wait()
				assert.Empty(t, w.refused)
				from := start.Add(testWindow)
				used := between(w.counted, from, from.Add(windows*testWindow))
				t.Logf("%.1f %% of the limit", float64(used)/windows)
				assert.GreaterOrEqual(t, used, 97*windows)
			})
		})
	}
}

func TestARealTimeRequestWaitsLessThanTwoSpacings(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(t.Context(), 35*testWindow)
		defer cancel()
		var wait sync.WaitGroup
		w.flood(ContextWithPriority(ctx, Sweep), &wait, 8+int(w.upTo(60)))
		for range 100 { // one at a time, at any time: two at once are two in a row
			<-time.After(4*spacing + w.upTo(4*time.Second))
			w.request(ctx)
		}
		wait.Wait()
		assert.Empty(t, w.refused)
		require.NotEmpty(t, w.waits)
		longest := time.Duration(0)
		for _, waited := range w.waits {
			longest = max(longest, waited)
		}
		t.Logf("%d real-time requests, the longest wait %s", len(w.waits), longest)
		assert.Less(t, longest, 2*spacing)
	})
}

func TestItConvergesWhenAnUnknownClientTakesHalf(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, w *world) {
		start := time.Now()
		// Without a round trip, each slot is taken again in the moment when it is
		// free: the other one would get none, and nobody a 429.
		w.latest = max(w.latest, 50*time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), 20*testWindow)
		defer cancel()
		var wait sync.WaitGroup
		w.flood(ContextWithPriority(ctx, Sweep), &wait, 8+int(w.upTo(60)))
		<-time.After(4*testWindow + w.upTo(testWindow))
		came := time.Now()
		var others []time.Time
		wait.Go(func() { // the other one, evenly
			for ctx.Err() == nil {
				w.mu.Lock()
				if _, ok := w.server.take(time.Now()); ok {
					others = append(others, time.Now())
				}
				w.mu.Unlock()
				<-time.After(2 * spacing)
			}
		})
		wait.Wait()
		// Whatever the phase of a fixed window when it came, and a round trip: what a
		// server counts in a moment no client knows before it is told. What is refused
		// earlier is what both sent within a round trip while the window was full: the
		// other one does not know either.
		converged := came.Add(testWindow + w.latest)
		end := start.Add(20 * testWindow)
		windows := end.Sub(converged).Seconds() / testWindow.Seconds()
		used := float64(between(w.counted, converged, end)) / windows
		got := float64(between(others, converged, end)) / windows
		last := time.Duration(0)
		for _, at := range w.refused {
			last = max(last, at.Sub(came))
		}
		t.Logf("%d refused, the last %s after it came; then %.1f requests a window of the 50 left, and %.1f for the other one",
			len(w.refused), last.Round(time.Millisecond), used, got)
		assert.Zero(t, between(w.refused, converged, end), "no 429 after a window")
		assert.LessOrEqual(t, len(w.refused), 10, "and few before")
		assert.GreaterOrEqual(t, used, 45.0)
		assert.GreaterOrEqual(t, got, 49.0, "the other one gets its half")
	})
}

// What comes in bursts looks like more than it is. It must not be believed for ever.
func TestSomethingIsLeftBesideAClientThatTakesMost(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, w *world) {
		w.latest = max(w.latest, 50*time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), 22*testWindow)
		defer cancel()
		var wait sync.WaitGroup
		wait.Go(func() { // the other one: 80 of 100
			for ctx.Err() == nil {
				w.mu.Lock()
				for range 8 {
					w.server.take(time.Now())
				}
				w.mu.Unlock()
				<-time.After(testWindow / 10)
			}
		})
		<-time.After(2 * testWindow)
		w.flood(ContextWithPriority(ctx, Sweep), &wait, 32)
		wait.Wait()
		used := float64(len(w.counted)) / 20
		t.Logf("%.1f requests a window of the 20 left, %d refused in 20 windows", used, len(w.refused))
		assert.GreaterOrEqual(t, used, 6.0)
		assert.LessOrEqual(t, len(w.refused), 5)
	})
}

func TestSweepsGetWhatRealTimeLeaves(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*testWindow)
		defer cancel()
		var wait sync.WaitGroup
		w.flood(ContextWithPriority(ctx, Sweep), &wait, 20)
		wait.Go(func() {
			for w.request(ctx) {
				<-time.After(w.upTo(4 * spacing))
			}
		})
		wait.Wait()
		sweeps := len(w.counted) - len(w.waits)
		t.Logf("%d real-time requests, %d sweeps", len(w.waits), sweeps)
		assert.Empty(t, w.refused)
		assert.Greater(t, sweeps, 20*testLimit/5)
		assert.Greater(t, len(w.counted), 19*testLimit*95/100)
	})
}

func TestADeadlineThatASlotCannotMeet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter, err := NewSlidingWindow(Limits{Requests: 1, Window: time.Minute})
		require.NoError(t, err)
		release, err := limiter.Acquire(t.Context())
		require.NoError(t, err)
		release(0, nil)
		release(0, nil) // a second time does nothing
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = limiter.Acquire(ctx)
		require.ErrorIs(t, err, ErrRateLimited)
		failed, ok := errors.AsType[*waitError](err)
		require.True(t, ok)
		assert.Equal(t, time.Minute, failed.wait)
		assert.Zero(t, time.Since(start), "it says so at once")

		cancelled, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		_, err = limiter.Acquire(cancelled)
		require.ErrorIs(t, err, context.Canceled)
		_, err = limiter.Acquire(t.Context())
		require.NoError(t, err)
		assert.Equal(t, time.Minute, time.Since(start), "who left holds nobody up")
	})
}

func TestLimitsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, limits := range []Limits{{Requests: -1}, {Window: -1}, {SweepShare: -1}, {SweepShare: 1.1}} {
		_, err := NewSlidingWindow(limits)
		require.Error(t, err)
	}
}
