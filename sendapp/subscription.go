package sendapp

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/wire"
)

// Subscription is where the server sends events.
type Subscription struct {
	WebhookID string `json:"webhookId"`
	URL       string `json:"url,omitzero"`
	// Events are the types that are sent, as "contact.updated"; none: all.
	Events []string `json:"events,omitzero"`
	// Secret is what the events are signed with: "whsec_" and base64. Only the
	// answer of Create has it: keep it.
	Secret    Secret `json:"secret,omitzero"`
	CreatedAt Time   `json:"createdAt,omitzero"`

	extra wire.Extra
}

func (s *Subscription) identity() string { return s.WebhookID }

func (s *Subscription) field(name string) any {
	switch name {
	case "webhookId":
		return &s.WebhookID
	case "url":
		return &s.URL
	case "events":
		return &s.Events
	case "secret":
		return &s.Secret
	case "createdAt":
		return &s.CreatedAt
	default:
		return nil
	}
}

// Extra returns what the server sent beyond the fields above, and what had
// another type than they have.
func (s *Subscription) Extra() map[string]json.RawMessage { return s.extra.Clone() }

// UnmarshalJSON never fails on an unknown field or a wrong type.
func (s *Subscription) UnmarshalJSON(data []byte) error {
	return wire.Unmarshal(data, s.field, &s.extra)
}

// UnmarshalJSONFrom is UnmarshalJSON for encoding/json/v2.
func (s *Subscription) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	return wire.Decode(d, s.field, &s.extra)
}

// SubscriptionCreate says where events are to be sent.
type SubscriptionCreate struct {
	// URL must be HTTPS, except on loopback.
	URL string `json:"url"`
	// Events are the types that are sent, as "contact.updated"; none: all.
	Events []string `json:"events,omitempty"`
}
