package flows_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// fullStore is a store that takes no marks for a while.
type fullStore struct {
	syncer.Store
	is atomic.Bool
}

func (s *fullStore) Notify(ctx context.Context, marks []syncer.Mark) error {
	if s.is.Load() {
		return errors.New("the disk is full")
	}
	return s.Store.Notify(ctx, marks)
}

// TestHard30 has webhooks whose marks can't be stored: they are not acknowledged,
// come again, an hour later and with the same id and the time of the first try, and
// are taken then.
func TestHard30AWebhookComesAgainAfterAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &fullStore{Store: syncer.NewMemoryStore()}
		b := hard{seldom: true, config: syncer.Config{Store: store}}.bridge(t)
		b.store = store
		b.people(t, `"id":"a","firstName":"Ann"`)
		b.backfill(t)
		b.listen(t)
		b.running(t, func() {
			store.is.Store(true)
			_, err := b.crm.Contacts.Update(t.Context(), "a", contacts.ContactUpdate{FirstName: opt.Set("Anna")})
			require.NoError(t, err)
			made, err := b.crm.Notes.Create(t.Context(), "a", contacts.NoteCreate{Body: "A note"})
			require.NoError(t, err)
			elapse(55 * time.Minute)
			assert.Equal(t, "Ann", b.sent(t, "a").FirstName)
			store.is.Store(false)
			require.NoError(t, b.source.Flush(t.Context()))
			elapse(time.Minute)
			assert.Equal(t, "Anna", b.sent(t, "a").FirstName, "P3")
			assert.NotNil(t, b.note(t, made.ID))
		})
		for _, delivery := range b.source.Deliveries() {
			assert.Equal(t, 200, delivery.Status)
			assert.Greater(t, delivery.Tries, 4)
		}
		b.inStep(t)
	})
}

// TestHard6 has events be repeated, delayed and overtaken on their way: what counts
// is what a read says. What was deleted stays so, and two updates of one contact are
// two events, though both carry its id.
func TestHard6EventsAreHintsOnly(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := hard{seldom: true}.bridge(t)
				b.people(t, `"id":"a","firstName":"v0"`, `"id":"b","firstName":"v0"`)
				b.backfill(t)
				b.listen(t)
				b.source.DisturbWebhooks(contactstest.Disturbance{Duplicate: 0.8, Delay: 70 * time.Minute, Seed: seed})
				b.running(t, func() {
					for i := range 4 {
						for _, id := range []string{"a", "b"} {
							_, err := b.crm.Contacts.Update(t.Context(), id, contacts.ContactUpdate{FirstName: opt.Set(fmt.Sprint("v", i+1))})
							require.NoError(t, err)
						}
						elapse(time.Second)
					}
					require.NoError(t, b.crm.Contacts.Delete(t.Context(), "b"))
					require.NoError(t, b.source.Flush(t.Context()))
					elapse(2 * time.Minute)
				})
				assert.Equal(t, "v4", b.sent(t, "a").FirstName)
				assert.Nil(t, b.sent(t, "b"), "a late update does not bring it back")
				ids := map[string]bool{}
				for _, event := range b.events(t, syncer.EventQuery{Flow: flows.Contacts}) {
					if event.EventID != "" {
						ids[event.EventID] = true
					}
				}
				assert.GreaterOrEqual(t, len(ids), 2, "an event is known by its own id, not by its contact's")
				b.inStep(t)
				b.quiet(t)
			})
		})
	}
}

// TestHard14 has a task's event arrive before its contact is at SendApp, and without
// its contact's id, for a contact that SendApp refuses: the task waits, is counted,
// and comes when its contact does.
func TestHard14ATaskComesBeforeItsContactWhichIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := hard{seldom: true}.bridge(t)
		b.backfill(t)
		b.target.Fail(sendapptest.Fault{Operation: "contacts.create", Status: 422, Times: -1})
		b.listen(t)
		b.running(t, func() {
			made, err := b.crm.Contacts.Create(t.Context(), contacts.ContactCreate{FirstName: opt.Set("Ann")})
			require.NoError(t, err)
			for i := range 3 {
				_, err = b.crm.Tasks.Create(t.Context(), made.ID, contacts.TaskCreate{Title: fmt.Sprint("Task ", i), DueDate: contacts.At(time.Now())})
				require.NoError(t, err)
			}
			require.NoError(t, b.source.Flush(t.Context()))
			elapse(10 * time.Minute)
			assert.Equal(t, 3, b.counts(t, flows.Tasks).Parked, "blocked by their contact, and counted")
			assert.Equal(t, 1, b.counts(t, flows.Contacts).Dead)
			assert.Equal(t, sendapptest.Counts{}, b.target.Counts())
			b.target.Heal()
			_, err = b.crm.Contacts.Update(t.Context(), made.ID, contacts.ContactUpdate{LastName: opt.Set("Lee")})
			require.NoError(t, err)
			require.NoError(t, b.source.Flush(t.Context()))
			elapse(time.Minute)
			assert.Equal(t, sendapptest.Counts{Contacts: 1, Tasks: 3}, b.target.Counts(), "released when it passes")
		})
		b.inStep(t)
	})
}

// A webhook of a location that is not served is taken, or it would come again and
// again; it does not disturb the others. One whose tenant can't be opened for now is
// not.
func TestAWebhookOfAnUnknownLocationIsTakenAndIgnored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := hard{seldom: true}.bridge(t)
		b.people(t, `"id":"a","firstName":"Ann"`)
		b.backfill(t)
		b.listen(t)
		b.running(t, func() {
			b.source.SendEvent("ContactUpdate", map[string]any{"locationId": "of somebody else", "id": "a"})
			b.source.SendEvent("NoteCreate", map[string]any{"locationId": "of somebody else", "id": "n", "contactId": "a"})
			_, err := b.crm.Contacts.Update(t.Context(), "a", contacts.ContactUpdate{FirstName: opt.Set("Anna")})
			require.NoError(t, err)
			require.NoError(t, b.source.Flush(t.Context()))
			elapse(time.Second)
		})
		assert.Equal(t, "Anna", b.sent(t, "a").FirstName)
		for _, delivery := range b.source.Deliveries() {
			assert.Equal(t, 200, delivery.Status)
			assert.Equal(t, 1, delivery.Tries)
		}
		for _, event := range b.events(t, syncer.EventQuery{}) {
			assert.Equal(t, contactstest.DefaultLocation, event.Tenant)
		}
		err := b.engine.Notify(t.Context(), syncer.Change{Tenant: "of somebody else", Flow: flows.Contacts, Ref: syncer.Ref{ID: "a"}})
		require.ErrorIs(t, err, syncer.ErrNoTenant, "a call of the application's own is told")
		err = b.engine.NotifyTarget(t.Context(), syncer.TargetChange{Tenant: "of somebody else", Flow: flows.Contacts, Ref: syncer.Ref{ID: "a"}, EventID: "1"})
		require.NoError(t, err)
	})
}

// Custom fields are renamed, change their type and are deleted while the engine runs:
// the other fields of the record are kept in step, and a person is told once.
func TestCustomFieldsChangeWhileTheEngineRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		directory := contacts.NewFieldDirectory([]*contacts.CustomField{
			{ID: "score", FieldKey: "contact.score", Name: "Score", DataType: contacts.DataNumber},
			{ID: "level", FieldKey: "contact.level", Name: "Level", DataType: contacts.DataText},
		})
		declared, err := flows.ReadSpec("mapping.yaml", []byte(`
contacts: {extends: default, customFields: {score: {from: Score, type: number}, level: level}}
`), flows.WithRegion("US"), flows.WithCustomFields(directory))
		require.NoError(t, err)
		b := hard{flows: []flows.Option{flows.WithSpec(declared)}}.bridge(t)
		const n = 40
		write := func(first, custom string) {
			export := b.source.Export()
			export.Contacts = nil
			for i := range n {
				export.Contacts = append(export.Contacts, json.RawMessage(fmt.Sprintf(
					`{"id":"c%02d","dateAdded":"2020-01-01T00:00:00.000Z","firstName":%q,"customFields":[%s]}`, i, first, custom)))
			}
			_, err := b.source.Apply(export)
			require.NoError(t, err)
		}
		all := func(first, score, level string) {
			for i := range n {
				contact := b.sent(t, fmt.Sprintf("c%02d", i))
				require.NotNil(t, contact)
				require.Equal(t, first, contact.FirstName)
				require.Equal(t, score, string(contact.CustomFields["score"]))
				require.Equal(t, level, string(contact.CustomFields["level"]))
			}
		}
		write("One", `{"id":"score","value":7},{"id":"level","value":"Gold"}`)
		b.running(t, func() {
			elapse(time.Minute)
			all("One", "7", `"Gold"`)
			write("Two", `{"id":"score","value":"seven"},{"id":"level","value":"Gold"}`) // it is text now
			elapse(10 * time.Minute)
			all("Two", "", `"Gold"`)
			write("Three", `{"id":"level","value":["Gold","Silver"]}`) // one is gone, the other a list
			elapse(10 * time.Minute)
			all("Three", "", `["Gold","Silver"]`)
			elapse(2 * time.Hour)
		})
		assert.Empty(t, b.events(t, syncer.EventQuery{Action: syncer.DeadLetter}))
		require.Len(t, b.alerts, 2, "one alert, and its end")
		assert.Equal(t, syncer.AlertGrouped, b.alerts[0].Kind)
		assert.Contains(t, b.alerts[0].Text, "not of the type")
		assert.True(t, b.alerts[1].Ended)
		b.inStep(t)
	})
}

// SendApp's plan is full: creates pause with one alert, updates go on, and nothing is
// a dead letter.
func TestSendAppsPlanIsFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := hard{target: []sendapptest.Option{sendapptest.WithContactLimit(2)}}.bridge(t)
		b.people(t, `"id":"a","firstName":"Ann"`, `"id":"b","firstName":"Bob"`)
		b.running(t, func() {
			elapse(time.Minute)
			b.people(t, `"id":"c","firstName":"Cem"`, `"id":"d","firstName":"Dan"`, `"id":"e","firstName":"Eve"`)
			_, err := b.crm.Contacts.Update(t.Context(), "a", contacts.ContactUpdate{FirstName: opt.Set("Anna")})
			require.NoError(t, err)
			elapse(2 * time.Hour)
			assert.Equal(t, "Anna", b.sent(t, "a").FirstName, "updates go on")
			assert.Equal(t, 2, b.target.Counts().Contacts)
			assert.Len(t, b.alerts, 1)
			b.target.SetContactLimit(10)
			elapse(time.Hour)
			assert.Equal(t, 5, b.target.Counts().Contacts)
			require.Len(t, b.alerts, 2)
			assert.True(t, b.alerts[1].Ended)
		})
		assert.Empty(t, b.events(t, syncer.EventQuery{Action: syncer.DeadLetter}))
		b.inStep(t)
	})
}
