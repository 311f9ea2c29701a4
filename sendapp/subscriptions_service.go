package sendapp

import (
	"context"
	"fmt"
	"net/url"
)

// Webhooks has the subscriptions to events: where the server sends them. The
// events are signed as the Standard Webhooks specification says.
type Webhooks struct{ client *Client }

type webhooksAnswer struct {
	Webhooks []*Subscription `json:"webhooks"`
}

// List returns all subscriptions. They have no pages.
func (s *Webhooks) List(ctx context.Context, opts ...CallOption) ([]*Subscription, error) {
	answer, err := call[webhooksAnswer](ctx, s.client, request{op: operations.listWebhooks, opts: opts})
	if err != nil {
		return nil, err
	}
	if err := present(operations.listWebhooks, "webhooks", answer.Webhooks != nil); err != nil {
		return nil, err
	}
	return whole(answer.Webhooks), nil
}

// Create makes the server send events to a URL. The answer has the secret that
// they are signed with, and no later one has it.
func (s *Webhooks) Create(ctx context.Context, create SubscriptionCreate, opts ...CallOption) (*Subscription, error) {
	target, err := url.Parse(create.URL)
	if err != nil || target.Scheme != "https" && target.Scheme != "http" || target.Host == "" {
		return nil, fmt.Errorf("sendapp: %s: %w: the URL must begin with https://", operations.createWebhook.Name, ErrInvalid)
	}
	return one[Subscription](ctx, s.client, request{op: operations.createWebhook, body: create, opts: opts})
}

// Delete ends a subscription.
func (s *Webhooks) Delete(ctx context.Context, webhookID string, opts ...CallOption) error {
	return s.client.send(ctx, request{op: operations.deleteWebhook, ids: []string{webhookID}, opts: opts}, nil)
}
