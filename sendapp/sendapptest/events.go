package sendapptest

import (
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/testserver"
)

// messagesOf tell of a change that is about to be made, for those who subscribed.
func (s *Server) messagesOf(e entry) []message {
	if len(s.state.subscriptions) == 0 {
		return nil
	}
	c, k := s.state.collections[e.Kind], s.state.kinds[e.Kind]
	switch e.Op {
	case opPut:
		what, old, next := ".updated", c.byID[e.ID], e.record()
		switch {
		case old == nil:
			what = ".created"
		case k.name == tasks && old.completedAt.IsZero() && !next.completedAt.IsZero():
			what = ".completed"
		}
		return s.tell(k.singular()+what, e.UpdatedAt, e.Version, next.encode(k))
	case opDelete:
		var all []message
		if !k.child && !s.state.orphans {
			for _, children := range kinds() {
				for _, r := range s.state.collections[children.name].of(e.ID) {
					all = append(all, s.tell(children.singular()+".deleted", e.At, 0, tombstoneOf(r, e.At).encode(children))...)
				}
			}
		}
		return append(all, s.tell(k.singular()+".deleted", e.At, 0, tombstoneOf(c.byID[e.ID], e.At).encode(k))...)
	default:
		return nil
	}
}

func (s *Server) tell(eventType string, at time.Time, version int64, data jsontext.Value) []message {
	if lose := s.config.delivery.Lose; lose != nil && lose(eventType) {
		return nil
	}
	body := encodeObject(map[string]jsontext.Value{
		"type": quote(eventType), "timestamp": quote(at.Format(timeLayout)), "data": data,
	})
	var all []message
	for _, hook := range s.state.subscriptions {
		if hook.wants(eventType) {
			all = append(all, newMessage(hook, eventType, version, body))
		}
	}
	return all
}

func tombstoneOf(r *record, at time.Time) tombstone {
	return tombstone{id: r.id, contactID: r.contactID, externalID: r.text("externalId"), deletedAt: at}
}

// Delivery says how events are delivered. The zero Delivery is what the Standard
// Webhooks specification asks for: at once, each once, and again if it was not
// answered with a 2xx. An answer of 410 ends the subscription, as the specification
// says. With [WithDir], events that wait when the server is closed are delivered
// when it is opened again, by a new count of tries; without, they are lost.
type Delivery struct {
	// Delay is how long an event waits before its first try.
	Delay time.Duration
	// Copies is how often each event is delivered beside the first time.
	Copies int
	// Reverse delivers events that wait together in the wrong order.
	Reverse bool
	// Lose is asked for each event, and true loses it.
	Lose func(eventType string) bool
	// Retries are the waits before an event is tried again; nil: those of the
	// specification, 5 seconds to 24 hours. Not nil but empty: it never is.
	Retries []time.Duration
}

// standardRetries are the waits that the specification suggests.
func standardRetries() []time.Duration {
	return []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
		10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}
}

// WithDelivery sets how events are delivered.
func WithDelivery(delivery Delivery) Option { return func(c *config) { c.delivery = delivery } }

// WithReceiver delivers all events to a handler, without sockets, whatever the
// URLs of their subscriptions are: it works where time is virtual.
func WithReceiver(handler http.Handler) Option {
	return func(c *config) { c.deliver = testserver.Transport(handler) }
}
