package contactstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// answer is a status with its body.
type answer struct {
	status int
	body   map[string]any
}

func ok(body map[string]any) answer { return answer{http.StatusOK, body} }

func refuse(status int, message any) answer {
	return answer{status, map[string]any{"statusCode": status, "message": message}}
}

// invalid is a 422, whose message is a list.
func invalid(messages ...string) answer {
	a := refuse(http.StatusUnprocessableEntity, messages)
	a.body["error"] = "Unprocessable Entity"
	return a
}

func unauthorized(message string) answer {
	a := refuse(http.StatusUnauthorized, message)
	a.body["error"] = "Unauthorized"
	return a
}

func contactNotFound(id string) answer {
	return refuse(http.StatusBadRequest, fmt.Sprintf("Contact with id %s not found", id))
}

// call is one request: its path values and its body.
type call struct {
	*http.Request
	body record
}

// newRoutes names the operations. The literal paths win over {contactId}.
func (s *Server) newRoutes() http.Handler {
	mux := http.NewServeMux()
	route := func(pattern, name string, handle func(call) answer) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, name, handle) })
	}
	route("POST /contacts/search", "contacts.search", s.searchContacts)
	route("POST /contacts/upsert", "contacts.upsert", s.upsertContact)
	route("POST /contacts/{$}", "contacts.create", s.createContact)
	route("GET /contacts/{contactId}", "contacts.get", s.getContact)
	route("PUT /contacts/{contactId}", "contacts.update", s.updateContact)
	route("DELETE /contacts/{contactId}", "contacts.delete", s.deleteContact)
	for _, child := range []childKind{taskKind, noteKind} {
		path := "/contacts/{contactId}/" + child.plural
		route("GET "+path, child.plural+".list", s.listChildren(child))
		route("POST "+path, child.plural+".create", s.createChild(child))
		route("GET "+path+"/{id}", child.plural+".get", s.getChild(child))
		route("PUT "+path+"/{id}", child.plural+".update", s.updateChild(child))
		route("DELETE "+path+"/{id}", child.plural+".delete", s.deleteChild(child))
	}
	route("PUT /contacts/{contactId}/tasks/{id}/completed", "tasks.complete", s.completeTask)
	route("POST /locations/{locationId}/tasks/search", "tasks.search", s.searchTasks)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, "unknown", func(c call) answer {
			return refuse(http.StatusNotFound, fmt.Sprintf("Cannot %s %s", c.Method, c.URL.Path))
		})
	})
	return mux
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routes.ServeHTTP(w, r) }

// serve counts, checks, answers.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, operation string, handle func(call) answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[operation]++
	var fault Fault
	if s.faults != nil {
		fault = s.faults(operation, s.requests[operation])
	}
	if fault.Cut && !fault.After {
		panic(http.ErrAbortHandler)
	}
	a := s.limited(w)
	switch {
	case a.status != 0:
	case fault.Status != 0 && !fault.After:
		a = refuse(fault.Status, "a fault")
	default:
		a = s.checked(r, handle)
	}
	if fault.After && fault.Cut {
		panic(http.ErrAbortHandler)
	}
	if fault.After && fault.Status != 0 {
		a = refuse(fault.Status, "a fault")
	}
	a.body["traceId"] = s.uuid()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	_, _ = w.Write(raw(a.body)) // the client may have gone
}

// limited counts the request and sets the headers. The service documents no
// Retry-After.
func (s *Server) limited(w http.ResponseWriter) answer {
	if s.limits == nil {
		return answer{}
	}
	now := s.clock()
	left, _, allowed := s.limits.Take(now)
	leftToday, _, allowedToday := s.daily.Take(now)
	for name, value := range map[string]int{
		"X-RateLimit-Max": s.limits.Limit, "X-RateLimit-Remaining": left,
		"X-RateLimit-Interval-Milliseconds": int(s.limits.Length.Milliseconds()),
		"X-RateLimit-Limit-Daily":           s.daily.Limit, "X-RateLimit-Daily-Remaining": leftToday,
	} {
		w.Header().Set(name, strconv.Itoa(value))
	}
	if !allowed || !allowedToday {
		return refuse(http.StatusTooManyRequests, "Too Many Requests")
	}
	return answer{}
}

// maxBody is how large a request may be.
const maxBody = 10 << 20

func (s *Server) checked(r *http.Request, handle func(call) answer) answer {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	version := r.Header.Get("Version")
	switch {
	case version == "":
		return unauthorized("version header was not found.")
	case version != "2021-07-28":
		return unauthorized("version header is invalid")
	case !bearer || token != s.token:
		return unauthorized("Invalid Private Integration token")
	}
	if location := r.PathValue("locationId"); location != "" && location != s.location {
		return refuse(http.StatusForbidden, "The token does not have access to this location")
	}
	c := call{Request: r}
	if r.Method == http.MethodPost || r.Method == http.MethodPut {
		data, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		if err != nil || len(data) > maxBody {
			return refuse(http.StatusRequestEntityTooLarge, "request entity too large")
		}
		if err := json.NewDecoder(bytes.NewReader(data)).Decode(&c.body); err != nil {
			return refuse(http.StatusBadRequest, "Unexpected token in JSON")
		}
		if location, sent := c.body["locationId"]; sent && !bytes.Equal(location, raw(s.location)) {
			return refuse(http.StatusForbidden, "The token does not have access to this location")
		}
	}
	return handle(c)
}

// only names the properties that are not allowed, and those that are missing.
func (c call) only(allowed, required string) []string {
	var messages []string
	for _, name := range sortedNames(c.body) {
		if !strings.Contains(" "+allowed+" ", " "+name+" ") {
			messages = append(messages, "property "+name+" should not exist")
		}
	}
	for name := range strings.FieldsSeq(required) {
		if value, sent := c.body[name]; !sent || string(value) == "null" {
			messages = append(messages, name+" should not be empty")
		}
	}
	return messages
}
