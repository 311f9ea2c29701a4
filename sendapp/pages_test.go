package sendapp_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/sendapp"
)

func TestPagesAreWalked(t *testing.T) {
	t.Parallel()
	sent := 0
	client := newClient(t, func(r *http.Request) (*http.Response, error) {
		sent++
		switch r.URL.Query().Get("cursor") {
		case "":
			return answer(http.StatusOK, `{"contacts":[{"contactId":"1"},null],"nextCursor":"b"}`), nil
		case "b":
			return answer(http.StatusOK, `{"contacts":[],"nextCursor":"c"}`), nil
		default:
			return answer(http.StatusOK, `{"contacts":[{"contactId":"2"}]}`), nil
		}
	}, sendapp.WithAPIKey("k"))
	list := client.Contacts.List(t.Context(), sendapp.ContactQuery{})
	for range 2 { // each range begins anew
		var ids []string
		for contact, err := range list {
			require.NoError(t, err)
			ids = append(ids, contact.ContactID)
		}
		assert.Equal(t, []string{"1", "2"}, ids)
	}
	sent = 0
	for _, err := range list {
		require.NoError(t, err)
		break
	}
	assert.Equal(t, 1, sent, "no page is read before it is wanted")
}

func TestAListingThatWouldNeverEnd(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(*http.Request) (*http.Response, error) {
		return answer(http.StatusOK, `{"tasks":[{"taskId":"1"}],"nextCursor":"same"}`), nil
	}, sendapp.WithAPIKey("k"))
	var last error
	for _, err := range client.Tasks.List(t.Context(), sendapp.TaskQuery{}) {
		last = err
	}
	require.ErrorContains(t, last, "repeats a cursor")
}

func TestAListingThatIsEnded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	client := newClient(t, func(*http.Request) (*http.Response, error) {
		cancel()
		return answer(http.StatusOK, `{"notes":[{"noteId":"1"}],"nextCursor":"b"}`), nil
	}, sendapp.WithAPIKey("k"))
	var last error
	for note, err := range client.Notes.List(ctx, sendapp.NoteQuery{}) {
		if last = err; err != nil {
			assert.Nil(t, note)
		}
	}
	require.ErrorIs(t, last, context.Canceled)
}
