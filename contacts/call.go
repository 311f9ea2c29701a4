package contacts

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/rest"
	"github.com/contactlink/contactlink/internal/wire"
)

// request is a call before its options.
type request struct {
	op    *rest.Operation
	ids   []string
	query url.Values
	body  any
	opts  []CallOption
	// idempotent says that this call may be repeated though its operation may not.
	idempotent bool
	// lookup says what to look for if the outcome is unknown.
	lookup Lookup
}

// do sends a request and decodes its answer. into may be nil.
func (c *Client) do(ctx context.Context, r request, into any) error {
	call := rest.Call{Operation: r.op, IDs: r.ids, Query: r.query, Body: r.body, Idempotent: r.idempotent}
	return unknown(c.send(ctx, call, r.opts, into), r.lookup)
}

// identified is a record: the service gives each an id.
type identified[T any] interface {
	*T
	identity() string
}

// one sends a request that is answered with a record in a member of the answer,
// or, if the member has no name, with the record itself. An answer without an id
// isn't one, whatever its status: who relied on it would lose the record.
func one[T any, P identified[T]](ctx context.Context, c *Client, r request, member string) (*T, error) {
	value := new(T)
	var into any = value
	if member != "" {
		into = &envelope{members: map[string]any{member: value}}
	}
	if err := c.do(ctx, r, into); err != nil {
		return nil, err
	}
	if P(value).identity() == "" {
		if member == "" {
			member = "id"
		}
		return nil, c.incomplete(r, member)
	}
	return value, nil
}

// list sends a request that is answered with all records of something. An answer
// without the list isn't an empty one.
func list[T any](ctx context.Context, c *Client, r request, member string) ([]*T, error) {
	var items []*T
	if err := c.do(ctx, r, &envelope{members: map[string]any{member: &items}}); err != nil {
		return nil, err
	}
	if items == nil {
		return nil, c.incomplete(r, member)
	}
	return present(items), nil
}

// incomplete is the error of an answer that lacks what it should have.
func (c *Client) incomplete(r request, what string) error {
	op := *r.op
	op.Idempotent = op.Idempotent || r.idempotent
	return unknown(fmt.Errorf("contacts: %w", rest.Incomplete(&op, what)), r.lookup)
}

// present leaves out what is null.
func present[T any](items []*T) []*T {
	return slices.DeleteFunc(items, func(item *T) bool { return item == nil })
}

// envelope is the object around what an operation answers. It keeps nothing
// else of it.
type envelope struct {
	members map[string]any // pointers, by name
	others  wire.Extra
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (e *envelope) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	return wire.Decode(d, func(name string) any { return e.members[name] }, &e.others)
}

// done sends a request whose answer only says that it was done.
//
// Quirk: the flag is called succeded, succeeded or success. One that is false,
// though the status is a success, is an error.
func (c *Client) done(ctx context.Context, r request) error {
	var flags [3]*bool
	answer := envelope{members: map[string]any{"succeded": &flags[0], "succeeded": &flags[1], "success": &flags[2]}}
	if err := c.do(ctx, r, &answer); err != nil {
		return err
	}
	for _, flag := range flags {
		if flag != nil && !*flag {
			return fmt.Errorf("contacts: %s: %w: the service answers that it did not succeed", r.op.Name, ErrUnavailable)
		}
	}
	return nil
}
