package syncer_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// person and card are the records of two small systems.
type person struct {
	ID, Boss, Name, City string
	Phone                string `json:",omitempty"`
	Tags                 []string
	At                   time.Time // when it changed last
}

type card struct {
	Title opt.Opt[string]   `json:"title,omitzero"`
	Town  opt.Opt[string]   `json:"town,omitzero"`
	Phone opt.Opt[string]   `json:"phone,omitzero"`
	Tags  opt.Opt[[]string] `json:"tags,omitzero"`
}

var errNotThere = &syncer.Error{Kind: syncer.KindGone, Err: errors.New("not there")}

// world is two systems, people and their pets, and an engine between them.
type world struct {
	people, pets         *crm
	cards, petCards      *desk
	store                syncer.Store
	config               syncer.Config
	engine               *syncer.Engine
	skip                 map[string]bool
	mapperVersion        string
	peopleFlow, petsFlow syncer.Flow
	onDrift              syncer.DriftPolicy
	onTargetGone         syncer.GonePolicy
	onSourceGone         syncer.LeavePolicy
	existing             syncer.ExistingPolicy
	alerts               []syncer.Alert
	mapper               func(person) card
	around               func(*desk) syncer.Target[card] // wraps the people's target
	hints                int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		people: &crm{records: map[string]person{}, perPage: 3}, pets: &crm{records: map[string]person{}, perPage: 3},
		cards: newDesk(), petCards: newDesk(), store: syncer.NewMemoryStore(), skip: map[string]bool{},
	}
	w.cards.children = w.petCards
	w.config.TargetSweep = syncer.Every(time.Hour)
	w.restart(t)
	return w
}

// mapping is the mapper of both flows.
func (w *world) mapping() mapping.Mapper[person, card] {
	change := w.mapper
	return mapping.WithVersion(mapping.Func(func(_ context.Context, p person) (card, error) {
		if w.skip[p.ID] {
			return card{}, mapping.Skip
		}
		if p.Name == "panic" {
			panic("at this name")
		}
		if change != nil {
			return change(p), nil
		}
		return card{Title: opt.OrNull(p.Name), Town: opt.OrNull(p.City), Phone: opt.OrNull(p.Phone), Tags: opt.Set(p.Tags)}, nil
	}), w.mapperVersion)
}

// restart makes a new engine on the same store.
func (w *world) restart(t *testing.T) {
	t.Helper()
	mapper := w.mapping()
	var cards syncer.Target[card] = w.cards
	if w.around != nil {
		cards = w.around(w.cards)
	}
	w.peopleFlow = syncer.FlowConfig[person, card]{
		Name: "people", Source: w.people, Mapper: mapper, Target: cards, Sets: []string{"tags"},
		OnDrift: w.onDrift, OnTargetGone: w.onTargetGone, OnSourceGone: w.onSourceGone, LeftTag: "left", Existing: w.existing,
		NaturalKeys: func(c card) []syncer.NaturalKey {
			digits := strings.Map(func(r rune) rune {
				if r < '0' || r > '9' {
					return -1
				}
				return r
			}, c.Phone.Or(""))
			keys := []syncer.NaturalKey{{Field: "phone", Value: digits}}
			if _, mail, is := strings.Cut(c.Town.Or(""), "mailto:"); is {
				keys = append(keys, syncer.NaturalKey{Field: "town", Value: strings.ToLower(mail)})
			}
			return keys
		},
	}.Flow()
	w.petsFlow = syncer.FlowConfig[person, card]{
		Name: "pets", Source: w.pets, Mapper: mapper, Target: w.petCards, Sets: []string{"tags"}, Parent: w.peopleFlow,
	}.Flow()
	w.config.Tenants = syncer.One("here", w.petsFlow, w.peopleFlow)
	w.config.Store = w.store
	w.config.Logger = slog.New(slog.DiscardHandler)
	w.config.OnAlert = func(a syncer.Alert) { w.alerts = append(w.alerts, a) }
	engine, err := syncer.New(w.config)
	require.NoError(t, err)
	w.engine = engine
}

func (w *world) backfill(t *testing.T) *syncer.Report {
	t.Helper()
	report, err := w.engine.Backfill(t.Context())
	require.NoError(t, err)
	return report
}

// notify marks a person and waits until the work is done.
func (w *world) notify(t *testing.T, flow string, change syncer.Change) {
	t.Helper()
	change.Tenant, change.Flow = "here", flow
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	require.NoError(t, w.engine.Notify(ctx, change))
	go func() {
		_, err := w.engine.Sync(ctx, syncer.Key{Tenant: "here", Flow: flow, ID: change.Ref.ID})
		done <- err
	}()
	require.NoError(t, <-done)
	cancel()
}

// inStep requires that both sides agree.
func (w *world) inStep(t *testing.T) {
	t.Helper()
	verification, err := w.engine.Verify(t.Context())
	require.NoError(t, err)
	for name, flow := range verification.Flows {
		require.Empty(t, flow.Differences, name)
	}
}

const minute = time.Minute

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}

// elapse lets virtual time pass, and all that is due happen.
func elapse(d time.Duration) {
	stall(d)
	synctest.Wait()
}

// stall is a side that takes long.
func stall(d time.Duration) { <-time.After(d) }
