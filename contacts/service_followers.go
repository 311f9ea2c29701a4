package contacts

import (
	"context"
	"fmt"

	"github.com/contactlink/contactlink/internal/rest"
)

// Followers works on the users who follow a contact.
type Followers struct{ client *Client }

// Add adds users to a contact's followers, and returns all that it has then.
func (s *Followers) Add(ctx context.Context, contactID string, userIDs []string, opts ...CallOption) ([]string, error) {
	return s.change(ctx, operations.AddFollowers, contactID, userIDs, opts)
}

// Remove removes users from a contact's followers, and returns who is left.
func (s *Followers) Remove(ctx context.Context, contactID string, userIDs []string, opts ...CallOption) ([]string, error) {
	return s.change(ctx, operations.RemoveFollowers, contactID, userIDs, opts)
}

func (s *Followers) change(ctx context.Context, op *rest.Operation, contactID string, userIDs []string, opts []CallOption) ([]string, error) {
	if len(userIDs) == 0 {
		return nil, fmt.Errorf("contacts: %s: %w: there is no user", op.Name, ErrInvalid)
	}
	body := struct {
		Followers []string `json:"followers"`
	}{userIDs}
	var all []string
	answer := envelope{members: map[string]any{"followers": &all}}
	r := request{op: op, ids: []string{contactID}, body: body, opts: opts}
	if err := s.client.do(ctx, r, &answer); err != nil {
		return nil, err
	}
	if all == nil {
		return nil, s.client.incomplete(r, "followers")
	}
	return all, nil
}
