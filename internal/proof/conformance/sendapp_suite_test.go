package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
)

func pathOf(t *testing.T, base string) string {
	t.Helper()
	parsed, err := url.Parse(base)
	require.NoError(t, err)
	return parsed.Path
}

// withPrefix sends requests to below a path.
type withPrefix struct {
	prefix string
	next   http.RoundTripper
}

func (w withPrefix) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.URL.Path = w.prefix + request.URL.Path
	if request.URL.RawPath != "" {
		request.URL.RawPath = w.prefix + request.URL.RawPath
	}
	return w.next.RoundTrip(request)
}

// sendappSuite checks a server of the contract: what it says that it has, it must
// have. It leaves nothing behind.
type sendappSuite struct {
	t       *testing.T
	ctx     context.Context
	client  *sendapp.Client
	has     *sendapp.Capabilities
	mark    string // tells the records of one run from others
	lacks   []string
	skipped map[string]bool // operations
}

func newSendappSuite(t *testing.T, client *sendapp.Client) *sendappSuite {
	t.Helper()
	return &sendappSuite{
		t: t, ctx: t.Context(), client: client, skipped: map[string]bool{},
		mark: "conformance-" + strconv.FormatInt(time.Now().UnixNano(), 36) + "-",
	}
}

// resource reports whether the server has one; otherwise its operations are
// skipped.
func (s *sendappSuite) resource(name string) bool {
	if s.has.HasResource(name) {
		return true
	}
	s.lack(name, name+".")
	return false
}

func (s *sendappSuite) feature(feature sendapp.Feature, operations ...string) bool {
	if s.has.HasFeature(feature) {
		return true
	}
	s.lack(string(feature), operations...)
	return false
}

func (s *sendappSuite) lack(name string, prefixes ...string) {
	if slices.Contains(s.lacks, name) {
		return
	}
	s.lacks = append(s.lacks, name)
	for _, op := range sendapp.Operations() {
		for _, prefix := range prefixes {
			if len(op.Name) >= len(prefix) && op.Name[:len(prefix)] == prefix {
				s.skipped[op.Name] = true
			}
		}
	}
}

func (s *sendappSuite) run() {
	t := s.t
	var err error
	s.has, err = s.client.Capabilities(s.ctx)
	require.NoError(t, err)
	require.Equal(t, "1", s.has.Contract)
	require.True(t, s.has.HasResource(sendapp.ResourceContacts))

	contact := s.contacts()
	if s.feature(sendapp.FeatureTagSets, "tags.") {
		s.tags(contact)
	}
	if s.resource(sendapp.ResourceTasks) {
		s.tasks(contact)
	}
	if s.resource(sendapp.ResourceNotes) {
		s.notes(contact)
	}
	if s.resource(sendapp.ResourceAppointments) {
		s.appointments(contact)
	}
	if s.resource(sendapp.ResourceActivity) {
		page, err := s.client.Activity.ListPage(s.ctx, contact.ContactID, sendapp.ActivityQuery{Limit: 10, Types: []sendapp.ActivityType{sendapp.ActivityContactCreated}}, "")
		require.NoError(t, err)
		assert.NotEmpty(t, page.Items)
	}
	if s.feature(sendapp.FeatureProfiles) {
		var parts []sendapp.ProfilePart
		for _, part := range []sendapp.ProfilePart{sendapp.PartTasks, sendapp.PartNotes, sendapp.PartAppointments, sendapp.PartActivity} {
			if s.has.HasResource(string(part)) {
				parts = append(parts, part)
			}
		}
		if len(parts) > 0 {
			profile, err := s.client.Contacts.Profile(s.ctx, contact.ContactID, parts)
			require.NoError(t, err)
			assert.Equal(t, contact.ContactID, profile.Contact.ContactID)
		}
	}
	if s.resource(sendapp.ResourceWebhooks) {
		s.webhooks()
	}
	s.leave(contact)
}

func (s *sendappSuite) contacts() *sendapp.Contact {
	t, ctx, contacts := s.t, s.ctx, s.client.Contacts
	began := time.Now().Add(-time.Hour)
	key := sendapp.WithIdempotencyKey(s.mark + "key")
	body := sendapp.ContactCreate{
		ExternalID: opt.Set(s.mark + "contact"), FirstName: opt.Set("Anna 🎉"), Email: opt.Set(s.mark + "@example.com"),
		Phone: opt.Set("+15551234567"), Country: opt.Set("US"), Timezone: opt.Set("America/New_York"),
		DateOfBirth: opt.Set("1990-02-03"), Tags: opt.Set([]string{"VIP"}),
		CustomFields: opt.Set(map[string]json.RawMessage{
			"plan": json.RawMessage(`"gold"`), "points": json.RawMessage("12.5"), "ok": json.RawMessage("true"), "list": json.RawMessage(`["a","b"]`),
		}),
		DoNotDisturb: opt.Set(map[string]opt.Opt[bool]{"sms": opt.Set(true)}),
	}
	made, err := contacts.Create(ctx, body, key)
	require.NoError(t, err)
	assert.Equal(t, []string{"vip"}, made.Tags)
	if s.feature(sendapp.FeatureIdempotencyKeys) {
		again, err := contacts.Create(ctx, body, key)
		require.NoError(t, err)
		assert.Equal(t, made.ContactID, again.ContactID)
		_, err = contacts.Create(ctx, sendapp.ContactCreate{}, key)
		s.refused(err, sendapp.ErrInvalid, sendapp.CodeIdempotencyMismatch)
	}
	if s.feature(sendapp.FeatureExternalIDs) {
		_, err = contacts.Create(ctx, sendapp.ContactCreate{ExternalID: body.ExternalID})
		s.refused(err, sendapp.ErrDuplicate, sendapp.CodeExternalIDTaken)
		page, err := contacts.ListPage(ctx, sendapp.ContactQuery{ExternalID: s.mark + "contact"}, "")
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		assert.Equal(t, made.ContactID, page.Items[0].ContactID)
	}
	page, err := contacts.ListPage(ctx, sendapp.ContactQuery{UpdatedSince: began, Limit: 1}, "")
	require.NoError(t, err)
	assert.Len(t, page.Items, 1)

	changed, err := contacts.Update(ctx, made.ContactID, sendapp.ContactUpdate{City: opt.Set("Rome"), Country: opt.Null[string]()}, sendapp.WithIfMatch(made.Version))
	require.NoError(t, err)
	assert.Equal(t, "Rome", changed.City)
	assert.Empty(t, changed.Country)
	assert.Equal(t, made.FirstName, changed.FirstName)
	if s.feature(sendapp.FeatureVersions) {
		assert.NotEqual(t, made.Version, changed.Version)
		_, err = contacts.Update(ctx, made.ContactID, sendapp.ContactUpdate{City: opt.Set("Oslo")}, sendapp.WithIfMatch(made.Version))
		s.refused(err, sendapp.ErrConflict, sendapp.CodeVersionMismatch)
	}
	_, err = contacts.Update(ctx, made.ContactID, sendapp.ContactUpdate{Phone: opt.Set("555")})
	s.refused(err, sendapp.ErrInvalid, sendapp.CodeInvalid)
	got, err := contacts.Get(ctx, made.ContactID)
	require.NoError(t, err)
	assert.Equal(t, changed, got)
	_, err = contacts.Get(ctx, s.mark+"nobody")
	s.refused(err, sendapp.ErrNotFound, sendapp.CodeNotFound)
	return got
}

// refused is the error of a refusal, of this meaning and code.
func (s *sendappSuite) refused(err, meaning error, code string) {
	s.t.Helper()
	require.ErrorIs(s.t, err, meaning)
	failed, ok := errors.AsType[*sendapp.Error](err)
	require.True(s.t, ok)
	assert.Equal(s.t, code, failed.Code)
	assert.NotEmpty(s.t, failed.TraceID)
}

func (s *sendappSuite) tags(contact *sendapp.Contact) {
	added, err := s.client.Tags.Add(s.ctx, contact.ContactID, []string{"Lead"})
	require.NoError(s.t, err)
	assert.Equal(s.t, []string{"lead", "vip"}, added.Tags)
	removed, err := s.client.Tags.Remove(s.ctx, contact.ContactID, []string{"vip", "other"}, sendapp.WithIfMatch(added.Version))
	require.NoError(s.t, err)
	assert.Equal(s.t, []string{"lead"}, removed.Tags)
}

func (s *sendappSuite) tasks(contact *sendapp.Contact) {
	t, ctx, tasks, id := s.t, s.ctx, s.client.Tasks, contact.ContactID
	made, err := tasks.Create(ctx, id, sendapp.TaskCreate{ExternalID: opt.Set(s.mark + "t"), TaskTitle: opt.Set("Call"), DueDate: opt.Set(sendapp.At(time.Now()))})
	require.NoError(t, err)
	assert.Equal(t, sendapp.TaskPending, made.Status)
	done, err := tasks.Complete(ctx, id, made.TaskID, true)
	require.NoError(t, err)
	assert.Equal(t, sendapp.TaskCompleted, done.Status)
	_, err = tasks.Update(ctx, id, made.TaskID, sendapp.TaskUpdate{Body: opt.Set("Ask for Anna.")})
	require.NoError(t, err)
	got, err := tasks.Get(ctx, id, made.TaskID)
	require.NoError(t, err)
	assert.Equal(t, "Ask for Anna.", got.Body)
	page, err := tasks.ListPage(ctx, sendapp.TaskQuery{ContactID: id, Status: sendapp.TaskCompleted}, "")
	require.NoError(t, err)
	assert.Len(t, page.Items, 1)
	page, err = tasks.ListPage(ctx, sendapp.TaskQuery{UpdatedSince: made.UpdatedAt.Time}, "")
	require.NoError(t, err)
	assert.NotEmpty(t, page.Items)
	require.NoError(t, tasks.Delete(ctx, id, made.TaskID))
	s.refused(tasks.Delete(ctx, id, made.TaskID), sendapp.ErrNotFound, sendapp.CodeNotFound)
	if s.feature(sendapp.FeatureTombstones) {
		gone, err := tasks.ListDeletedPage(ctx, sendapp.DeletedQuery{Since: made.UpdatedAt.Time}, "")
		require.NoError(t, err)
		assert.NotEmpty(t, gone.Items)
	}
}

func (s *sendappSuite) notes(contact *sendapp.Contact) {
	t, ctx, notes, id := s.t, s.ctx, s.client.Notes, contact.ContactID
	long := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	made, err := notes.Create(ctx, id, sendapp.NoteCreate{ExternalID: opt.Set(s.mark + "n"), Body: opt.Set("Hello"), OccurredAt: opt.Set(sendapp.At(long))})
	require.NoError(t, err)
	assert.True(t, long.Equal(made.OccurredAt.Time))
	_, err = notes.Update(ctx, id, made.NoteID, sendapp.NoteUpdate{Pinned: opt.Set(true)})
	require.NoError(t, err)
	got, err := notes.Get(ctx, id, made.NoteID)
	require.NoError(t, err)
	assert.True(t, got.Pinned)
	for _, contactID := range []string{id, ""} {
		page, err := notes.ListPage(ctx, sendapp.NoteQuery{ContactID: contactID}, "")
		require.NoError(t, err)
		assert.NotEmpty(t, page.Items)
	}
	if s.feature(sendapp.FeatureMoves) {
		s.moveAway(made)
	} else {
		require.NoError(t, notes.Delete(ctx, id, made.NoteID))
	}
}

// moveAway moves a note to another contact, and deletes it there.
func (s *sendappSuite) moveAway(note *sendapp.Note) {
	t, ctx, notes := s.t, s.ctx, s.client.Notes
	other, err := s.client.Contacts.Create(ctx, sendapp.ContactCreate{ExternalID: opt.Set(s.mark + "other")})
	require.NoError(t, err)
	moved, err := notes.Update(ctx, note.ContactID, note.NoteID, sendapp.NoteUpdate{ContactID: opt.Set(other.ContactID)})
	require.NoError(t, err)
	assert.Equal(t, other.ContactID, moved.ContactID)
	_, err = notes.Get(ctx, note.ContactID, note.NoteID)
	s.refused(err, sendapp.ErrNotFound, sendapp.CodeNotFound)
	require.NoError(t, notes.Delete(ctx, other.ContactID, note.NoteID))
	require.NoError(t, s.client.Contacts.Delete(ctx, other.ContactID))
}

func (s *sendappSuite) appointments(contact *sendapp.Contact) {
	t, ctx, appointments, id := s.t, s.ctx, s.client.Appointments, contact.ContactID
	start := time.Date(2027, 1, 2, 9, 0, 0, 0, time.UTC)
	made, err := appointments.Create(ctx, id, sendapp.AppointmentCreate{
		ExternalID: opt.Set(s.mark + "a"), Title: opt.Set("Visit"), StartTime: opt.Set(sendapp.At(start)), EndTime: opt.Set(sendapp.At(start.Add(time.Hour))),
	})
	require.NoError(t, err)
	assert.Equal(t, sendapp.AppointmentNew, made.Status)
	_, err = appointments.Update(ctx, id, made.AppointmentID, sendapp.AppointmentUpdate{Status: opt.Set(sendapp.AppointmentConfirmed)})
	require.NoError(t, err)
	got, err := appointments.Get(ctx, id, made.AppointmentID)
	require.NoError(t, err)
	assert.Equal(t, sendapp.AppointmentConfirmed, got.Status)
	for _, query := range []sendapp.AppointmentQuery{{ContactID: id, Status: sendapp.AppointmentConfirmed}, {}} {
		page, err := appointments.ListPage(ctx, query, "")
		require.NoError(t, err)
		assert.NotEmpty(t, page.Items)
	}
	require.NoError(t, appointments.Delete(ctx, id, made.AppointmentID))
}

func (s *sendappSuite) webhooks() {
	t, hooks := s.t, s.client.Webhooks
	made, err := hooks.Create(s.ctx, sendapp.SubscriptionCreate{URL: "https://app.example.com/" + s.mark, Events: []string{"contact.updated"}})
	require.NoError(t, err)
	assert.NotEmpty(t, string(made.Secret))
	list, err := hooks.List(s.ctx)
	require.NoError(t, err)
	assert.NotEmpty(t, list)
	require.NoError(t, hooks.Delete(s.ctx, made.WebhookID))
}

// leave deletes the contact, and with it a child if the server cascades.
func (s *sendappSuite) leave(contact *sendapp.Contact) {
	t, ctx, id := s.t, s.ctx, contact.ContactID
	began := contact.UpdatedAt.Time
	cascades := s.feature(sendapp.FeatureCascades) && s.has.HasResource(sendapp.ResourceTasks)
	if cascades {
		_, err := s.client.Tasks.Create(ctx, id, sendapp.TaskCreate{ExternalID: opt.Set(s.mark + "last")})
		require.NoError(t, err)
	}
	require.NoError(t, s.client.Contacts.Delete(ctx, id))
	s.refused(s.client.Contacts.Delete(ctx, id), sendapp.ErrNotFound, sendapp.CodeNotFound)
	if !s.feature(sendapp.FeatureTombstones) {
		return
	}
	found := func(seen bool, gone *sendapp.Tombstone, external string) bool {
		return seen || gone.ExternalID == s.mark+external
	}
	contactGone, taskGone := false, !cascades
	for gone, err := range s.client.Contacts.ListDeleted(ctx, sendapp.DeletedQuery{Since: began}) {
		require.NoError(t, err)
		contactGone = found(contactGone, gone, "contact")
	}
	assert.True(t, contactGone, "a tombstone of the contact")
	if !cascades {
		return
	}
	for gone, err := range s.client.Tasks.ListDeleted(ctx, sendapp.DeletedQuery{Since: began}) {
		require.NoError(t, err)
		taskGone = found(taskGone, gone, "last")
	}
	assert.True(t, taskGone, "a tombstone of the task that went with it")
}
