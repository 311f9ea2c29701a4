package syncer_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// Marks of several tenants share a transaction, and an index of a database takes no
// id of any length: one that is too long reaches no store.
func TestAnIDThatIsTooLongReachesNoStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var log bytes.Buffer
		w.config.Logger = slog.New(slog.NewTextHandler(&log, nil))
		engine, err := syncer.New(w.config)
		require.NoError(t, err)
		w.engine = engine
		long := strings.Repeat("x", syncer.MaxID+1)

		change := func(ref syncer.Ref, event string) syncer.Change {
			return syncer.Change{Tenant: "here", Flow: "people", Ref: ref, EventID: event}
		}
		target := func(ref syncer.Ref, external, event string) syncer.TargetChange {
			return syncer.TargetChange{Tenant: "here", Flow: "people", Ref: ref, ExternalID: external, EventID: event}
		}
		const said = "an id has 513 bytes: it can have 512"
		require.ErrorContains(t, engine.Notify(t.Context(), change(syncer.Ref{ID: long}, "")), said)
		require.ErrorContains(t, engine.Notify(t.Context(), change(syncer.Ref{ID: "a", Parent: long}, "")), said)
		require.ErrorContains(t, engine.NotifyTarget(t.Context(), target(syncer.Ref{ID: long}, "", "")), said)
		require.ErrorContains(t, engine.NotifyTarget(t.Context(), target(syncer.Ref{ID: "a"}, long, "")), said)
		_, err = engine.Sync(t.Context(), syncer.Key{Tenant: "here", Flow: "people", ID: long})
		require.ErrorContains(t, err, said)

		require.NoError(t, engine.Notify(t.Context(), change(syncer.Ref{ID: long}, "1"), change(syncer.Ref{ID: "a"}, long)), "an event would come again")
		require.NoError(t, engine.NotifyTarget(t.Context(), target(syncer.Ref{ID: "a"}, long, "2")))
		marks, err := w.store.Marks(t.Context(), syncer.MarkQuery{Tenant: "here", Flow: "people"})
		require.NoError(t, err)
		assert.Empty(t, marks)
		assert.Contains(t, log.String(), said)
		assert.NotContains(t, log.String(), long)
	})
}

// A side that answers such ids has no more than errors of its own.
func TestASideThatAnswersTooLongIDsIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: strings.Repeat("x", syncer.MaxID+1), Name: "Ann"})
		_, err := w.engine.Backfill(t.Context())
		require.ErrorContains(t, err, "the source's record: an id has 513 bytes")
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.records["1"] = &held{id: strings.Repeat("x", syncer.MaxID+1), value: card{Title: opt.Set("Ann")}}
		_, err := w.engine.Verify(t.Context())
		require.ErrorContains(t, err, "the target's record: an id has 513 bytes")
	})
}

// Who sends events does not decide how much is logged.
func TestEventsOfTenantsThatAreNotServedDoNotFloodTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var log bytes.Buffer
		w.config.Logger = slog.New(slog.NewTextHandler(&log, nil))
		engine, err := syncer.New(w.config)
		require.NoError(t, err)
		send := func() {
			for i := range 1000 {
				require.NoError(t, engine.Notify(t.Context(), syncer.Change{
					Tenant: fmt.Sprint("nobody ", i), Flow: "people", Ref: syncer.Ref{ID: "a"}, EventID: fmt.Sprint(i),
				}))
			}
		}
		send()
		assert.Equal(t, 1, strings.Count(log.String(), "\n"))
		elapse(time.Minute)
		send()
		assert.Equal(t, 2, strings.Count(log.String(), "\n"))
		assert.Contains(t, log.String(), "events=1000")
	})
}
