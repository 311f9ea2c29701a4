package syncer_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// plainWorld is a world whose targets have no external ids.
func plainWorld(t *testing.T, keys bool) *world {
	t.Helper()
	w := newWorld(t)
	for _, desk := range []*desk{w.cards, w.petCards} {
		desk.plain = true
		desk.can = syncer.TargetCapabilities{Cascades: true, IdempotencyKeys: keys, Lag: 30 * time.Second}
	}
	w.restart(t)
	return w
}

func TestHard1CreateThenCrashBeforeTheIDIsSaved(t *testing.T) {
	t.Parallel()
	for name, outcome := range map[string]error{
		"the connection is reset":  errors.New("connection reset"),
		"502":                      &syncer.Error{Kind: syncer.KindTransient, Err: errors.New("502")},
		"422 although it was made": &syncer.Error{Kind: syncer.KindRow, Err: errors.New("422")},
	} {
		for _, keys := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := plainWorld(t, keys)
					w.fill(12)
					n := 0
					w.cards.after = func(call string) error {
						if n++; n%3 == 0 && strings.HasPrefix(call, "create") {
							return outcome
						}
						return nil
					}
					w.backfill(t)
					assert.Len(t, w.cards.records, 12, "P2")
					assert.Len(t, w.petCards.records, 12)
					w.cards.after = nil
					w.inStep(t)
				})
			})
		}
	}
}

// crashed claims a key and dies after its create.
func (w *world) crashed(t *testing.T, intent bool, made card) {
	t.Helper()
	require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "a"}}))
	claims, _, err := w.store.Claim(t.Context(), syncer.ClaimRequest{N: 1, Lease: minute})
	require.NoError(t, err)
	require.Len(t, claims, 1)
	if intent {
		require.NoError(t, w.store.Intend(t.Context(), []syncer.Intent{{
			Key: claims[0].Key, Fence: claims[0].Fence, Sent: syncer.Fields{"title": []byte(`"Ann "`), "tags": []byte(`[]`)},
		}})[0])
	}
	_, err = w.cards.Create(t.Context(), syncer.Draft[card]{ExternalID: "a", Value: made})
	require.NoError(t, err)
	w.restart(t)
}

func TestHard1AnIntentIsResolvedByWhoeverTakesOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := plainWorld(t, false)
		w.people.put(person{ID: "a", Name: "Ann"})
		w.crashed(t, true, card{Title: opt.Set("Ann"), Tags: opt.Set([]string{})})
		report := w.backfill(t)
		assert.Equal(t, 1, report.Flows["people"].Adopted)
		assert.Len(t, w.cards.records, 1)
		w.inStep(t)
	})
}

func TestHard1ACreateWhoseSourceIsGoneLeavesNoOrphan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := plainWorld(t, false)
		w.people.put(person{ID: "a", Name: "Ann"})
		w.crashed(t, true, card{Title: opt.Set("Ann"), Tags: opt.Set([]string{})})
		w.people.drop("a")
		w.backfill(t)
		assert.Empty(t, w.cards.records)
	})
}

func TestHard1MoreThanOneMatchIsParkedAsAmbiguous(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := plainWorld(t, false)
		w.people.put(person{ID: "a", Name: "Ann"})
		_, err := w.cards.Create(t.Context(), syncer.Draft[card]{Value: card{Title: opt.Set("Ann"), Tags: opt.Set([]string{})}})
		require.NoError(t, err)
		w.existing = syncer.ExistingLeave
		w.crashed(t, true, card{Title: opt.Set("Ann"), Tags: opt.Set([]string{})})
		w.backfill(t)
		counts, err := w.store.Counts(t.Context(), "here", "people")
		require.NoError(t, err)
		assert.Equal(t, 1, counts["people"].Parked)
		assert.Len(t, w.cards.records, 2, "never a blind second create")
		delete(w.cards.records, "t001") // the person who looked removed the other
		w.backfill(t)
		assert.Len(t, w.cards.records, 1)
		w.inStep(t)
	})
}

func TestHard1NoneCountsOnlyAfterTheLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := plainWorld(t, false)
		w.cards.hidden = 25 * time.Second
		w.people.put(person{ID: "a", Name: "Ann"})
		w.cards.after = func(string) error { w.cards.after = nil; return errors.New("reset") }
		w.backfill(t)
		assert.Len(t, w.cards.records, 1)
	})
}

func TestHard29ACreateTimesOutAndTheSourceIsEditedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, create := range map[string]func(*testing.T) *world{
		"external ids":     newWorld,
		"intents":          func(t *testing.T) *world { return plainWorld(t, false) },
		"idempotency keys": func(t *testing.T) *world { return plainWorld(t, true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := create(t)
				w.people.put(person{ID: "a", Name: "Ann"})
				w.cards.after = func(string) error {
					w.cards.after = nil
					w.people.put(person{ID: "a", Name: "Anna", City: "Rome"})
					return context.DeadlineExceeded
				}
				w.backfill(t)
				require.Len(t, w.cards.records, 1)
				assert.Equal(t, "anna", w.cards.records["t001"].value.Title.Or(""))
				w.inStep(t)
			})
		})
	}
}

func TestHard13ATakenOverCreateIsAdopted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Ann"})
		w.crashed(t, false, card{Title: opt.Set("Ann")})
		w.people.put(person{ID: "a", Name: "", City: "Rome"})
		w.backfill(t)
		assert.Len(t, w.cards.records, 1)
		assert.Empty(t, w.cards.byExternal("a").value.Title.Or(""), "every mapped field that differs is sent, nulls included")
		w.inStep(t)
	})
}

func TestAnIdempotencyKeyIsForTheSameBytesOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := plainWorld(t, true)
		w.people.put(person{ID: "a", Name: "Ann"})
		w.cards.fail = func(string) error {
			if w.people.records["a"].Name == "Ann" {
				w.people.put(person{ID: "a", Name: "Anna"})
				return errors.New("503")
			}
			return nil
		}
		w.backfill(t)
		assert.Len(t, w.cards.keys, 1)
		assert.Equal(t, "anna", w.cards.records["t001"].value.Title.Or(""))
	})
}

func TestHard1NoMatchIsACreateOnceTheRequestCannotArriveAnyMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := plainWorld(t, false)
		w.people.put(person{ID: "a", Name: "Ann"})
		w.backfill(t)
		w.pets.put(person{ID: "rex", Boss: "a", Name: "Rex"})
		var tries []time.Time
		w.petCards.fail = func(call string) error {
			if tries = append(tries, time.Now()); len(tries) == 1 {
				return errors.New("connection reset") // it had no effect
			}
			return nil
		}
		w.backfill(t)
		require.Len(t, tries, 2)
		assert.GreaterOrEqual(t, tries[1].Sub(tries[0]), 45*time.Second, "the request's time-out and the target's lag")
		assert.Len(t, w.petCards.records, 1)
		w.inStep(t)
	})
}

func TestAnIdempotencyKeyIsUsedFor23Hours(t *testing.T) {
	t.Parallel()
	for wait, keys := range map[time.Duration]int{22 * time.Hour: 1, 24 * time.Hour: 2} {
		t.Run(wait.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := plainWorld(t, true)
				w.people.put(person{ID: "a", Name: "Ann"})
				used := map[string]bool{}
				w.around = func(d *desk) syncer.Target[card] { return noting{d, used} }
				w.restart(t)
				w.cards.fail = func(string) error {
					w.cards.fail = nil
					return &syncer.Error{Kind: syncer.KindTransient, Wait: wait, Err: errors.New("503")}
				}
				w.backfill(t)
				assert.Len(t, used, keys)
				assert.Len(t, w.cards.records, 1)
			})
		})
	}
}

// noting is a target that notes the idempotency keys of creates.
type noting struct {
	*desk
	used map[string]bool
}

func (n noting) Create(ctx context.Context, draft syncer.Draft[card]) (syncer.Record[card], error) {
	n.used[draft.IdempotencyKey] = true
	return n.desk.Create(ctx, draft)
}
