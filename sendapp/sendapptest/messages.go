package sendapptest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// message is an event on its way to one subscriber. It is part of the change that
// made it, so that a server which keeps its contents in a directory delivers it
// after a restart.
type message struct {
	ID        string `json:"id"` // the header webhook-id
	WebhookID string `json:"webhookId"`
	Type      string `json:"type"`
	Body      []byte `json:"body"` // as it is signed

	number int // its place among those that wait
}

// newMessage makes a message. Its id is made of what it says, so that a server that
// was started again gives no id a second time: a receiver takes it for a replay.
func newMessage(hook *subscription, eventType string, version int64, body []byte) message {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s", hook.ID, version, body))
	return message{ID: "msg_" + hex.EncodeToString(sum[:12]), WebhookID: hook.ID, Type: eventType, Body: body}
}

// await adds messages to those that wait.
func (s *state) await(messages []message) {
	for _, m := range messages {
		s.numbered++
		m.number = s.numbered
		s.messages[m.ID] = m
	}
}

// waiting are the messages that were neither delivered nor given up, in their
// order.
func (s *state) waiting() []message {
	var all []message
	for _, m := range s.messages {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b message) int { return cmp.Compare(a.number, b.number) })
	return all
}

// subscriber is the subscription of a message, or nil if it has ended.
func (s *Server) subscriber(webhookID string) *subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.subscription(webhookID)
}

// settle forgets a message that was delivered or given up.
func (s *Server) settle(messageID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, waits := s.state.messages[messageID]; waits {
		_ = s.store(entry{Op: opSettle, ID: messageID}) // the next request tells of a journal that fails
	}
}

// end ends a subscription whose receiver is gone.
func (s *Server) end(webhookID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.subscription(webhookID) != nil {
		_ = s.commit(entry{Op: opUnsubscribe, ID: webhookID, At: s.now()}) // as above
	}
}
