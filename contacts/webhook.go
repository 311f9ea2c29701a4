package contacts

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/contactlink/contactlink/internal/webhook"
)

// errNoEvent is the error of a body that is no event.
var errNoEvent = errors.New("contacts: the body is no event: it has no type")

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

// WithTolerance refuses webhooks that say they are older. The default is seven
// days: the service delivers again for more than an hour, and whether it keeps the
// time of the first delivery then is not documented. A duration that is not positive is
// the default.
func WithTolerance(d time.Duration) WebhookOption { return webhook.WithTolerance(d) }

// WithCallbackTimeout ends the callback's context after a time. The default is
// ten seconds; a duration that is not positive is the default.
func WithCallbackTimeout(d time.Duration) WebhookOption { return webhook.WithCallbackTimeout(d) }

// WithWebhookLogger logs what was refused or not kept: type, id and reason, never
// the body. By default nothing is logged.
func WithWebhookLogger(logger *slog.Logger) WebhookOption { return webhook.WithLogger(logger) }

// NewWebhookHandler returns a handler that verifies webhooks and hands their
// events to callback, which only stores them and returns: syncer.Engine's
// Notify does, see flows.Notify.
//
// It answers 200 when callback has returned nil, and to what it has kept before.
// An event that can't be kept now, because callback failed or panicked, is
// answered 429, the one status after which the service is known to deliver again.
// The same event may come twice all the same: its WebhookID tells.
//
// A body of more than 1 MiB, or with a Content-Encoding, is refused.
func NewWebhookHandler(verifier *Verifier, callback func(context.Context, Event) error, opts ...WebhookOption) http.Handler {
	return webhook.NewHandler(webhook.Kind[Event]{
		Verify: func(header http.Header, body []byte) (webhook.Delivery, error) {
			return webhook.Delivery{}, verifier.Verify(header, body)
		},
		Read: func(body []byte, d *webhook.Delivery) (Event, error) {
			event, err := ParseEvent(body)
			if err != nil {
				return event, errNoEvent // a decoder's error may show the body
			}
			d.ID, d.At, d.Type = event.WebhookID, event.Timestamp.Time, string(event.Type)
			return event, nil
		},
	}, callback, opts...)
}
