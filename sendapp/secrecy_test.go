package sendapp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/secretcheck"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
)

// Every operation and every kind of failure, shown in every way: none shows the
// key or anything personal.
func TestNoErrorShowsSecretsOrPersons(t *testing.T) {
	t.Parallel()
	const id, name, secret = "s3cr3t-id", "Annabella", "s3cr3t-key"
	text := opt.Set(name)
	note := opt.Set("His wife is ill;\ncall \"at home\" & not before nine")
	private := []string{id, name, secret, "Rossi", "Via Roma", "Torino", "debtor", "migraine", "his wife", "at home", "nine", "Byron"}
	calls := map[string]func(context.Context, *sendapp.Client) error{
		"contacts.list": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Contacts.ListPage(ctx, sendapp.ContactQuery{Email: name, Phone: name, Tag: name, ExternalID: id}, id))
		},
		"contacts.create": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Contacts.Create(ctx, sendapp.ContactCreate{
				FirstName: text, LastName: opt.Set("Rossi"), Phone: text, ExternalID: opt.Set(id), Address1: opt.Set("Via Roma 7"),
				City: opt.Set("Torino"), Tags: opt.Set([]string{"debtor", "email"}),
				CustomFields: opt.Set(map[string]json.RawMessage{"diagnosis": json.RawMessage(`"migraine"`)}),
			}))
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
			return second(c.Tasks.Create(ctx, id, sendapp.TaskCreate{TaskTitle: text, Body: note}))
		},
		"tasks.update": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Tasks.Update(ctx, id, id, sendapp.TaskUpdate{Body: note}))
		},
		"tasks.complete": func(ctx context.Context, c *sendapp.Client) error { return second(c.Tasks.Complete(ctx, id, id, true)) },
		"tasks.listAll": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Tasks.ListPage(ctx, sendapp.TaskQuery{ExternalID: id}, ""))
		},
		"notes.create": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Notes.Create(ctx, id, sendapp.NoteCreate{Body: note, Author: text}))
		},
		"tasks.list": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Tasks.ListPage(ctx, sendapp.TaskQuery{ContactID: id}, ""))
		},
		"tasks.get":    func(ctx context.Context, c *sendapp.Client) error { return second(c.Tasks.Get(ctx, id, id)) },
		"tasks.delete": func(ctx context.Context, c *sendapp.Client) error { return c.Tasks.Delete(ctx, id, id) },
		"notes.list": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Notes.ListPage(ctx, sendapp.NoteQuery{ContactID: id}, ""))
		},
		"notes.listAll": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Notes.ListPage(ctx, sendapp.NoteQuery{ExternalID: id}, ""))
		},
		"notes.get": func(ctx context.Context, c *sendapp.Client) error { return second(c.Notes.Get(ctx, id, id)) },
		"notes.update": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Notes.Update(ctx, id, id, sendapp.NoteUpdate{Body: note}))
		},
		"notes.delete": func(ctx context.Context, c *sendapp.Client) error { return c.Notes.Delete(ctx, id, id) },
		"appointments.create": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Appointments.Create(ctx, id, sendapp.AppointmentCreate{Notes: note, Title: text, Address: opt.Set("Via Roma 7")}))
		},
		"appointments.list": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Appointments.ListPage(ctx, sendapp.AppointmentQuery{ContactID: id}, ""))
		},
		"appointments.listAll": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Appointments.ListPage(ctx, sendapp.AppointmentQuery{ExternalID: id}, ""))
		},
		"appointments.update": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Appointments.Update(ctx, id, id, sendapp.AppointmentUpdate{Notes: note}))
		},
		"appointments.delete": func(ctx context.Context, c *sendapp.Client) error { return c.Appointments.Delete(ctx, id, id) },
		"webhooks.list":       func(ctx context.Context, c *sendapp.Client) error { return second(c.Webhooks.List(ctx)) },
		"webhooks.delete":     func(ctx context.Context, c *sendapp.Client) error { return c.Webhooks.Delete(ctx, id) },
		"appointments.get":    func(ctx context.Context, c *sendapp.Client) error { return second(c.Appointments.Get(ctx, id, id)) },
		"activity.list": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Activity.ListPage(ctx, id, sendapp.ActivityQuery{Since: time.Unix(0, 0)}, id))
		},
		"webhooks.create": func(ctx context.Context, c *sendapp.Client) error {
			return second(c.Webhooks.Create(ctx, sendapp.SubscriptionCreate{URL: "https://example.com/" + secret}))
		},
		"capabilities.get": func(ctx context.Context, c *sendapp.Client) error { return second(c.Capabilities(ctx)) },
	}
	for _, operation := range sendapp.Operations() {
		assert.Contains(t, calls, operation.Name)
	}
	problem := `{"code":"invalid","detail":"No.","title":"T"}`
	failures := map[string]http.RoundTripper{
		"no connection": transport(func(*http.Request) (*http.Response, error) { return nil, errors.New("broken") }),
		"a web page":    transport(func(*http.Request) (*http.Response, error) { return answer(200, "<html>"+name), nil }),
		"no JSON":       transport(func(*http.Request) (*http.Response, error) { return answer(201, `{"contactId":"`+name), nil }),
		"a redirect": transport(func(r *http.Request) (*http.Response, error) {
			moved := answer(http.StatusFound, "")
			moved.Header.Set("Location", "https://elsewhere.example/"+name+secret)
			return moved, nil
		}),
	}
	for _, status := range []int{400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 500, 503} {
		failures[fmt.Sprint(status)] = transport(func(*http.Request) (*http.Response, error) { return answer(status, problem), nil })
	}
	maps.Copy(failures, secretcheck.Echoes("Byron"))
	for failure, transport := range failures {
		client := newClient(t, transport.RoundTrip, sendapp.WithAPIKey(secret), sendapp.WithRetry(sendapp.RetryPolicy{}))
		for operation, call := range calls {
			err := call(t.Context(), client)
			require.Error(t, err, "%s, %s", operation, failure)
			var logged bytes.Buffer
			slog.New(slog.NewJSONHandler(&logged, nil)).ErrorContext(t.Context(), "failed", "error", err, "client", client)
			detail := new(sendapp.Error)
			require.ErrorAs(t, err, &detail, "%s, %s", operation, failure)
			data, jsonErr := json.Marshal(detail)
			require.NoError(t, jsonErr)
			shown := strings.ToLower(fmt.Sprintf("%v %+v %#v %s %s %v %+v %#v", err, err, err, data, &logged, *detail, *detail, client))
			for _, hidden := range private {
				assert.NotContains(t, shown, strings.ToLower(hidden), "%s, %s", operation, failure)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }
