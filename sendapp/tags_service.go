package sendapp

import "context"

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
	return call[TagSet](ctx, s.client, request{op: operations.addTags, ids: []string{contactID}, body: tagsBody(tags), opts: opts})
}

// Remove removes tags from those that a contact has. One that it lacks is no
// error.
func (s *Tags) Remove(ctx context.Context, contactID string, tags []string, opts ...CallOption) (*TagSet, error) {
	return call[TagSet](ctx, s.client, request{op: operations.removeTags, ids: []string{contactID}, body: tagsBody(tags), opts: opts})
}

func tagsBody(tags []string) any {
	return struct {
		Tags []string `json:"tags"`
	}{tags}
}
