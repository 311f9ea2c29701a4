package sendapp

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/contactlink/contactlink/internal/webhook"
)

// errNoEvent is the error of a body that is no event.
var errNoEvent = errors.New("sendapp: the body is no event: it has no type")

// WebhookOption is an option of NewWebhookHandler.
type WebhookOption = webhook.Option

// ReplayStore remembers which webhooks were kept, so that the same one is not
// handed to the callback twice. It must be safe for concurrent use. Several
// processes behind one address need one that they share.
type ReplayStore = webhook.ReplayStore

// NewMemoryReplayStore returns a ReplayStore that remembers the last ids, at most
// size of them, until the process ends.
func NewMemoryReplayStore(size int) ReplayStore { return webhook.NewMemoryReplayStore(size) }

// WithReplayStore remembers elsewhere which webhooks were kept. By default the
// last 10,000 are remembered in memory. nil remembers nothing.
func WithReplayStore(store ReplayStore) WebhookOption { return webhook.WithReplayStore(store) }

// WithTolerance refuses webhooks whose signed time is longer ago. The default is
// seven days: by the specification's schedule a server delivers again for more
// than three, and one that signs the time of the first attempt must get in too. A
// duration that is not positive is the default.
func WithTolerance(d time.Duration) WebhookOption { return webhook.WithTolerance(d) }

// WithCallbackTimeout ends the callback's context after a time. The default is
// ten seconds; a duration that is not positive is the default.
func WithCallbackTimeout(d time.Duration) WebhookOption { return webhook.WithCallbackTimeout(d) }

// WithWebhookLogger logs what was refused or not kept: type, id and reason, never
// the body. By default nothing is logged.
func WithWebhookLogger(logger *slog.Logger) WebhookOption { return webhook.WithLogger(logger) }

// NewWebhookHandler returns a handler that verifies webhooks and hands their
// events to callback, which only stores them and returns.
//
// It answers 200 when callback has returned nil, and to what it has kept before.
// An event that can't be kept now, because callback failed or panicked, is
// answered 429, after which a server delivers it again. The same event may come
// twice all the same: its WebhookID tells.
//
// A body of more than 1 MiB, or with a Content-Encoding, is refused.
func NewWebhookHandler(verifier *Verifier, callback func(context.Context, Event) error, opts ...WebhookOption) http.Handler {
	return webhook.NewHandler(webhook.Kind[Event]{
		Verify: verifier.verify,
		Read: func(body []byte, d *webhook.Delivery) (Event, error) {
			event, err := ParseEvent(body)
			if err != nil {
				return event, err
			}
			event.WebhookID, d.Type = d.ID, string(event.Type)
			return event, nil
		},
	}, callback, opts...)
}
