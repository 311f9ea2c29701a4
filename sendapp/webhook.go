package sendapp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Limits of a webhook.
const (
	maxWebhook  = 1 << 20          // bytes
	readTimeout = 10 * time.Second // for the body
	maxAhead    = 5 * time.Minute  // of our clock
	replays     = 10_000           // ids that are remembered by default
)

// errNoEvent is the error of a body that is no event.
var errNoEvent = errors.New("sendapp: the body is no event: it has no type")

// WebhookOption is an option of NewWebhookHandler.
type WebhookOption func(*webhookHandler)

// WithReplayStore remembers elsewhere which webhooks were kept. By default the
// last 10,000 are remembered in memory. nil remembers nothing.
func WithReplayStore(store ReplayStore) WebhookOption {
	return func(h *webhookHandler) { h.replays = store }
}

// WithTolerance refuses webhooks whose signed time is longer ago. The default is
// seven days: by the specification's schedule a server delivers again for more
// than three, and one that signs the time of the first attempt must get in too. A
// duration that is not positive is the default.
func WithTolerance(d time.Duration) WebhookOption {
	return func(h *webhookHandler) {
		if d > 0 {
			h.tolerance = d
		}
	}
}

// WithCallbackTimeout ends the callback's context after a time. The default is
// ten seconds; a duration that is not positive is the default.
func WithCallbackTimeout(d time.Duration) WebhookOption {
	return func(h *webhookHandler) {
		if d > 0 {
			h.timeout = d
		}
	}
}

// WithWebhookLogger logs what was refused or not kept: type, id and reason, never
// the body. By default nothing is logged.
func WithWebhookLogger(logger *slog.Logger) WebhookOption {
	return func(h *webhookHandler) {
		if logger != nil {
			h.logger = logger
		}
	}
}

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
	h := &webhookHandler{
		verifier: verifier, callback: callback, replays: NewMemoryReplayStore(replays),
		tolerance: 7 * 24 * time.Hour, timeout: 10 * time.Second, logger: slog.New(slog.DiscardHandler),
	}
	for _, option := range opts {
		if option != nil {
			option(h)
		}
	}
	return h
}

type webhookHandler struct {
	verifier  *Verifier
	callback  func(context.Context, Event) error
	replays   ReplayStore
	tolerance time.Duration
	timeout   time.Duration
	logger    *slog.Logger
}

// ServeHTTP implements http.Handler.
func (h *webhookHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, event, err := h.handle(w, r)
	if err != nil {
		h.logger.LogAttrs(r.Context(), slog.LevelWarn, "webhook", slog.Int("status", status),
			slog.String("type", string(event.Type)), slog.String("id", event.WebhookID), slog.Any("reason", err))
	}
	w.WriteHeader(status)
}

func (h *webhookHandler) handle(w http.ResponseWriter, r *http.Request) (status int, event Event, err error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed, event, errors.New("it is no POST")
	}
	body, status, err := readWebhook(w, r)
	if err != nil {
		return status, event, err
	}
	if h.verifier == nil {
		return http.StatusUnauthorized, event, errors.New("the handler has no Verifier")
	}
	sent, err := h.verifier.verify(r.Header, body)
	if err != nil {
		return http.StatusUnauthorized, event, err
	}
	event.WebhookID = sent.id
	if age := time.Since(sent.at); age > h.tolerance || age < -maxAhead {
		return http.StatusUnauthorized, event, errors.New("its time is too long ago, or to come")
	}
	event, err = ParseEvent(body)
	event.WebhookID = sent.id
	if err != nil {
		return http.StatusBadRequest, event, errNoEvent
	}
	if err := h.keep(r.Context(), event); err != nil {
		return http.StatusTooManyRequests, event, err
	}
	return http.StatusOK, event, nil
}

// readWebhook reads a body within its limits.
func readWebhook(w http.ResponseWriter, r *http.Request) (body []byte, status int, err error) {
	// A signature is of what was sent, and a small packed body can be a large one.
	if encoding := strings.Join(r.Header.Values("Content-Encoding"), ","); encoding != "" && encoding != "identity" {
		return nil, http.StatusUnsupportedMediaType, errors.New("it has a Content-Encoding")
	}
	// A server that has no deadlines, as in a test, refuses this.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readTimeout))
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxWebhook))
	switch {
	case err == nil:
		return body, 0, nil
	case errors.As(err, new(*http.MaxBytesError)):
		return nil, http.StatusRequestEntityTooLarge, errors.New("it is larger than 1 MiB")
	default:
		return nil, http.StatusBadRequest, errors.New("its body could not be read")
	}
}

// keep hands an event to the callback, unless it was kept before.
func (h *webhookHandler) keep(ctx context.Context, event Event) error {
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	if h.replays != nil {
		if seen, err := h.replays.Seen(ctx, event.WebhookID); err != nil {
			return fmt.Errorf("the replay store failed: %w", err)
		} else if seen {
			return nil
		}
	}
	if err := h.call(ctx, event); err != nil {
		return err
	}
	if h.replays != nil {
		if err := h.replays.Remember(ctx, event.WebhookID); err != nil {
			// It is kept. That it may be kept again is better than a 429, which makes it so.
			h.logger.LogAttrs(ctx, slog.LevelWarn, "webhook: the replay store failed", slog.Any("reason", err))
		}
	}
	return nil
}

// call calls the callback. A panic of it is an error: the event must come again.
func (h *webhookHandler) call(ctx context.Context, event Event) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("the callback panicked with a %T", reason) // its value may be personal data
		}
	}()
	return h.callback(ctx, event)
}
