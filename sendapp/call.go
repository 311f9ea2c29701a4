package sendapp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/contactlink/contactlink/internal/rest"
)

// CallOption is an option of a single call.
type CallOption interface{ call(*rest.Call) }

type callOption func(*rest.Call)

func (o callOption) call(c *rest.Call) { o(c) }

// Response is what came back beside the value.
type Response = rest.Response

// WithResponse stores what came back beside the value.
func WithResponse(into *Response) CallOption {
	return callOption(func(c *rest.Call) { c.Response = into })
}

const (
	idempotencyKey = "Idempotency-Key"
	ifMatch        = "If-Match"

	maxHeader = 255 // bytes of a key or version
)

// WithIdempotencyKey gives a Create or AddTags a key of the caller's own. A
// caller that keeps it can repeat the call even after a restart: within 24
// hours the server answers the same request with the same key as it did the
// first time, unless the record was deleted since. Another request with the same
// key is ErrInvalid with the code idempotency_mismatch. The key has 1 to 255
// visible ASCII characters. Other calls ignore it, and an empty key means one
// that is made for the call.
func WithIdempotencyKey(key string) CallOption {
	return callOption(func(c *rest.Call) {
		if key != "" && c.Operation.Method == http.MethodPost {
			c.Header.Set(idempotencyKey, key)
		}
	})
}

// WithIfMatch makes an Update, Complete, Delete, AddTags or RemoveTags happen
// only if the record still has this version. Otherwise the error is ErrConflict.
// An empty version means no condition.
//
// A request that is repeated after its answer was lost may find that its own
// first attempt changed the version: read the record to tell.
func WithIfMatch(version string) CallOption {
	return callOption(func(c *rest.Call) {
		if version != "" {
			c.Header.Set(ifMatch, `"`+version+`"`) // an entity tag, RFC 9110
		}
	})
}

// checkHeader refuses what no header can carry, before it is sent.
func checkHeader(header http.Header) error {
	for _, name := range []string{idempotencyKey, ifMatch} {
		value := header.Get(name)
		if name == ifMatch {
			value = strings.TrimSuffix(strings.TrimPrefix(value, `"`), `"`)
		}
		if len(value) > maxHeader {
			return fmt.Errorf("%s is longer than %d bytes", name, maxHeader)
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) {
			return fmt.Errorf("%s has a character that is not visible ASCII", name)
		}
	}
	return nil
}

// request is a call before its options.
type request struct {
	op    *rest.Operation
	ids   []string
	query url.Values
	body  any
	opts  []CallOption
}

// call sends a request and returns its answer.
func call[T any](ctx context.Context, c *Client, r request) (*T, error) {
	answer := new(T)
	if err := c.send(ctx, r, answer); err != nil {
		return nil, err
	}
	return answer, nil
}

// identified is a record of the contract: the server gives each an id.
type identified[T any] interface {
	*T
	identity() string
}

// one is call for a request that is answered with a record. An answer without
// an id isn't one, whatever its status: who relied on it would lose the record.
func one[T any, P identified[T]](ctx context.Context, c *Client, r request) (*T, error) {
	answer, err := call[T](ctx, c, r)
	if err != nil {
		return nil, err
	}
	if P(answer).identity() == "" {
		return nil, fmt.Errorf("sendapp: %w", rest.Incomplete(r.op, "id, so it is none of the contract: check the base URL"))
	}
	return answer, nil
}

// send sends a request and decodes its answer. A POST gets an idempotency key,
// made once for the call: all its attempts carry the same, so they may be
// repeated though the operation may not.
func (c *Client) send(ctx context.Context, r request, into any) error {
	out := rest.Call{Operation: r.op, IDs: r.ids, Query: r.query, Header: http.Header{}, Body: r.body}
	for _, option := range r.opts {
		option.call(&out)
	}
	if err := checkHeader(out.Header); err != nil {
		return fmt.Errorf("sendapp: %s: %w: %w", r.op.Name, ErrInvalid, err)
	}
	ownKey := r.op.Method == http.MethodPost && out.Header.Get(idempotencyKey) == ""
	if ownKey {
		out.Header.Set(idempotencyKey, rand.Text())
	}
	out.Idempotent = r.op.Method == http.MethodPost
	err := c.rest.Do(ctx, out, into)
	switch {
	case err == nil:
		return nil
	case ownKey && !r.op.Idempotent && errors.Is(err, ErrUnavailable):
		// The key is lost with this call: whoever repeats it might do it twice.
		return fmt.Errorf("sendapp: %w: %w", ErrUnknownOutcome, err)
	default:
		return fmt.Errorf("sendapp: %w", err)
	}
}
