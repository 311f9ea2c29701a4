package contacts

import (
	"context"
	"fmt"

	"github.com/contactlink/contactlink/internal/rest"
	"github.com/contactlink/contactlink/internal/wire"
)

// Tags works on the tags of contacts. The service stores tags in lower case. Those
// that a location knows are in [Locations].
type Tags struct{ client *Client }

// Add adds tags to a contact's, and returns all that it has then.
func (s *Tags) Add(ctx context.Context, contactID string, tags []string, opts ...CallOption) ([]string, error) {
	return s.change(ctx, operations.AddTags, contactID, tags, opts)
}

// Remove removes tags from a contact's, and returns what is left.
func (s *Tags) Remove(ctx context.Context, contactID string, tags []string, opts ...CallOption) ([]string, error) {
	return s.change(ctx, operations.RemoveTags, contactID, tags, opts)
}

func (s *Tags) change(ctx context.Context, op *rest.Operation, contactID string, tags []string, opts []CallOption) ([]string, error) {
	if len(tags) == 0 {
		return nil, fmt.Errorf("contacts: %s: %w: there is no tag", op.Name, ErrInvalid)
	}
	body := struct {
		Tags []string `json:"tags"`
	}{tags}
	var all []string
	answer := envelope{members: map[string]any{"tags": &all}}
	r := request{op: op, ids: []string{contactID}, body: body, opts: opts}
	if err := s.client.do(ctx, r, &answer); err != nil {
		return nil, err
	}
	if all == nil {
		return nil, s.client.incomplete(r, "tags")
	}
	return all, nil
}

// TagChange is what UpdateMany does with tags.
type TagChange string

// The changes of UpdateMany.
const (
	TagsAdd    TagChange = "add"
	TagsRemove TagChange = "remove"
	// TagsRemoveAll removes all tags that the contacts have.
	TagsRemoveAll TagChange = "removeAll"
)

// TagsUpdated is what became of one contact in UpdateMany.
type TagsUpdated struct {
	ContactID string `json:"contactId,omitzero"`
	// Type is success or error, Message says more.
	Type        string   `json:"type,omitzero"`
	Message     string   `json:"message,omitzero"`
	OldTags     []string `json:"oldTags,omitzero"`
	TagsAdded   []string `json:"tagsAdded,omitzero"`
	TagsRemoved []string `json:"tagsRemoved,omitzero"`

	extra wire.Extra
}

// Failed reports whether the contact's tags were not changed.
func (t *TagsUpdated) Failed() bool { return t.Type != "success" }

// UpdateMany changes the tags of several contacts of the client's location. It
// returns what became of each: a contact that could not be changed is no error of
// the call, see [TagsUpdated.Failed].
func (s *Tags) UpdateMany(ctx context.Context, change TagChange, contactIDs, tags []string, opts ...CallOption) ([]*TagsUpdated, error) {
	op := operations.BulkTags
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	kind, all := change, change == TagsRemoveAll
	if all {
		kind = TagsRemove
	}
	switch {
	case kind != TagsAdd && kind != TagsRemove:
		return nil, fmt.Errorf("contacts: %s: %w: the change must be TagsAdd, TagsRemove or TagsRemoveAll", op.Name, ErrInvalid)
	case len(contactIDs) == 0:
		return nil, fmt.Errorf("contacts: %s: %w: there is no contact", op.Name, ErrInvalid)
	case len(tags) == 0 && !all:
		return nil, fmt.Errorf("contacts: %s: %w: there is no tag", op.Name, ErrInvalid)
	}
	body := struct {
		Contacts   []string `json:"contacts"`
		Tags       []string `json:"tags"`
		LocationID string   `json:"locationId"`
		RemoveAll  bool     `json:"removeAllTags,omitzero"`
	}{contactIDs, append([]string{}, tags...), s.client.settings.location, all}
	// Quirk: the specification says that responses are texts; its example has
	// objects.
	return list[TagsUpdated](ctx, s.client, request{op: op, ids: []string{string(kind)}, body: body, opts: opts}, "responses")
}
