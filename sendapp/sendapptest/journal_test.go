package sendapptest_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// What a restart must not change: texts that encoding/json escapes, numbers,
// versions, ids that were given, tombstones, keys.
func TestARestartChangesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, client := sendapptest.Start(t, sendapptest.WithDir(dir))
	ctx := t.Context()
	body := sendapp.ContactCreate{
		ExternalID: opt.Set("<x&>"), FirstName: opt.Set("<A> & \u2028 \x00 🎉 é"), Tags: opt.Set([]string{"<b>"}),
		CustomFields: opt.Set(map[string]json.RawMessage{"<k>": json.RawMessage(`"<v>"`), "n": json.RawMessage("12345678901234567890.10")}),
	}
	made, err := client.Contacts.Create(ctx, body, sendapp.WithIdempotencyKey("k"))
	require.NoError(t, err)
	other := create(t, client, "other")
	_, err = client.Tasks.Create(ctx, other.ContactID, sendapp.TaskCreate{ExternalID: opt.Set("t"), Status: opt.Set(sendapp.TaskCompleted)})
	require.NoError(t, err)
	require.NoError(t, client.Contacts.Delete(ctx, other.ContactID))
	want, deleted := server.Export(), tombstones(t, client)
	require.NoError(t, server.Close())

	for range 2 { // from the journal, and from what the first start made of it
		server, client = sendapptest.Start(t, sendapptest.WithDir(dir))
		assert.Equal(t, want, server.Export())
		assert.Equal(t, deleted, tombstones(t, client))
		again, err := client.Contacts.Create(ctx, body, sendapp.WithIdempotencyKey("k"))
		require.NoError(t, err)
		assert.Equal(t, made, again)
		same, err := client.Contacts.Update(ctx, made.ContactID, body)
		require.NoError(t, err)
		assert.Equal(t, made.Version, same.Version, "nothing changed")
		fresh := create(t, client, "fresh")
		assert.NotContains(t, []string{made.ContactID, other.ContactID}, fresh.ContactID)
		require.NoError(t, client.Contacts.Delete(ctx, fresh.ContactID))
		deleted = tombstones(t, client)
		require.NoError(t, server.Close())
	}
	_, err = client.Contacts.Create(ctx, sendapp.ContactCreate{})
	require.Error(t, err, "a closed server accepts nothing that it could not keep")
}

func TestTheSameSeedMakesTheSameIDs(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, seed := range []uint64{7, 7, 8} {
		_, client := sendapptest.Start(t, sendapptest.WithSeed(seed))
		ids = append(ids, create(t, client, "x").ContactID)
	}
	assert.Equal(t, ids[0], ids[1])
	assert.NotEqual(t, ids[0], ids[2])
}

func BenchmarkCreateWithJournal(b *testing.B) {
	_, client := sendapptest.Start(b, sendapptest.WithDir(b.TempDir()))
	n := 0
	for b.Loop() {
		n++
		_, err := client.Contacts.Create(b.Context(), sendapp.ContactCreate{
			ExternalID: opt.Set(fmt.Sprint(n)), FirstName: opt.Set("Ann"), Phone: opt.Set("+15551234567"),
			CustomFields: opt.Set(map[string]json.RawMessage{"govtrack": json.RawMessage("300018")}),
		})
		require.NoError(b, err)
	}
}
