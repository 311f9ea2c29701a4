package sendapptest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

func TestAChangeThatChangesNothing(t *testing.T) {
	t.Parallel()
	now := newClock()
	_, client := sendapptest.Start(t, sendapptest.WithClock(now.now))
	made := create(t, client, "x")
	assert.Equal(t, "2026-01-02T03:04:05.678Z", made.CreatedAt.Format("2006-01-02T15:04:05.999999Z07:00"))
	now.Time = now.Add(time.Minute)
	same, err := client.Contacts.Update(t.Context(), made.ContactID, sendapp.ContactUpdate{
		FirstName: opt.Set(made.FirstName), Tags: opt.Set([]string{"b", "A", "a"}), City: opt.Null[string](),
		CustomFields: opt.Set(map[string]json.RawMessage{"none": json.RawMessage("null")}),
	})
	require.NoError(t, err)
	assert.Equal(t, made, same)
	changed, err := client.Contacts.Update(t.Context(), made.ContactID, sendapp.ContactUpdate{City: opt.Set("")})
	require.NoError(t, err)
	assert.NotEqual(t, made.Version, changed.Version, "an empty text is not the same as none")
	assert.True(t, changed.UpdatedAt.After(made.UpdatedAt.Time))
	assert.Equal(t, made.CreatedAt, changed.CreatedAt)
}

func TestATaskIsCompletedOnce(t *testing.T) {
	t.Parallel()
	now := newClock()
	server, client := sendapptest.Start(t, sendapptest.WithClock(now.now))
	ctx, contact := t.Context(), create(t, client, "x")
	task, err := client.Tasks.Create(ctx, contact.ContactID, sendapp.TaskCreate{Status: opt.Set(sendapp.TaskCompleted)})
	require.NoError(t, err)
	first := task.CompletedAt
	assert.False(t, first.IsZero())
	now.Time = now.Add(time.Hour)
	task, err = client.Tasks.Update(ctx, contact.ContactID, task.TaskID, sendapp.TaskUpdate{TaskTitle: opt.Set("Call")})
	require.NoError(t, err)
	assert.Equal(t, first, task.CompletedAt)
	task, err = client.Tasks.Update(ctx, contact.ContactID, task.TaskID, sendapp.TaskUpdate{Status: opt.Null[sendapp.TaskStatus]()})
	require.NoError(t, err)
	assert.Equal(t, sendapp.TaskPending, task.Status)
	assert.True(t, task.CompletedAt.IsZero())
	task, err = client.Tasks.Complete(ctx, contact.ContactID, task.TaskID, true)
	require.NoError(t, err)
	assert.True(t, task.CompletedAt.After(first.Time))
	response, _ := send(t, server, "PUT", "/contacts/"+contact.ContactID+"/tasks/"+task.TaskID+"/completed", `{"done":true}`)
	assert.Equal(t, 422, response.StatusCode)
	_ = response.Body.Close()
}

func TestAChildMoves(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t)
	ctx := t.Context()
	one, two := create(t, client, "1"), create(t, client, "2")
	note, err := client.Notes.Create(ctx, one.ContactID, sendapp.NoteCreate{ExternalID: opt.Set("n"), Body: opt.Set("Hello")})
	require.NoError(t, err)
	_, err = client.Notes.Update(ctx, one.ContactID, note.NoteID, sendapp.NoteUpdate{ContactID: opt.Set("nobody")})
	require.ErrorIs(t, err, sendapp.ErrInvalid)
	moved, err := client.Notes.Update(ctx, one.ContactID, note.NoteID, sendapp.NoteUpdate{ContactID: opt.Set(two.ContactID)})
	require.NoError(t, err)
	assert.Equal(t, two.ContactID, moved.ContactID)
	_, err = client.Notes.Get(ctx, one.ContactID, note.NoteID)
	require.ErrorIs(t, err, sendapp.ErrNotFound)
	require.NoError(t, client.Contacts.Delete(ctx, one.ContactID))
	page, err := client.Notes.ListPage(ctx, sendapp.NoteQuery{ExternalID: "n"}, "")
	require.NoError(t, err)
	require.Len(t, page.Items, 1, "it doesn't go with the contact that it left")
	require.NoError(t, client.Contacts.Delete(ctx, two.ContactID))
	assert.Zero(t, server.Counts())
	gone, err := client.Notes.ListDeletedPage(ctx, sendapp.DeletedQuery{Since: one.CreatedAt.Time}, "")
	require.NoError(t, err)
	require.Len(t, gone.Items, 1)
	assert.Equal(t, note.NoteID, gone.Items[0].NoteID)
	assert.Equal(t, two.ContactID, gone.Items[0].ContactID)
	_, err = client.Contacts.Create(ctx, sendapp.ContactCreate{ExternalID: opt.Set("1")})
	require.NoError(t, err, "the external id is free again")
}

func TestAnIdempotencyKeyEndsAfterADay(t *testing.T) {
	t.Parallel()
	now := newClock()
	server, client := sendapptest.Start(t, sendapptest.WithClock(now.now))
	key := sendapp.WithIdempotencyKey("k")
	first, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{}, key)
	require.NoError(t, err)
	now.Time = now.Add(24*time.Hour - time.Millisecond)
	second, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{}, key)
	require.NoError(t, err)
	assert.Equal(t, first, second)
	now.Time = now.Add(time.Millisecond)
	third, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{}, key)
	require.NoError(t, err)
	assert.NotEqual(t, first.ContactID, third.ContactID)
	assert.Equal(t, 2, server.Counts().Contacts)
}

func TestARefusalIsNotRememberedUnderItsKey(t *testing.T) {
	t.Parallel()
	_, client := sendapptest.Start(t)
	holder := create(t, client, "x")
	key, body := sendapp.WithIdempotencyKey("k"), sendapp.ContactCreate{ExternalID: opt.Set("x")}
	_, err := client.Contacts.Create(t.Context(), body, key)
	require.ErrorIs(t, err, sendapp.ErrDuplicate)
	require.NoError(t, client.Contacts.Delete(t.Context(), holder.ContactID))
	_, err = client.Contacts.Create(t.Context(), body, key)
	require.NoError(t, err)
}

// Many create the same at once: one does, all others learn who.
func TestAnExternalIDIsGivenOnce(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t)
	var created atomic.Int32
	holders := make([]string, 20)
	var group sync.WaitGroup
	for i := range holders {
		group.Go(func() {
			contact, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{ExternalID: opt.Set("x"), City: opt.Set(fmt.Sprint(i))})
			if err == nil {
				created.Add(1)
				holders[i] = contact.ContactID
			} else if failed, ok := errors.AsType[*sendapp.Error](err); ok && errors.Is(err, sendapp.ErrDuplicate) {
				holders[i] = failed.ConflictingID
			}
		})
	}
	group.Wait()
	assert.EqualValues(t, 1, created.Load())
	assert.Equal(t, slices.Repeat(holders[:1], len(holders)), holders)
	assert.NotEmpty(t, holders[0])
	assert.Equal(t, 1, server.Counts().Contacts)
}
