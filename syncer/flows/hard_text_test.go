package flows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// note is what SendApp holds of a note; nil if nothing.
func (b *bridge) note(t *testing.T, id string) *sendapp.Note {
	t.Helper()
	page, err := b.app.Notes.ListPage(t.Context(), sendapp.NoteQuery{ExternalID: id}, "")
	require.NoError(t, err)
	if len(page.Items) == 0 {
		return nil
	}
	return page.Items[0]
}

// TestHard21 carries texts and numbers that are hard through both APIs and all of
// the engine, as they are.
func TestHard21HardTextsAndNumbersArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := hard{}.bridge(t)
		texts := map[string]string{
			"emoji": "👩‍👩‍👧 ça 🎉", "rtl": "שלום عالم \u202eabc", "nul": "a\x00b", "combining": "Zoe\u0308", "lines": "a\r\n\tb",
			"html": `<script>alert("x")</script>&amp;`, "sql": `%s '; DROP TABLE links; --`, "separators": "a\u2028b\u2029c",
		}
		var members []string
		for id, text := range texts {
			quoted, err := json.Marshal(text)
			require.NoError(t, err)
			members = append(members, fmt.Sprintf(`"id":%q,"lastName":%s,"city":%s,"customFields":[{"id":"text","value":%s},`+
				`{"id":"big","value":9007199254740993},{"id":"huge","value":123456789012345678901234567890},{"id":"exact","value":0.10}]`,
				id, quoted, quoted, quoted))
		}
		b.people(t, members...)
		for id, text := range texts {
			_, err := b.crm.Notes.Create(t.Context(), id, contacts.NoteCreate{Body: text})
			require.NoError(t, err)
		}
		report := b.backfill(t)
		assert.Zero(t, report.Flows[flows.Contacts].Failed+report.Flows[flows.Notes].Failed)
		for id, text := range texts {
			contact := b.sent(t, id)
			require.NotNil(t, contact, id)
			assert.Equal(t, text, contact.LastName)
			assert.Equal(t, text, contact.City)
			var custom string
			require.NoError(t, json.Unmarshal(contact.CustomFields["text"], &custom))
			assert.Equal(t, text, custom)
			assert.Equal(t, "9007199254740993", string(contact.CustomFields["big"]), "beyond 2^53 every digit counts")
			assert.Equal(t, "123456789012345678901234567890", string(contact.CustomFields["huge"]))
			notes, err := b.app.Notes.ListPage(t.Context(), sendapp.NoteQuery{ContactID: contact.ContactID}, "")
			require.NoError(t, err)
			require.Len(t, notes.Items, 1)
			assert.Equal(t, text, notes.Items[0].Body)
		}
		// The next number beyond 2^53 is another one.
		_, err := b.crm.Contacts.Update(t.Context(), "emoji", contacts.ContactUpdate{CustomFields: opt.Set([]contacts.CustomFieldInput{
			{ID: "big", Value: 9007199254740992},
		})})
		require.NoError(t, err)
		b.backfill(t)
		assert.Equal(t, "9007199254740992", string(b.sent(t, "emoji").CustomFields["big"]))
		b.inStep(t)
		b.quiet(t)
	})
}

// TestHard21 has the source answer bytes that are no UTF-8: they arrive as the
// replacement character, and are not sent again and again.
func TestHard21InvalidUTF8IsReplacedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := hard{}.bridge(t)
		b.people(t, `"id":"bad","firstName":"Zo\u00eb","lastName":"x"`)
		answer := "{\"contact\":{\"id\":\"bad\",\"firstName\":\"Zo\xff\",\"lastName\":\"\xc3\x28 fine\",\"dateUpdated\":\"2020-01-01T00:00:00.000Z\"}}"
		b.source.Fail(contactstest.Fault{Operation: "contacts.get", Status: 200, ContentType: "application/json", Body: answer})
		b.backfill(t)
		contact := b.sent(t, "bad")
		require.NotNil(t, contact)
		assert.Equal(t, "Zo\ufffd", contact.FirstName)
		assert.Equal(t, "\ufffd( fine", contact.LastName)
		b.quiet(t)
	})
}

// TestHard21 has notes that are longer than SendApp takes: each is a dead letter
// that names the field and the limit, and shows nothing of the text. The others go
// on. A mapping that truncates has none.
func TestHard21ANoteThatIsTooLongNamesFieldAndLimit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("very long 🎉 ", 100_000) // more than 1 MB
	for _, truncates := range []bool{false, true} {
		t.Run(fmt.Sprintf("truncates %t", truncates), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := hard{}
				if truncates {
					h.flows = append(h.flows, flows.WithNoteMapper(mapping.Func(
						func(_ context.Context, n contacts.Note) (sendapp.NoteUpdate, error) {
							body := []rune(n.Body)
							return sendapp.NoteUpdate{Body: opt.Set(string(body[:min(len(body), 1000)]))}, nil
						})))
				}
				b := h.bridge(t)
				b.people(t, `"id":"a","firstName":"Ann"`)
				note, err := b.crm.Notes.Create(t.Context(), "a", contacts.NoteCreate{Body: long})
				require.NoError(t, err)
				_, err = b.crm.Notes.Create(t.Context(), "a", contacts.NoteCreate{Body: "short"})
				require.NoError(t, err)
				report := b.backfill(t)
				dead := b.events(t, syncer.EventQuery{Action: syncer.DeadLetter})
				if truncates {
					assert.Empty(t, dead)
					assert.Equal(t, 2, b.target.Counts().Notes)
					b.quiet(t)
					return
				}
				assert.Equal(t, 1, report.Flows[flows.Notes].Created, "the other one goes on")
				require.Len(t, dead, 1)
				assert.Equal(t, note.ID, dead[0].ID)
				assert.Contains(t, dead[0].Error, "body")
				assert.Contains(t, dead[0].Error, fmt.Sprint(sendapp.MaxNoteBody))
				assert.NotContains(t, dead[0].Error, "very long")
				writes := b.writes()
				b.backfill(t)
				assert.Equal(t, writes, b.writes(), "it is left alone until it changes")
				_, err = b.crm.Notes.Update(t.Context(), "a", note.ID, contacts.NoteUpdate{Body: opt.Set("shorter")})
				require.NoError(t, err)
				b.backfill(t)
				assert.Equal(t, "shorter", b.note(t, note.ID).Body)
				b.inStep(t)
			})
		})
	}
}

// TestHard3 has a target that trims, lower-cases and rounds: after one write it is
// quiet for ever, the source keeps its own spelling, and each field is told once.
func TestHard3ATargetThatAltersIsQuietAfterOneWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := hard{target: []sendapptest.Option{sendapptest.WithAltering()}}.bridge(t)
		b.people(t, `"id":"b","firstName":" Bob "`, `"id":"a","firstName":" Ann ","email":"Ann@Example.COM","city":"Rome ","website":" https://example.com ","tags":["Z","a","M"],`+
			`"customFields":[{"id":"n","value":3.14159},{"id":"list","value":["b","a"]},{"id":"t","value":" x "}]`)
		_, err := b.crm.Tasks.Create(t.Context(), "a", contacts.TaskCreate{Title: " Call ", DueDate: contacts.At(time.Now().Add(999 * time.Millisecond))})
		require.NoError(t, err)
		before := b.source.Export()
		report := b.backfill(t)
		require.Equal(t, 2, report.Flows[flows.Contacts].Created)
		told := map[string]int{}
		for _, event := range b.events(t, syncer.EventQuery{Flow: flows.Contacts}) {
			for _, warning := range event.Warnings {
				told[warning]++
			}
		}
		for _, field := range []string{"firstName", "email", "city", "website", "customFields.n", "customFields.t"} {
			assert.Equal(t, 1, told[field+": the target alters this field"], field)
		}
		assert.Equal(t, "Ann", b.sent(t, "a").FirstName)
		assert.Equal(t, "ann@example.com", b.sent(t, "a").Email)
		b.quiet(t)
		writes := b.writes()
		b.running(t, func() { // also when it is looked at because an event of SendApp says so
			require.NoError(t, b.engine.NotifyTarget(t.Context(), syncer.TargetChange{
				Tenant: contactstest.DefaultLocation, Flow: flows.Contacts, Ref: syncer.Ref{ID: b.sent(t, "a").ContactID}, EventID: "echo",
			}))
			require.NoError(t, b.engine.Wait(t.Context()))
		})
		assert.Equal(t, writes, b.writes())
		v, err := b.engine.Verify(t.Context())
		require.NoError(t, err)
		assert.Zero(t, v.Differing())
		assert.Equal(t, 2, v.Flows[flows.Contacts].Altered)
		assert.Equal(t, before, b.source.Export(), "the source keeps its own spelling")
		// A change of one field sends that field, and nothing that was altered.
		_, err = b.crm.Contacts.Update(t.Context(), "a", contacts.ContactUpdate{City: opt.Set(" Oslo")})
		require.NoError(t, err)
		b.backfill(t)
		updated := b.events(t, syncer.EventQuery{Action: syncer.Updated})
		require.Len(t, updated, 1)
		assert.Equal(t, []string{"city"}, updated[0].Fields)
		b.quiet(t)
	})
}

// TestHard12 has a contact whose fields are cleared and whose counterpart has fields
// that nobody maps: they are left as they are, byte by byte.
func TestHard12ClearedFieldsAreClearedAndUnmappedOnesStay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := hard{}.bridge(t)
		b.people(t, `"id":"a","firstName":"Ann","city":"Rome","website":"https://example.com","tags":["ours"],"customFields":[{"id":"f","value":"x"},{"id":"g","value":"y"}]`)
		b.backfill(t)
		theirs := json.RawMessage(`"their own value 9007199254740993"`)
		_, err := b.app.Contacts.Update(t.Context(), b.sent(t, "a").ContactID, sendapp.ContactUpdate{
			CustomFields: opt.Set(map[string]json.RawMessage{"theirs": theirs}), Tags: opt.Set([]string{"ours", "theirs"}),
		})
		require.NoError(t, err)
		_, err = b.crm.Contacts.Update(t.Context(), "a", contacts.ContactUpdate{
			City: opt.Null[string](), CustomFields: opt.Set([]contacts.CustomFieldInput{{ID: "f", Value: json.RawMessage(`""`)}}),
		})
		require.NoError(t, err)
		b.backfill(t)
		contact := b.sent(t, "a")
		assert.Empty(t, contact.City, "an authoritative read shows it absent: it is cleared")
		assert.Equal(t, "https://example.com", contact.Website)
		assert.Empty(t, strings.Trim(string(contact.CustomFields["f"]), `"`))
		assert.Equal(t, `"y"`, string(contact.CustomFields["g"]))
		assert.Equal(t, theirs, contact.CustomFields["theirs"], "P4")
		assert.ElementsMatch(t, []string{"ours", "theirs"}, contact.Tags)
		b.quiet(t)
	})
}
