package sendapp_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/sendapp"
)

// What is wrong is told before anything is sent, in words that help.
func TestBadInput(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return answer(http.StatusInternalServerError, ""), nil
	}, sendapp.WithAPIKey("k"))
	type call func(ctx context.Context, id string) error
	calls := map[string]call{
		"contacts.get": func(ctx context.Context, id string) error { _, err := client.Contacts.Get(ctx, id); return err },
		"contacts.get, whole": func(ctx context.Context, id string) error {
			_, err := client.Contacts.Profile(ctx, id, nil)
			return err
		},
		"contacts.update": func(ctx context.Context, id string) error {
			_, err := client.Contacts.Update(ctx, id, sendapp.ContactUpdate{})
			return err
		},
		"contacts.delete": func(ctx context.Context, id string) error { return client.Contacts.Delete(ctx, id) },
		"tags.add":        func(ctx context.Context, id string) error { _, err := client.Tags.Add(ctx, id, nil); return err },
		"tags.remove":     func(ctx context.Context, id string) error { _, err := client.Tags.Remove(ctx, id, nil); return err },
		"tasks.get":       func(ctx context.Context, id string) error { _, err := client.Tasks.Get(ctx, "c", id); return err },
		"tasks.create": func(ctx context.Context, id string) error {
			_, err := client.Tasks.Create(ctx, id, sendapp.TaskCreate{})
			return err
		},
		"tasks.complete": func(ctx context.Context, id string) error {
			_, err := client.Tasks.Complete(ctx, "c", id, true)
			return err
		},
		"notes.delete": func(ctx context.Context, id string) error { return client.Notes.Delete(ctx, id, "n") },
		"appointments.get": func(ctx context.Context, id string) error {
			_, err := client.Appointments.Get(ctx, "c", id)
			return err
		},
		"activity.list": func(ctx context.Context, id string) error {
			_, err := client.Activity.ListPage(ctx, id, sendapp.ActivityQuery{}, "")
			return err
		},
		"webhooks.delete": func(ctx context.Context, id string) error { return client.Webhooks.Delete(ctx, id) },
	}
	for name, call := range calls {
		for _, id := range []string{"", ".", "..", "a/b", `a\b`, "a?b", "a#b", "%2e", "%2e%2e", "a\x00b", "a\nb", strings.Repeat("x", 513)} {
			err := call(t.Context(), id)
			require.ErrorIs(t, err, sendapp.ErrInvalid, "%s %q", name, id)
			assert.ErrorContains(t, err, strings.TrimSuffix(name, ", whole"), "%q", id)
		}
		require.ErrorIs(t, call(nil, "id"), sendapp.ErrInvalid, "%s without a context", name)
	}

	since := time.Unix(0, 0)
	for name, err := range map[string]error{
		"limit -1":                   page(client.Contacts.ListPage(t.Context(), sendapp.ContactQuery{Limit: -1}, "")),
		"limit 201":                  page(client.Tasks.ListPage(t.Context(), sendapp.TaskQuery{Limit: 201}, "")),
		"of notes":                   page(client.Notes.ListPage(t.Context(), sendapp.NoteQuery{Limit: 201}, "")),
		"of appointments":            page(client.Appointments.ListPage(t.Context(), sendapp.AppointmentQuery{Limit: 201}, "")),
		"of activity":                page(client.Activity.ListPage(t.Context(), "c", sendapp.ActivityQuery{Limit: 201}, "")),
		"of the deleted":             page(client.Notes.ListDeletedPage(t.Context(), sendapp.DeletedQuery{Since: since, Limit: 201}, "")),
		"no time":                    page(client.Contacts.ListDeletedPage(t.Context(), sendapp.DeletedQuery{}, "")),
		"status of all":              page(client.Tasks.ListPage(t.Context(), sendapp.TaskQuery{Status: sendapp.TaskPending}, "")),
		"status of all appointments": page(client.Appointments.ListPage(t.Context(), sendapp.AppointmentQuery{Status: sendapp.AppointmentNew}, "")),
		"no URL":                     hook(client.Webhooks.Create(t.Context(), sendapp.SubscriptionCreate{})),
		"a URL of another kind":      hook(client.Webhooks.Create(t.Context(), sendapp.SubscriptionCreate{URL: "ftp://example.com"})),
	} {
		assert.ErrorIs(t, err, sendapp.ErrInvalid, name)
	}
	for _, err := range client.Contacts.List(nil, sendapp.ContactQuery{}) { //nolint:staticcheck // what it is about
		require.ErrorIs(t, err, sendapp.ErrInvalid)
	}
	_, err := client.Check(t.Context(), "contacts.got")
	require.ErrorIs(t, err, sendapp.ErrInvalid)
}

func page[T any](p *sendapp.Page[T], err error) error {
	if p != nil {
		return nil
	}
	return err
}

func hook(made *sendapp.Subscription, err error) error {
	if made != nil {
		return nil
	}
	return err
}

func TestAnAnswerThatIsTooLarge(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(*http.Request) (*http.Response, error) {
		return answer(http.StatusOK, `{"contactId":"`+strings.Repeat("x", 20<<20)+`"}`), nil
	}, sendapp.WithAPIKey("k"))
	_, err := client.Contacts.Get(t.Context(), "c")
	require.ErrorIs(t, err, sendapp.ErrUnavailable)
	require.ErrorContains(t, err, "larger than the limit")
}
