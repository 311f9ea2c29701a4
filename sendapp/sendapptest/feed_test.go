package sendapptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

func TestAFeedTellsWhenThingsHappened(t *testing.T) {
	t.Parallel()
	now, dir := newClock(), t.TempDir()
	server, client := sendapptest.Start(t, sendapptest.WithClock(now.now), sendapptest.WithDir(dir))
	ctx, contact := t.Context(), create(t, client, "x")
	long := sendapp.At(now.AddDate(-3, 0, 0))
	_, err := client.Notes.Create(ctx, contact.ContactID, sendapp.NoteCreate{OccurredAt: opt.Set(long), Body: opt.Set("Old")})
	require.NoError(t, err)
	now.Time = now.Add(time.Minute)
	task, err := client.Tasks.Create(ctx, contact.ContactID, sendapp.TaskCreate{
		OccurredAt: opt.Set(sendapp.At(long.Add(time.Hour))), TaskTitle: opt.Set("Call back"),
	})
	require.NoError(t, err)
	now.Time = now.Add(time.Minute)
	_, err = client.Tasks.Complete(ctx, contact.ContactID, task.TaskID, true)
	require.NoError(t, err)
	now.Time = now.Add(time.Minute)
	_, err = client.Appointments.Create(ctx, contact.ContactID, sendapp.AppointmentCreate{
		Title: opt.Set("Visit"), Status: opt.Set(sendapp.AppointmentCancelled),
	})
	require.NoError(t, err)
	now.Time = now.Add(time.Minute)
	_, err = client.Contacts.Update(ctx, contact.ContactID, sendapp.ContactUpdate{City: opt.Set("Rome")})
	require.NoError(t, err)

	feed := func(query sendapp.ActivityQuery) (told []string) {
		for a, err := range client.Activity.List(ctx, contact.ContactID, query) {
			require.NoError(t, err)
			assert.Equal(t, contact.ContactID, a.ContactID)
			told = append(told, a.OccurredAt.Format("2006 ")+a.Summary)
		}
		return told
	}
	want := []string{
		"2026 Contact updated", "2026 Appointment cancelled: Visit", "2026 Appointment booked: Visit", "2026 Task completed: Call back",
		"2026 Contact created", "2023 Task created: Call back", "2023 Note created",
	}
	for limit := range 8 {
		assert.Equal(t, want, feed(sendapp.ActivityQuery{Limit: limit}), limit)
	}
	assert.Equal(t, want[:5], feed(sendapp.ActivityQuery{Since: contact.CreatedAt.Time}))
	some := []sendapp.ActivityType{sendapp.ActivityNoteCreated, sendapp.ActivityTaskCompleted}
	assert.Equal(t, []string{want[3], want[6]}, feed(sendapp.ActivityQuery{Types: some, Limit: 1}))

	require.NoError(t, server.Close())
	_, client = sendapptest.Start(t, sendapptest.WithClock(now.now), sendapptest.WithDir(dir))
	assert.Equal(t, want, feed(sendapp.ActivityQuery{}), "after a restart")
	_, err = client.Activity.ListPage(ctx, "nobody", sendapp.ActivityQuery{}, "")
	require.ErrorIs(t, err, sendapp.ErrNotFound)
	page, err := client.Activity.ListPage(ctx, contact.ContactID, sendapp.ActivityQuery{Limit: 1}, "")
	require.NoError(t, err)
	_, err = client.Activity.ListPage(ctx, contact.ContactID, sendapp.ActivityQuery{Types: some}, page.Next)
	require.ErrorIs(t, err, sendapp.ErrInvalid, "a cursor belongs to its query")
}

func TestAProfile(t *testing.T) {
	t.Parallel()
	now := newClock()
	server, client := sendapptest.Start(t, sendapptest.WithClock(now.now))
	ctx, contact := t.Context(), create(t, client, "x")
	for i := range 201 {
		now.Time = now.Add(time.Second)
		_, err := client.Notes.Create(ctx, contact.ContactID, sendapp.NoteCreate{ExternalID: opt.Set(fmt.Sprint(i))})
		require.NoError(t, err)
	}
	_, err := client.Tasks.Create(ctx, contact.ContactID, sendapp.TaskCreate{TaskTitle: opt.Set("Call")})
	require.NoError(t, err)
	profile, err := client.Contacts.Profile(ctx, contact.ContactID, nil)
	require.NoError(t, err)
	assert.Equal(t, *contact, profile.Contact)
	assert.Len(t, profile.Tasks, 1)
	require.Len(t, profile.Notes, 200)
	assert.Equal(t, "200", profile.Notes[0].ExternalID, "the newest first")
	assert.Empty(t, profile.Appointments)
	assert.Len(t, profile.Activity, 200)
	assert.Equal(t, []sendapp.ProfilePart{sendapp.PartActivity, sendapp.PartNotes}, profile.Incomplete)

	before := server.Requests()["contacts.get"]
	profile, err = client.Contacts.Profile(ctx, contact.ContactID, []sendapp.ProfilePart{sendapp.PartTasks})
	require.NoError(t, err)
	assert.Nil(t, profile.Notes)
	assert.Equal(t, before+1, server.Requests()["contacts.get"], "one call")
	_, err = client.Contacts.Profile(ctx, contact.ContactID, []sendapp.ProfilePart{"friends"})
	require.ErrorIs(t, err, sendapp.ErrInvalid)
	response, _ := send(t, server, "GET", "/contacts/"+contact.ContactID+"?fields=name", "")
	assert.Equal(t, 422, response.StatusCode)
	_ = response.Body.Close()
}
