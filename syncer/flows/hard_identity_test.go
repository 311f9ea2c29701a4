package flows_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// stranger makes a contact of SendApp that nobody here made.
func (b *bridge) stranger(t *testing.T, name, email, phone string) string {
	t.Helper()
	made, err := b.app.Contacts.Create(t.Context(), sendapp.ContactUpdate{
		FirstName: opt.Set(name), Email: opt.OrNull(email), Phone: opt.OrNull(phone), City: opt.Set("theirs"),
	})
	require.NoError(t, err)
	return made.ContactID
}

// TestHard27 has a first backfill meet a target with a thousand records: most match
// by phone numbers in three formats, some by e-mail; spouses share a phone number,
// two contacts an address.
func TestHard27AFirstBackfillMeetsAThousandRecords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, mails, couples, shared = 1000, 100, 20, 10
		b := hard{
			source: []contactstest.Option{contactstest.WithAllowDuplicates()}, seldom: true,
			flows: []flows.Option{flows.WithExisting(syncer.ExistingMatch), flows.WithOnly(flows.Contacts)},
		}.bridge(t)
		theirs := map[string]string{}    // by the source's id that has to be adopted
		uncertain := map[string]string{} // by the source's id that may not
		var members []string
		for i := range n {
			id, mail, phone := fmt.Sprintf("c%04d", i), fmt.Sprintf("Person%d@Example.com", i), fmt.Sprintf("202555%04d", i)
			formats := []string{"+1" + phone, "(" + phone[:3] + ") " + phone[3:6] + "-" + phone[6:], "1-" + phone[:3] + "-" + phone[3:6] + "-" + phone[6:]}
			if i < mails {
				theirs[id] = b.stranger(t, "Mail", fmt.Sprintf("person%d@example.com", i), "")
				members = append(members, fmt.Sprintf(`"id":%q,"firstName":"Ours","email":%q,"country":"US"`, id, " "+mail))
				continue
			}
			theirs[id] = b.stranger(t, "Phone", "", "+1"+phone)
			members = append(members, fmt.Sprintf(`"id":%q,"firstName":"Ours","phone":%q,"country":"US"`, id, formats[i%3]))
			switch {
			case i < mails+couples: // a spouse with the same number
				uncertain[id] = theirs[id]
				delete(theirs, id)
				members = append(members, fmt.Sprintf(`"id":"spouse of %s","firstName":"Spouse","phone":%q,"country":"US"`, id, formats[(i+1)%3]))
			case i < mails+couples+shared: // another contact with the same address as one of theirs
				mail := fmt.Sprintf("shared%d@example.com", i)
				b.stranger(t, "Shared", mail, "")
				for _, who := range []string{"he", "she"} {
					members = append(members, fmt.Sprintf(`"id":"%s of %s","firstName":%q,"email":%q`, who, id, who, mail))
				}
			}
		}
		members = append(members, `"id":"new","firstName":"New","phone":"+12025559999"`)
		b.people(t, members...)
		before := b.target.Counts().Contacts
		report := b.backfill(t)
		assert.Equal(t, 1, report.Flows[flows.Contacts].Created, "nothing is doubled: one is new")
		assert.Equal(t, before+1, b.target.Counts().Contacts)
		assert.Equal(t, len(theirs), report.Flows[flows.Contacts].Adopted)
		for id, target := range theirs {
			contact := b.sent(t, id)
			require.NotNil(t, contact, id)
			require.Equal(t, target, contact.ContactID)
			require.Equal(t, "theirs", contact.City, "P4: nothing of theirs is cleared")
			require.Equal(t, "Ours", contact.FirstName)
		}
		for _, id := range []string{"c0100", "spouse of c0100", "he of c0120", "she of c0120"} {
			assert.Nil(t, b.sent(t, id), "%s is not certain, and waits for a person", id)
		}
		assert.Equal(t, 2*couples+2*shared, b.counts(t, flows.Contacts).Parked)
		conflicts := b.events(t, syncer.EventQuery{ID: "spouse of c0100", Action: syncer.Conflict})
		require.NotEmpty(t, conflicts)
		assert.Contains(t, conflicts[0].Error, uncertain["c0100"], "with its candidates")
		b.quiet(t)
	})
}

// TestHard11 has a contact whose e-mail address is that of one record of SendApp and
// whose phone number is that of another, where both are unique, and two contacts
// with one number.
func TestHard11CrossMatchesAndSecondClaimantsAreQuiet(t *testing.T) {
	t.Parallel()
	for _, existing := range []syncer.ExistingPolicy{syncer.ExistingMatch, syncer.ExistingLeave} {
		t.Run(fmt.Sprint(existing), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := hard{
					source: []contactstest.Option{contactstest.WithAllowDuplicates()},
					target: []sendapptest.Option{sendapptest.WithUniqueEmail(), sendapptest.WithUniquePhone()},
					flows:  []flows.Option{flows.WithExisting(existing), flows.WithOnly(flows.Contacts)},
				}.bridge(t)
				byMail := b.stranger(t, "Mail", "cross@example.com", "")
				byPhone := b.stranger(t, "Phone", "", "+12025550001")
				b.people(t,
					`"id":"cross","firstName":"Cross","email":"cross@example.com","phone":"+12025550001"`,
					`"id":"first","firstName":"First","phone":"+12025550002"`,
					`"id":"second","firstName":"Second","phone":"+12025550002"`)
				b.backfill(t)
				assert.Nil(t, b.sent(t, "cross"))
				assert.Equal(t, 2, b.counts(t, flows.Contacts).Parked, "the cross-match, and the second claimant")
				links, err := b.store.LinksOf(t.Context(), contactstest.DefaultLocation, flows.Contacts, []string{byMail, byPhone})
				require.NoError(t, err)
				assert.Empty(t, links)
				for _, id := range []string{byMail, byPhone} {
					theirs, err := b.app.Contacts.Get(t.Context(), id)
					require.NoError(t, err)
					assert.Empty(t, theirs.ExternalID)
					assert.Equal(t, "theirs", theirs.City)
				}
				n := len(b.events(t, syncer.EventQuery{Action: syncer.Created}))
				b.quiet(t)
				assert.Len(t, b.events(t, syncer.EventQuery{Action: syncer.Created}), n)
				// What stood in the way is solved on the sides.
				_, err = b.app.Contacts.Update(t.Context(), byPhone, sendapp.ContactUpdate{Phone: opt.Null[string]()})
				require.NoError(t, err)
				require.NoError(t, b.app.Contacts.Delete(t.Context(), byMail))
				holder := "first"
				if b.sent(t, holder) == nil {
					holder = "second"
				}
				_, err = b.crm.Contacts.Update(t.Context(), holder, contacts.ContactUpdate{Phone: opt.Set("+12025550003")})
				require.NoError(t, err)
				b.running(t, func() { elapse(3 * time.Hour) })
				for _, id := range []string{"cross", "first", "second"} {
					assert.NotNil(t, b.sent(t, id), id)
				}
			})
		})
	}
}

// TestHard28 has a user merge two contacts: the winner has the loser's children, the
// loser's counterpart goes and does not come back. What events tell of it comes in
// any order.
func TestHard28AMergeInTheCRM(t *testing.T) {
	t.Parallel()
	for _, delay := range []time.Duration{0, time.Minute} {
		t.Run(delay.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := hard{seldom: true, source: []contactstest.Option{contactstest.WithAllowDuplicates()}}.bridge(t)
				b.people(t, `"id":"winner","firstName":"Ann","email":"ann@example.com"`, `"id":"loser","firstName":"Anna","email":"anna@example.com"`)
				task, err := b.crm.Tasks.Create(t.Context(), "loser", contacts.TaskCreate{Title: "Call", DueDate: contacts.At(time.Now())})
				require.NoError(t, err)
				_, err = b.crm.Notes.Create(t.Context(), "loser", contacts.NoteCreate{Body: "A note"})
				require.NoError(t, err)
				b.book(t, "loser", time.Now().Add(time.Hour))
				b.backfill(t)
				winner := b.sent(t, "winner").ContactID
				b.listen(t)
				b.source.DisturbWebhooks(contactstest.Disturbance{Delay: delay, Duplicate: 0.5, Seed: 28})
				b.running(t, func() {
					require.NoError(t, b.source.MergeContacts("winner", "loser"))
					require.NoError(t, b.source.Flush(t.Context()))
					elapse(5 * time.Minute)
				})
				b.backfill(t)
				assert.Equal(t, sendapptest.Counts{Contacts: 1, Tasks: 1, Notes: 1, Appointments: 1}, b.target.Counts())
				assert.Equal(t, winner, b.task(t, task.ID).ContactID)
				assert.Nil(t, b.sent(t, "loser"))
				merged, err := b.crm.Contacts.Get(t.Context(), "winner")
				require.NoError(t, err)
				assert.Contains(t, string(merged.Extra()["additionalEmails"]), "anna@example.com", "the source is only read: the second address survives")
				b.inStep(t)
				b.quiet(t)
				assert.Nil(t, b.sent(t, "loser"), "it is not made anew")
			})
		})
	}
}

// task is what SendApp holds of a task.
func (b *bridge) task(t *testing.T, id string) *sendapp.Task {
	t.Helper()
	page, err := b.app.Tasks.ListPage(t.Context(), sendapp.TaskQuery{ExternalID: id}, "")
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	return page.Items[0]
}

// TestHard28 has a contact be deleted and made anew with the same address, where
// SendApp refuses a second one with it; the events come in either order.
func TestHard28AContactIsMadeAnewWithItsAddress(t *testing.T) {
	t.Parallel()
	for _, reverse := range []bool{false, true} {
		t.Run(fmt.Sprintf("reverse %t", reverse), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := hard{seldom: true, target: []sendapptest.Option{sendapptest.WithUniqueEmail()}}.bridge(t)
				b.people(t, `"id":"old","firstName":"Ann","email":"ann@example.com"`)
				b.backfill(t)
				was := b.sent(t, "old").ContactID
				require.NoError(t, b.crm.Contacts.Delete(t.Context(), "old"))
				made, err := b.crm.Contacts.Create(t.Context(), contacts.ContactCreate{FirstName: opt.Set("Ann"), Email: opt.Set("ann@example.com")})
				require.NoError(t, err)
				changes := []syncer.Change{
					{Tenant: contactstest.DefaultLocation, Flow: flows.Contacts, Ref: syncer.Ref{ID: "old"}, EventID: "1", Gone: true},
					{Tenant: contactstest.DefaultLocation, Flow: flows.Contacts, Ref: syncer.Ref{ID: made.ID}, EventID: "2"},
				}
				if reverse {
					changes[0], changes[1] = changes[1], changes[0]
				}
				b.running(t, func() {
					for _, change := range changes {
						require.NoError(t, b.engine.Notify(t.Context(), change))
						elapse(10 * time.Second)
					}
				})
				require.NotNil(t, b.sent(t, made.ID))
				assert.Equal(t, 1, b.target.Counts().Contacts)
				assert.Equal(t, reverse, was == b.sent(t, made.ID).ContactID, "whose create comes first inherits the record")
				b.inStep(t)
				b.quiet(t)
			})
		})
	}
}

// TestHard11 is also that SendApp makes a contact of its own when somebody writes in
// before the sync has brought theirs: it is linked by its number, and has no twin.
func TestHard11SendAppMadeTheContactFirst(t *testing.T) {
	t.Parallel()
	// Where numbers are not unique, SendApp's event has to tell of it.
	for _, c := range []struct{ unique, told bool }{{true, false}, {false, true}, {true, true}} {
		unique, told := c.unique, c.told
		t.Run(fmt.Sprintf("unique %t, told %t", unique, told), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := hard{seldom: true, flows: []flows.Option{flows.WithExisting(syncer.ExistingMatch), flows.WithOnly(flows.Contacts)}}
				if unique {
					h.target = append(h.target, sendapptest.WithUniquePhone())
				}
				b := h.bridge(t)
				b.people(t, `"id":"a","firstName":"Ann","phone":"+12025550001"`)
				b.backfill(t) // the index of both sides is read
				theirs := b.stranger(t, "wrote in", "", "+12025550002")
				b.running(t, func() {
					if told {
						require.NoError(t, b.engine.NotifyTarget(t.Context(), syncer.TargetChange{
							Tenant: contactstest.DefaultLocation, Flow: flows.Contacts, Ref: syncer.Ref{ID: theirs}, EventID: "1",
						}))
					}
					made, err := b.crm.Contacts.Create(t.Context(), contacts.ContactCreate{FirstName: opt.Set("Bob"), Phone: opt.Set("(202) 555-0002")})
					require.NoError(t, err)
					require.NoError(t, b.engine.Notify(t.Context(), syncer.Change{
						Tenant: contactstest.DefaultLocation, Flow: flows.Contacts, Ref: syncer.Ref{ID: made.ID}, EventID: "2",
					}))
					elapse(10 * time.Second)
					require.NotNil(t, b.sent(t, made.ID))
					assert.Equal(t, theirs, b.sent(t, made.ID).ContactID)
					assert.Equal(t, "Bob", b.sent(t, made.ID).FirstName)
				})
				assert.Equal(t, 2, b.target.Counts().Contacts, "never a twin")
			})
		})
	}
}
