package sendapptest_test

import (
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

func TestListings(t *testing.T) {
	t.Parallel()
	now := newClock()
	server, client := sendapptest.Start(t, sendapptest.WithClock(now.now))
	ctx := t.Context()
	var made []*sendapp.Contact
	for i, create := range []sendapp.ContactCreate{
		{ExternalID: opt.Set("0"), Email: opt.Set("Ann@Example.com"), Tags: opt.Set([]string{"VIP"})},
		{ExternalID: opt.Set("1"), Phone: opt.Set("+15551234567"), Tags: opt.Set([]string{"vip", "x"})},
		{ExternalID: opt.Set("2"), Phone: opt.Set("+15551234567")},
	} {
		now.Time = now.Add(time.Second)
		contact, err := client.Contacts.Create(ctx, create)
		require.NoError(t, err)
		made = append(made, contact)
		for _, status := range []sendapp.TaskStatus{sendapp.TaskPending, sendapp.TaskCompleted} {
			_, err := client.Tasks.Create(ctx, contact.ContactID, sendapp.TaskCreate{ExternalID: opt.Set(fmt.Sprint(i, status)), Status: opt.Set(status)})
			require.NoError(t, err)
		}
	}
	find := func(query sendapp.ContactQuery) (found string) {
		for contact, err := range client.Contacts.List(ctx, query) {
			require.NoError(t, err)
			found += contact.ExternalID
		}
		return found
	}
	assert.Equal(t, "012", find(sendapp.ContactQuery{Limit: 1}))
	assert.Equal(t, "0", find(sendapp.ContactQuery{Email: "ann@example.COM"}))
	assert.Equal(t, "12", find(sendapp.ContactQuery{Phone: "+15551234567", Limit: 1}))
	assert.Equal(t, "1", find(sendapp.ContactQuery{Phone: "+15551234567", Tag: "Vip"}))
	assert.Equal(t, "01", find(sendapp.ContactQuery{Tag: "vip"}))
	assert.Equal(t, "2", find(sendapp.ContactQuery{ExternalID: "2"}))
	assert.Empty(t, find(sendapp.ContactQuery{ExternalID: "3"}))
	assert.Equal(t, "12", find(sendapp.ContactQuery{UpdatedSince: made[1].UpdatedAt.Time}), "what changed at that time too")
	now.Time = now.Add(time.Second)
	_, err := client.Contacts.Update(ctx, made[0].ContactID, sendapp.ContactUpdate{City: opt.Set("Rome")})
	require.NoError(t, err)
	assert.Equal(t, "120", find(sendapp.ContactQuery{}), "what changed goes to the end")

	count := func(query sendapp.TaskQuery) (n int) {
		for _, err := range client.Tasks.List(ctx, query) {
			require.NoError(t, err)
			n++
		}
		return n
	}
	assert.Equal(t, 6, count(sendapp.TaskQuery{Limit: 4}))
	assert.Equal(t, 2, count(sendapp.TaskQuery{ContactID: made[0].ContactID}))
	assert.Equal(t, 1, count(sendapp.TaskQuery{ContactID: made[2].ContactID, Status: sendapp.TaskCompleted}))

	for _, bad := range []string{
		"/contacts?limit=0", "/contacts?limit=201", "/contacts?limit=x", "/contacts?limit=1&limit=2", "/contacts?status=pending",
		"/contacts?name=Ann", "/contacts?externalId=", "/contacts?updatedSince=today", "/contacts?cursor=x",
		"/contacts?deletedSince=2026-01-01T00:00:00Z&tag=x", "/notes?status=pending", "/tasks?status=pending", "/tasks?email=x",
		"/contacts/" + made[0].ContactID + "/tasks?deletedSince=2026-01-01T00:00:00Z",
	} {
		response, answer := send(t, server, "GET", bad, "")
		assert.Equalf(t, 422, response.StatusCode, "%s: %v", bad, answer)
		_ = response.Body.Close()
	}
	page, err := client.Contacts.ListPage(ctx, sendapp.ContactQuery{Tag: "vip", Limit: 1}, "")
	require.NoError(t, err)
	_, err = client.Contacts.ListPage(ctx, sendapp.ContactQuery{Tag: "x", Limit: 1}, page.Next)
	require.ErrorIs(t, err, sendapp.ErrInvalid, "a cursor belongs to its query")
}

func tombstones(t *testing.T, client *sendapp.Client) []*sendapp.Tombstone {
	t.Helper()
	var all []*sendapp.Tombstone
	query := sendapp.DeletedQuery{Since: time.Unix(0, 0), Limit: 1}
	for _, list := range []iter.Seq2[*sendapp.Tombstone, error]{
		client.Contacts.ListDeleted(t.Context(), query), client.Tasks.ListDeleted(t.Context(), query), client.Notes.ListDeleted(t.Context(), query),
	} {
		for gone, err := range list {
			require.NoError(t, err)
			all = append(all, gone)
		}
	}
	return all
}
