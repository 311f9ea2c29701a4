package messaging

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/contactlink/contactlink/internal/rest"
)

// Sender sends messages. Agent and Official are Senders; they are safe for
// concurrent use. What a product lacks, or a message that it would not take, is
// ErrInvalid, and nothing is sent then.
type Sender interface {
	SendText(ctx context.Context, text Text) (*Receipt, error)
	SendMedia(ctx context.Context, media Media) (*Receipt, error)
	SendTemplate(ctx context.Context, template Template) (*Receipt, error)
	// Check asks the service whether it takes the credentials. It sends no message.
	Check(ctx context.Context) (*Check, error)
}

// client is what both products share.
type client struct {
	product Product
	key     rest.Source
	// sends repeats nothing; reads may be repeated.
	sends, reads *rest.Client
}

// accepted are the statuses of success: no description says more than 2xx, and one
// without a body is no answer.
var accepted = []int{http.StatusOK, http.StatusCreated, http.StatusAccepted}

func read(name, path string) *rest.Operation {
	return &rest.Operation{Name: name, Method: http.MethodGet, Path: path, Success: accepted, Idempotent: true}
}

// secret marks an operation whose answer holds secrets.
func secret(op *rest.Operation) *rest.Operation {
	op.Secret = true
	return op
}

func send(name, method, path string) *rest.Operation {
	return &rest.Operation{Name: name, Method: method, Path: path, Success: accepted}
}

// newSettings collects options.
func newSettings(base string, opts []Option) (settings, error) {
	limiter, err := NewLimiter(RateLimits{Requests: 1, Window: time.Second})
	if err != nil {
		return settings{}, err
	}
	s := settings{config: rest.Config{API: api, BaseURL: base, UserAgent: "contactlink", Limiter: limiter}}
	var errs []error
	for _, option := range opts {
		if option == nil {
			errs = append(errs, errors.New("an option is nil"))
			continue
		}
		errs = append(errs, option(&s))
	}
	if s.key == nil {
		errs = append(errs, errors.New("there is no key: give WithAPIKey or WithAPIKeySource"))
	}
	return s, errors.Join(errs...)
}

// newClient makes both chains, which share the limiter. A key is put on a request by
// credentials.
func newClient(product Product, s settings, credentials func(rest.Source) rest.Credentials) (client, error) {
	reads, sends := s.config, s.config
	reads.Retry = rest.DefaultRetry
	reads.Credentials, sends.Credentials = credentials(s.key), credentials(readKey)
	inner := http.Client{}
	if s.config.HTTP != nil {
		inner = *s.config.HTTP // the caller's own is not changed
	}
	inner.Transport = newOnce(inner.Transport)
	sends.HTTP = &inner
	c := client{product: product, key: s.key}
	var err error
	if c.reads, err = rest.New(reads); err != nil {
		return c, err
	}
	c.sends, err = rest.New(sends)
	return c, err
}

// send sends a message that was checked.
func (c client) send(ctx context.Context, call rest.Call, checked error) (*Receipt, error) {
	if checked != nil {
		return nil, fmt.Errorf("messaging: %s: %w: %w", call.Operation.Name, ErrInvalid, checked)
	}
	var response rest.Response
	call.Response = &response
	var raw json.RawMessage
	if err := c.sends.Do(ctx, call, &raw); err != nil {
		return nil, fmt.Errorf("messaging: %w", err)
	}
	return &Receipt{Product: c.product, Status: response.Status, Raw: Raw(raw)}, nil
}

func (c client) read(ctx context.Context, op *rest.Operation) (Raw, error) {
	var raw json.RawMessage
	if err := c.reads.Do(ctx, rest.Call{Operation: op}, &raw); err != nil {
		return nil, fmt.Errorf("messaging: %w", err)
	}
	return Raw(raw), nil
}
