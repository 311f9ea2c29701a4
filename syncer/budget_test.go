package syncer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/syncer"
)

// Both clients' limiters take a budget.
var _ contacts.Budget = (*syncer.Budget)(nil)

// flood sends as much as the limiter allows, from eight goroutines, until ctx ends.
func flood(ctx context.Context, client *contacts.Client, answers, refused *atomic.Int64) *sync.WaitGroup {
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for ctx.Err() == nil {
				var answer contacts.Response
				_, _ = client.Contacts.Get(ctx, "nobody", contacts.WithResponse(&answer)) // an answer is all that counts
				switch answer.Status {
				case 0:
					return // no slot before ctx ends
				case http.StatusTooManyRequests:
					refused.Add(1)
				default:
					answers.Add(1)
				}
			}
		})
	}
	return &group
}

// roundTrips makes requests take up to 250 ms.
func roundTrips(seed uint64) contactstest.Option {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 1))
	return contactstest.WithFaults(func(string, int) contactstest.Fault {
		mu.Lock()
		defer mu.Unlock()
		return contactstest.Fault{Delay: time.Duration(random.Int64N(int64(250 * time.Millisecond)))}
	})
}

func TestProcessesTogetherKeepTheLimitAndUseIt(t *testing.T) {
	t.Parallel()
	for name, sliding := range map[string]bool{"fixed windows": false, "sliding windows": true} {
		for _, processes := range []int{2, 5} {
			t.Run(fmt.Sprintf("%s, %d processes", name, processes), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					seed := rand.Uint64()
					t.Logf("seed %d", seed)
					_, client := contactstest.Start(t, contactstest.WithRateLimits(contactstest.Limits{Sliding: sliding}), roundTrips(seed))
					store := syncer.NewMemoryStore()
					ctx, stop := context.WithTimeout(t.Context(), 100*time.Second)
					defer stop()
					var answers, refused atomic.Int64
					var groups []*sync.WaitGroup
					for i := range processes {
						limiter, err := contacts.NewLimiter(contacts.RateLimits{
							Budget: syncer.NewBudget(store, syncer.Rate{App: "app", Location: "here"}),
						})
						require.NoError(t, err)
						process, err := client.With(contacts.WithLimiter(limiter), contacts.WithRetry(contacts.RetryPolicy{}))
						require.NoError(t, err)
						groups = append(groups, flood(contacts.ContextWithPriority(ctx, contacts.Priority(i%2)), process, &answers, &refused))
					}
					for _, group := range groups {
						group.Wait()
					}
					assert.Zero(t, refused.Load())
					assert.GreaterOrEqual(t, float64(answers.Load()), 0.95*1000, "of 10 windows of 100")
					t.Logf("%d of 1000 requests", answers.Load())
				})
			})
		}
	}
}

func TestWhatADeadProcessBorrowedIsFreeAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := syncer.NewMemoryStore()
		rate := syncer.Rate{App: "app", Location: "here"}
		dead, other := syncer.NewBudget(store, rate), syncer.NewBudget(store, rate)
		take := func(budget *syncer.Budget) (sum int) {
			for {
				_, n, wait, err := budget.Borrow(t.Context(), 100)
				require.NoError(t, err)
				if n == 0 {
					require.Positive(t, wait)
					return sum
				}
				sum += n
			}
		}
		assert.Equal(t, 100, take(dead))
		elapse(44 * time.Second)
		assert.Zero(t, take(other), "it may still be sending")
		elapse(time.Second)
		assert.Equal(t, 100, take(other), "hold and window have passed")
	})
}
