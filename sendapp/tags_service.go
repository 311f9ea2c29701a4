package sendapp

import (
	"context"

	"github.com/contactlink/contactlink/internal/rest"
)

// Tags has the operations on single tags of a contact, which leave the others
// alone. A contact's whole set is [Contact].Tags.
type Tags struct{ client *Client }

// TagSet is a contact's tags after a change, all of them, and its version.
type TagSet struct {
	Tags    []string `json:"tags"`
	Version string   `json:"version"`
}

// Add adds tags to those that a contact has. The server makes them lower case.
func (s *Tags) Add(ctx context.Context, contactID string, tags []string, opts ...CallOption) (*TagSet, error) {
	return s.change(ctx, operations.addTags, contactID, tags, opts)
}

// Remove removes tags from those that a contact has. One that it lacks is no
// error.
func (s *Tags) Remove(ctx context.Context, contactID string, tags []string, opts ...CallOption) (*TagSet, error) {
	return s.change(ctx, operations.removeTags, contactID, tags, opts)
}

func (s *Tags) change(ctx context.Context, op *rest.Operation, contactID string, tags []string, opts []CallOption) (*TagSet, error) {
	body := struct {
		Tags []string `json:"tags"`
	}{append([]string{}, tags...)} // never null
	set, err := call[TagSet](ctx, s.client, request{op: op, ids: []string{contactID}, body: body, opts: opts})
	if err != nil {
		return nil, err
	}
	if err := present(op, "tags", set.Tags != nil); err != nil {
		return nil, err
	}
	return set, nil
}
