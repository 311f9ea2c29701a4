package webhook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/contactlink/contactlink/internal/rest"
)

// MaxBody is how large a body may be, in bytes.
const MaxBody = 1 << 20

const (
	readTimeout = 10 * time.Second // for the body
	maxAhead    = 5 * time.Minute  // of our clock
)

// Delivery is what the checks have to know of a webhook.
type Delivery struct {
	// ID is the same when it is delivered again; empty: its body is what it is
	// known by.
	ID string
	// At is when it was sent, or what it tells happened; zero: it does not say.
	At time.Time
	// Type is that of the event, for the log.
	Type string
}

// Kind is what differs from one API to another. E is its event.
type Kind[E any] struct {
	// Verify checks the signature and says what the headers do.
	Verify func(header http.Header, body []byte) (Delivery, error)
	// Read reads a body that was verified, and adds what it says to the delivery.
	Read func(body []byte, d *Delivery) (E, error)
}

// NewHandler makes a handler that hands the events of what was verified to the
// callback.
func NewHandler[E any](kind Kind[E], callback func(context.Context, E) error, opts ...Option) http.Handler {
	return &handler[E]{newSettings(opts), kind, callback}
}

type handler[E any] struct {
	settings

	kind     Kind[E]
	callback func(context.Context, E) error
}

// ServeHTTP implements http.Handler.
func (h *handler[E]) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, delivery, err := h.handle(w, r)
	if err != nil {
		h.logger.LogAttrs(r.Context(), slog.LevelWarn, "webhook", slog.Int("status", status),
			slog.String("type", shown(delivery.Type)), slog.String("id", shown(delivery.ID)), slog.Any("reason", err))
	}
	w.WriteHeader(status)
}

// maxShown is how much of a type or an id is logged, in bytes.
const maxShown = 100

// shown is what is logged of a text of the sender's: a bounded part, in one line.
func shown(text string) string {
	return strings.ToValidUTF8(rest.Printable(text[:min(len(text), maxShown)]), "")
}

func (h *handler[E]) handle(w http.ResponseWriter, r *http.Request) (status int, d Delivery, err error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed, d, errors.New("it is no POST")
	}
	body, status, err := read(w, r)
	if err != nil {
		return status, d, err
	}
	if d, err = h.kind.Verify(r.Header, body); err != nil {
		return http.StatusUnauthorized, d, err
	}
	event, err := h.kind.Read(body, &d)
	if err != nil {
		return http.StatusBadRequest, d, err
	}
	if age := time.Since(d.At); !d.At.IsZero() && (age > h.tolerance || age < -maxAhead) {
		return http.StatusUnauthorized, d, errors.New("its time is too long ago, or to come")
	}
	if err := h.keep(r.Context(), cmp.Or(d.ID, sumOf(body)), event); err != nil {
		return http.StatusTooManyRequests, d, err
	}
	return http.StatusOK, d, nil
}

// read reads a body within its limits.
func read(w http.ResponseWriter, r *http.Request) (body []byte, status int, err error) {
	// A signature is of what was sent, and a small packed body can be a large one.
	if encoding := strings.Join(r.Header.Values("Content-Encoding"), ","); encoding != "" && encoding != "identity" {
		return nil, http.StatusUnsupportedMediaType, errors.New("it has a Content-Encoding")
	}
	// A server that has no deadlines, as in a test, refuses this.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readTimeout))
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	switch {
	case err == nil:
		return body, 0, nil
	case errors.As(err, new(*http.MaxBytesError)):
		return nil, http.StatusRequestEntityTooLarge, errors.New("it is larger than 1 MiB")
	default:
		return nil, http.StatusBadRequest, errors.New("its body could not be read")
	}
}

// sumOf is what a body without an id is known by.
func sumOf(body []byte) string {
	sum := sha256.Sum256(bytes.TrimSpace(body))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// keep hands an event to the callback, unless it was kept before.
func (h *handler[E]) keep(ctx context.Context, id string, event E) error {
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	if h.replays != nil {
		if seen, err := h.replays.Seen(ctx, id); err != nil {
			return fmt.Errorf("the replay store failed: %w", err)
		} else if seen {
			return nil
		}
	}
	if err := h.call(ctx, event); err != nil {
		return err
	}
	if h.replays != nil {
		if err := h.replays.Remember(ctx, id); err != nil {
			// It is kept. That it may be kept again is better than a 429, which makes it so.
			h.logger.LogAttrs(ctx, slog.LevelWarn, "webhook: the replay store failed", slog.Any("reason", err))
		}
	}
	return nil
}

// call calls the callback. A panic of it is an error: the event must come again.
func (h *handler[E]) call(ctx context.Context, event E) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("the callback panicked with a %T", reason) // its value may be personal data
		}
	}()
	return h.callback(ctx, event)
}
