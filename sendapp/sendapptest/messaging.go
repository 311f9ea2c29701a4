package sendapptest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/contactlink/contactlink/internal/testserver"
)

// The credentials that a Messaging accepts.
const (
	DefaultMessagingKey = "key-messagingtest"
	DefaultAccountToken = "token-messagingtest"
)

// Messaging is SendApp's two messaging interfaces in memory, as far as they are
// described: Agent below /api and Official below /apiv3. It sends nothing and
// records what it was asked to send. It is an http.Handler, and safe for concurrent
// use.
//
// Its quirks are those that the services have or that integrators met:
//
//   - what is refused is answered 200 with the status "error";
//   - a wrong key is answered 401 by Agent, and by Official with the login page,
//     as HTML with status 200;
//   - Agent takes a number without a plus only, Official one with it;
//   - JSON comes without its content type.
//
// What the services answer to a send is not described: this server answers the
// status "success" and a message_id.
type Messaging struct {
	mux    *http.ServeMux
	asked  func(operation string, call int) Fault // nil: nothing goes wrong
	faults testserver.Faults

	mu       sync.Mutex
	calls    map[string]int
	sent     []SentMessage
	listener *testserver.Listener
}

// SentMessage is what a Messaging was asked to send, and accepted.
type SentMessage struct {
	// Product is "agent" or "official".
	Product string
	// Operation is the last of the path: "send", "text", "media", "template".
	Operation string
	// Number is the recipient as it was given: with a plus for Official.
	Number string
	// Fields are all parameters but the credentials: a text, or what JSON has.
	Fields map[string]any
	// MessageID is what was answered.
	MessageID string
}

// MessagingOption is an option of NewMessaging.
type MessagingOption func(*Messaging)

// WithMessagingFaults is [WithFaults] for a Messaging, with the names of operations
// that [Messaging.Fail] takes.
func WithMessagingFaults(faults func(operation string, call int) Fault) MessagingOption {
	return func(m *Messaging) { m.asked = faults }
}

// NewMessaging makes a server with the two credentials above.
func NewMessaging(opts ...MessagingOption) *Messaging {
	m := &Messaging{mux: http.NewServeMux(), calls: map[string]int{}}
	for _, option := range opts {
		option(m)
	}
	m.handle("GET /api/get_tokens", "agent.tokens", m.tokens)
	m.handle("POST /api/whatsapp-meta/send", "agent.send", m.agentSend)
	m.handle("GET /apiv3/health", "official.health", m.official(func(*http.Request) any {
		return map[string]any{"service": "SendApp Official", "status": "ok", "version": "3", "endpoints": map[string]any{}}
	}))
	m.handle("GET /apiv3/templates", "official.templates", m.official(func(*http.Request) any {
		return map[string]any{"templates": []any{}}
	}))
	for operation, need := range map[string][]string{
		"text": {"number", "message"}, "media": {"number", "type", "media_url"}, "template": {"number", "template_id", "language_code"},
	} {
		name := "official.send" + strings.ToUpper(operation[:1]) + operation[1:]
		m.handle("GET /apiv3/send/"+operation, name, m.official(func(r *http.Request) any {
			return m.officialSend(operation, need, r)
		}))
	}
	m.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { webPage(w, http.StatusNotFound, "Not Found") })
	return m
}

// handle answers an operation, or as a fault wants it.
func (m *Messaging) handle(pattern, operation string, answer http.HandlerFunc) {
	m.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		m.fault(operation).Serve(w, r, answer, func(w http.ResponseWriter, status int) {
			answerText(w, status, sendRefusal("A fault that was asked for"))
		})
	})
}

// fault counts a request, and returns what goes wrong with it.
func (m *Messaging) fault(operation string) Fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[operation]++
	if m.asked != nil {
		if fault := m.asked(operation, m.calls[operation]); fault != (Fault{}) {
			return fault
		}
	}
	return m.faults.Take(operation)
}

// Fail makes requests fail from now on, after the faults that were set before. The
// operations are those that errors of the package messaging name: "agent.send",
// "official.sendText".
func (m *Messaging) Fail(fault Fault) { m.faults.Add(fault) }

// Heal ends the faults of Fail.
func (m *Messaging) Heal() { m.faults.Clear() }

// ServeHTTP implements http.Handler.
func (m *Messaging) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.mux.ServeHTTP(w, r) }

// Transport calls the server without sockets, for an http.Client.
func (m *Messaging) Transport() http.RoundTripper { return testserver.Transport(m) }

// Listen serves on an address, "127.0.0.1:0" for any free port, and returns the
// URL, below which Agent has /api and Official /apiv3.
func (m *Messaging) Listen(address string) (string, error) {
	listener, err := testserver.Listen(address, m)
	if err != nil {
		return "", fmt.Errorf("sendapptest: listen: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.listener = listener
	return listener.URL(), nil
}

// Close stops serving.
func (m *Messaging) Close() error {
	m.mu.Lock()
	listener := m.listener
	m.listener = nil
	m.mu.Unlock()
	if listener == nil {
		return nil
	}
	return listener.Close()
}

// Sent are the messages that were accepted, in their order.
func (m *Messaging) Sent() []SentMessage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.sent)
}

func (m *Messaging) accept(message SentMessage) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	message.MessageID = fmt.Sprintf("wamid.%06d", len(m.sent)+1)
	m.sent = append(m.sent, message)
	return map[string]any{"status": "success", "message_id": message.MessageID}
}

// sendRefusal is how both products say no: with status 200. The message repeats what
// was sent, as services do.
func sendRefusal(format string, args ...any) any {
	return map[string]any{"status": "error", "message": fmt.Sprintf(format, args...)}
}

// answerText writes JSON without its content type.
func answerText(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may have gone
}

func webPage(w http.ResponseWriter, status int, title string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html>\n<html><head><title>%s</title></head></html>\n", title)
}

func (m *Messaging) tokens(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-API-Key") != DefaultMessagingKey && r.URL.Query().Get("apikey") != DefaultMessagingKey {
		answerText(w, http.StatusUnauthorized, sendRefusal("Unauthorized"))
		return
	}
	answerText(w, http.StatusOK, []any{map[string]any{"name": "Main number", "token": DefaultAccountToken}})
}

var (
	plainNumber = regexp.MustCompile(`^[1-9][0-9]{6,14}$`)
	plusNumber  = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
)

func (m *Messaging) agentSend(w http.ResponseWriter, r *http.Request) {
	var fields map[string]any
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil || json.Unmarshal(data, &fields) != nil {
		answerText(w, http.StatusBadRequest, sendRefusal("The body is not JSON"))
		return
	}
	if fields["apikey"] != DefaultMessagingKey {
		answerText(w, http.StatusUnauthorized, sendRefusal("Unauthorized"))
		return
	}
	answerText(w, http.StatusOK, m.agentMessage(fields))
}

func (m *Messaging) agentMessage(fields map[string]any) any {
	number, _ := fields["number"].(string)
	buttons, _ := fields["buttons"].([]any)
	_, hasTemplate := fields["template"].(map[string]any)
	switch {
	case fields["token"] != DefaultAccountToken:
		return sendRefusal("Invalid token")
	case !plainNumber.MatchString(number):
		return sendRefusal("Invalid number %s", number)
	case fields["type"] != "freetext" && fields["type"] != "template":
		return sendRefusal("Invalid type")
	case fields["type"] == "template" && !hasTemplate:
		return sendRefusal("template is required")
	case len(buttons) > 3:
		return sendRefusal("At most 3 buttons")
	}
	delete(fields, "apikey")
	delete(fields, "token")
	return m.accept(SentMessage{Product: "agent", Operation: "send", Number: number, Fields: fields})
}

// official checks the key of Official, which answers a wrong one with a page.
func (m *Messaging) official(handle func(*http.Request) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !bearer || key != DefaultMessagingKey {
			webPage(w, http.StatusOK, "Login")
			return
		}
		answerText(w, http.StatusOK, handle(r))
	}
}

func (m *Messaging) officialSend(operation string, need []string, r *http.Request) any {
	query, fields := r.URL.Query(), map[string]any{}
	for name := range query {
		fields[name] = query.Get(name)
	}
	for _, name := range need {
		if query.Get(name) == "" {
			return sendRefusal("%s is required", name)
		}
	}
	number := query.Get("number")
	if !plusNumber.MatchString(number) {
		return sendRefusal("Invalid number %s", number)
	}
	return m.accept(SentMessage{Product: "official", Operation: operation, Number: number, Fields: fields})
}
