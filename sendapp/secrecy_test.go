package sendapp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
)

// Every operation and every kind of failure, shown in every way: none shows the
// key or anything personal.
func TestNoErrorShowsSecretsOrPersons(t *testing.T) {
	t.Parallel()
	const id, name, secret = "s3cr3t-id", "Annabella", "s3cr3t-key"
	text := opt.Set(name)
	calls := map[string]func(context.Context, *sendapp.Client) error{
		"contacts.list": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Contacts.ListPage(ctx, sendapp.ContactQuery{Email: name, Phone: name, Tag: name, ExternalID: id}, id))
		},
		"contacts.create": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Contacts.Create(ctx, sendapp.ContactCreate{FirstName: text, Phone: text, ExternalID: opt.Set(id)}))
		},
		"contacts.get": func(ctx context.Context, c *sendapp.Client) error { return second(c.Contacts.Get(ctx, id)) },
		"contacts.update": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Contacts.Update(ctx, id, sendapp.ContactUpdate{FirstName: text}))
		},
		"contacts.delete": func(ctx context.Context, c *sendapp.Client) error { return c.Contacts.Delete(ctx, id) },
		"tags.add":        func(ctx context.Context, c *sendapp.Client) error { return second(c.Tags.Add(ctx, id, []string{name})) },
		"tags.remove": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Tags.Remove(ctx, id, []string{name}))
		},
		"tasks.create": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Tasks.Create(ctx, id, sendapp.TaskCreate{TaskTitle: text}))
		},
		"tasks.update": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Tasks.Update(ctx, id, id, sendapp.TaskUpdate{Body: text}))
		},
		"tasks.complete": func(ctx context.Context, c *sendapp.Client) error { return second(c.Tasks.Complete(ctx, id, id, true)) },
		"tasks.listAll": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Tasks.ListPage(ctx, sendapp.TaskQuery{ExternalID: id}, ""))
		},
		"notes.create": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Notes.Create(ctx, id, sendapp.NoteCreate{Body: text}))
		},
		"notes.delete": func(ctx context.Context, c *sendapp.Client) error { return c.Notes.Delete(ctx, id, id) },
		"appointments.create": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Appointments.Create(ctx, id, sendapp.AppointmentCreate{Notes: text}))
		},
		"appointments.get": func(ctx context.Context, c *sendapp.Client) error { return second(c.Appointments.Get(ctx, id, id)) },
		"activity.list": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Activity.ListPage(ctx, id, sendapp.ActivityQuery{Since: time.Unix(0, 0)}, id))
		},
		"webhooks.create": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Webhooks.Create(ctx, sendapp.SubscriptionCreate{URL: "https://example.com/" + secret}))
		},
		"capabilities.get": func(ctx context.Context, c *sendapp.Client) error { return second(c.Capabilities(ctx)) },
	}
	problem := `{"code":"invalid","detail":"No.","title":"T"}`
	failures := map[string]transport{
		"no connection": func(*http.Request) (*http.Response, error) { return nil, errors.New("broken") },
		"a web page":    func(*http.Request) (*http.Response, error) { return answer(200, "<html>"+name), nil },
		"no JSON":       func(*http.Request) (*http.Response, error) { return answer(201, `{"contactId":"`+name), nil },
		"a redirect": func(r *http.Request) (*http.Response, error) {
			moved := answer(http.StatusFound, "")
			moved.Header.Set("Location", "https://elsewhere.example/"+name+secret)
			return moved, nil
		},
	}
	for _, status := range []int{400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 500, 503} {
		failures[fmt.Sprint(status)] = func(*http.Request) (*http.Response, error) { return answer(status, problem), nil }
	}
	for failure, transport := range failures {
		client := newClient(t, transport, sendapp.WithAPIKey(secret), sendapp.WithRetry(sendapp.RetryPolicy{}))
		for operation, call := range calls {
			err := call(t.Context(), client)
			require.Error(t, err, "%s, %s", operation, failure)
			var logged bytes.Buffer
			slog.New(slog.NewJSONHandler(&logged, nil)).ErrorContext(t.Context(), "failed", "error", err, "client", client)
			detail := new(sendapp.Error)
			require.ErrorAs(t, err, &detail, "%s, %s", operation, failure)
			data, jsonErr := json.Marshal(detail)
			require.NoError(t, jsonErr)
			shown := fmt.Sprintf("%v %+v %#v %s %s %v %+v %#v", err, err, err, data, &logged, *detail, *detail, client)
			for _, hidden := range []string{id, name, secret} {
				assert.NotContains(t, shown, hidden, "%s, %s", operation, failure)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }
