package sendapptest

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/sendapp"
)

// subscription is where events are sent.
type subscription struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	Events    []string  `json:"events,omitzero"` // none: all
	CreatedAt time.Time `json:"createdAt"`
	// Secrets sign every event, all of them: two while they rotate.
	Secrets []string `json:"secrets"`
}

func (h *subscription) wants(event string) bool {
	return len(h.Events) == 0 || slices.Contains(h.Events, event)
}

func (h *subscription) encode(withSecret bool) jsontext.Value {
	members := map[string]jsontext.Value{
		"webhookId": quote(h.ID), "url": quote(h.URL), "events": encodeList(h.Events),
		"createdAt": quote(h.CreatedAt.Format(timeLayout)),
	}
	if withSecret {
		members["secret"] = quote(h.Secrets[0])
	}
	return encodeObject(members)
}

// eventTypes are all types of events.
func eventTypes() []string {
	all := []string{"task.completed"}
	for _, k := range kinds() {
		for _, what := range []string{"created", "updated", "deleted"} {
			all = append(all, k.singular()+"."+what)
		}
	}
	return all
}

func (s *Server) listWebhooks(c call) reply {
	for name := range c.URL.Query() {
		return refused(invalid(fieldProblem{name, "is not a parameter of this listing"}))
	}
	var items []jsontext.Value
	for _, hook := range s.state.subscriptions {
		items = append(items, hook.encode(false))
	}
	return reply{status: http.StatusOK, body: encodeObject(map[string]jsontext.Value{webhooks: encodeArray(items)})}
}

func (s *Server) createWebhook(c call) reply {
	hook := &subscription{CreatedAt: s.now()}
	var wrong []fieldProblem
	for name, value := range c.body {
		switch name {
		case "url":
			hook.URL, _ = unquote(value)
		case "events":
			var ok bool
			hook.Events, ok = stringList(value)
			if unknown := slices.DeleteFunc(slices.Clone(hook.Events), func(event string) bool {
				return slices.Contains(eventTypes(), event)
			}); !ok || len(unknown) > 0 {
				wrong = append(wrong, fieldProblem{name, "must be an array of types of events, as contact.updated"})
			}
		default:
			wrong = append(wrong, fieldProblem{name, "is not a field that can be written"})
		}
	}
	if !deliverable(hook.URL) {
		wrong = append(wrong, fieldProblem{"url", "must be an https URL, or http on loopback"})
	}
	if wrong != nil {
		slices.SortFunc(wrong, func(a, b fieldProblem) int { return strings.Compare(a.Field, b.Field) })
		return refused(invalid(wrong...))
	}
	hook.ID = "whk_" + s.ids.Next(func(id string) bool { return s.state.subscription("whk_"+id) != nil })
	hook.Secrets = []string{s.secret(hook.ID)}
	e := entry{Op: opSubscribe, ID: hook.ID, At: hook.CreatedAt, Subscription: hook}
	return s.accept(c, e, reply{status: http.StatusCreated, body: hook.encode(true)})
}

func deliverable(text string) bool {
	target, err := url.Parse(text)
	if err != nil || target.Host == "" {
		return false
	}
	ip := net.ParseIP(target.Hostname())
	return target.Scheme == "https" || target.Scheme == "http" && (target.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func (s *Server) deleteWebhook(c call) reply {
	id := c.PathValue("webhookId")
	if s.state.subscription(id) == nil {
		return refused(notFound("There is no such subscription."))
	}
	if err := s.commit(entry{Op: opUnsubscribe, ID: id, At: s.now()}); err != nil {
		return failed(err)
	}
	return reply{status: http.StatusNoContent}
}

// secret makes the first secret of a subscription. The same seed makes the same.
func (s *Server) secret(webhookID string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", s.config.seed, webhookID))
	return "whsec_" + base64.StdEncoding.EncodeToString(sum[:])
}

// RotateSecret gives a subscription a new secret and returns it. Until the next
// rotation events are signed with the old one too, so that a receiver can be told
// the new one meanwhile.
func (s *Server) RotateSecret(webhookID string) (sendapp.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.state.subscription(webhookID)
	if old == nil {
		return "", fmt.Errorf("sendapptest: rotate a secret: there is no subscription %s", webhookID)
	}
	next := *old
	sum := sha256.Sum256([]byte(old.Secrets[0]))
	next.Secrets = []string{"whsec_" + base64.StdEncoding.EncodeToString(sum[:]), old.Secrets[0]}
	if err := s.commit(entry{Op: opSubscribe, ID: next.ID, At: s.now(), Subscription: &next}); err != nil {
		return "", fmt.Errorf("sendapptest: rotate a secret: %w", err)
	}
	return sendapp.Secret(next.Secrets[0]), nil
}
