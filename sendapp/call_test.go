package sendapp_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

func TestAnIdempotencyKeyIsMadeOncePerCall(t *testing.T) {
	t.Parallel()
	var keys []string
	client := newClient(t, func(r *http.Request) (*http.Response, error) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		return answer(http.StatusServiceUnavailable, `{}`), nil
	}, sendapp.WithAPIKey("k"))
	for range 2 {
		_, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{})
		require.ErrorIs(t, err, sendapp.ErrUnknownOutcome, "the key is lost with the call")
	}
	require.Len(t, keys, 6)
	assert.Equal(t, []string{keys[0], keys[0], keys[0], keys[3], keys[3], keys[3]}, keys)
	assert.NotEqual(t, keys[0], keys[3])
	assert.NotEmpty(t, keys[0])

	keys = nil
	_, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{}, sendapp.WithIdempotencyKey("mine"))
	require.ErrorIs(t, err, sendapp.ErrUnavailable)
	require.NotErrorIs(t, err, sendapp.ErrUnknownOutcome, "who has the key can repeat the call")
	assert.Equal(t, []string{"mine", "mine", "mine"}, keys)

	keys = nil
	_, err = client.Contacts.Get(t.Context(), "c", sendapp.WithIdempotencyKey("mine"))
	require.ErrorIs(t, err, sendapp.ErrUnavailable)
	assert.Equal(t, []string{"", "", ""}, keys, "others than creates carry none")
}

func TestHeadersThatAreRefused(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return answer(http.StatusInternalServerError, ""), nil
	}, sendapp.WithAPIKey("k"))
	for _, bad := range []string{"a b", "a\r\nX: y", "é", `a"b`, strings.Repeat("x", 256)} {
		_, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{}, sendapp.WithIdempotencyKey(bad))
		require.ErrorIs(t, err, sendapp.ErrInvalid, "%q", bad)
		err = client.Contacts.Delete(t.Context(), "c", sendapp.WithIfMatch(bad))
		require.ErrorIs(t, err, sendapp.ErrInvalid, "%q", bad)
	}
}

func TestIDsThatAreRefused(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return answer(http.StatusInternalServerError, ""), nil
	}, sendapp.WithAPIKey("k"))
	for _, bad := range []string{"", ".", "..", "a/b", "a?b", "a#b", "%2e%2e", "a\x00b"} {
		_, err := client.Contacts.Get(t.Context(), bad)
		require.ErrorIs(t, err, sendapp.ErrInvalid, "%q", bad)
		_, err = client.Tasks.Get(t.Context(), "c", bad)
		require.ErrorIs(t, err, sendapp.ErrInvalid, "%q", bad)
		err = client.Notes.Delete(t.Context(), bad, "n")
		require.ErrorIs(t, err, sendapp.ErrInvalid, "%q", bad)
	}
}

func TestTheOptionsOfChanges(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t)
	ctx := t.Context()
	contact, err := client.Contacts.Create(ctx, sendapp.ContactCreate{Tags: opt.Set([]string{"a"})})
	require.NoError(t, err)
	old := sendapp.WithIfMatch(contact.Version)
	added, err := client.Tags.Add(ctx, contact.ContactID, []string{"B", "a"}, old)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, added.Tags)
	assert.NotEqual(t, contact.Version, added.Version)

	_, err = client.Tags.Add(ctx, contact.ContactID, []string{"c"}, old)
	require.ErrorIs(t, err, sendapp.ErrConflict)
	_, err = client.Tags.Remove(ctx, contact.ContactID, []string{"a"}, old)
	require.ErrorIs(t, err, sendapp.ErrConflict)
	require.ErrorIs(t, client.Contacts.Delete(ctx, contact.ContactID, old), sendapp.ErrConflict)
	_, err = client.Contacts.Update(ctx, contact.ContactID, sendapp.ContactUpdate{}, old)
	require.ErrorIs(t, err, sendapp.ErrConflict)

	removed, err := client.Tags.Remove(ctx, contact.ContactID, []string{"A", "b", "x"}, sendapp.WithIfMatch(added.Version))
	require.NoError(t, err)
	assert.Empty(t, removed.Tags)
	require.NoError(t, client.Contacts.Delete(ctx, contact.ContactID, sendapp.WithIfMatch(removed.Version)))
	assert.Zero(t, server.Counts())
}

func TestAnAnswerThatIsLost(t *testing.T) {
	t.Parallel()
	lose := func(lost string) sendapptest.Option {
		return sendapptest.WithFaults(func(operation string, call int) sendapptest.Fault {
			return sendapptest.Fault{Cut: operation == lost && call == 1, After: true}
		})
	}
	t.Run("of a create", func(t *testing.T) {
		t.Parallel()
		server, client := sendapptest.Start(t, lose("contacts.create"))
		_, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{ExternalID: opt.Set("x")})
		require.NoError(t, err, "its key makes the second attempt answer as the first did")
		assert.Equal(t, 1, server.Counts().Contacts)
	})
	t.Run("of a delete", func(t *testing.T) {
		t.Parallel()
		server, client := sendapptest.Start(t, lose("contacts.delete"))
		contact, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{})
		require.NoError(t, err)
		require.ErrorIs(t, client.Contacts.Delete(t.Context(), contact.ContactID), sendapp.ErrNotFound)
		assert.Zero(t, server.Counts())
	})
	t.Run("of added tags", func(t *testing.T) {
		t.Parallel()
		_, client := sendapptest.Start(t, lose("tags.add"))
		contact, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{})
		require.NoError(t, err)
		set, err := client.Tags.Add(t.Context(), contact.ContactID, []string{"a"}, sendapp.WithIfMatch(contact.Version))
		require.NoError(t, err, "the key answers it again, though the version is another now")
		assert.Equal(t, []string{"a"}, set.Tags)
	})
}
