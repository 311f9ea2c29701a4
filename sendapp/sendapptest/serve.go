package sendapptest

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/sendapp"
)

// maxBody is how large a request may be, in bytes.
const maxBody = 1 << 20

// call is one request.
type call struct {
	*http.Request
	data   []byte
	failed error // why data is not all
	body   map[string]jsontext.Value
	scopes []string // of the credentials
	// used is set for a POST with an idempotency key: it goes into the entry.
	used *usedKey
}

// reply is an answer: a status with a body, or a problem.
type reply struct {
	status  int
	body    jsontext.Value
	problem *problem
}

func refused(p *problem) reply { return reply{status: p.Status, problem: p} }

func failed(err error) reply {
	return refused(newProblem(http.StatusInternalServerError, sendapp.CodeInternal, "The change could not be written: "+err.Error()))
}

// serve reads a request, and writes its answer or what a fault makes of it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, operation, scope string, handle func(call) reply) {
	// Outside of the lock, so that a slow client makes nobody else wait.
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	s.fault(operation).Serve(w, r, func(w http.ResponseWriter, r *http.Request) {
		s.write(w, func() reply { return s.answer(w, call{Request: r, data: data, failed: err}, scope, handle) })
	}, func(w http.ResponseWriter, status int) {
		s.write(w, func() reply { return refused(newProblem(status, faultCode(status), "A fault that was asked for.")) })
	})
}

// fault counts a request, and returns what goes wrong with it.
func (s *Server) fault(operation string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[operation]++
	if s.config.faults != nil {
		if fault := s.config.faults(operation, s.requests[operation]); fault != (Fault{}) {
			return fault
		}
	}
	return s.faults.Take(operation)
}

func faultCode(status int) string {
	switch status {
	case http.StatusTooManyRequests:
		return sendapp.CodeRateLimited
	case http.StatusInternalServerError:
		return sendapp.CodeInternal
	case http.StatusServiceUnavailable:
		return sendapp.CodeUnavailable
	default:
		return "fault"
	}
}

// write makes an answer under the lock, numbers it, and writes it.
func (s *Server) write(w http.ResponseWriter, answer func() reply) {
	s.mu.Lock()
	a := answer()
	s.answered++
	id := "req_" + strconv.Itoa(s.answered)
	s.mu.Unlock()
	w.Header().Set("X-Request-Id", id)
	body := []byte(a.body)
	switch {
	case a.problem != nil:
		a.problem.RequestID = id
		w.Header().Set("Content-Type", "application/problem+json")
		body, _ = json.Marshal(a.problem) // texts and numbers
	case body != nil:
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // the client may have gone
}

// answer checks what is the same for every operation.
func (s *Server) answer(w http.ResponseWriter, c call, scope string, handle func(call) reply) reply {
	if p := s.limited(w); p != nil {
		return refused(p)
	}
	if p := s.authorize(w, &c, scope); p != nil {
		return refused(p)
	}
	if p := c.decode(); p != nil {
		return refused(p)
	}
	return s.once(c, handle)
}

// authorize lets the key do everything, and a token what its scopes say.
func (s *Server) authorize(w http.ResponseWriter, c *call, scope string) *problem {
	if key := c.Header.Get("X-API-Key"); key != "" && key == s.config.apiKey {
		c.scopes = []string{readScope, writeScope}
		return nil
	}
	token, bearer := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	scopes, known := s.config.tokens[token]
	if !bearer || !known {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return newProblem(http.StatusUnauthorized, sendapp.CodeUnauthorized, "The key or token is not known.")
	}
	c.scopes = scopes
	if scope != "" && !slices.Contains(scopes, scope) {
		p := newProblem(http.StatusForbidden, sendapp.CodeScopeMissing, "The token lacks the scope "+scope+".")
		p.Scope = scope
		return p
	}
	return nil
}

// decode reads the body, which a POST and a PUT must have.
func (c *call) decode() *problem {
	switch {
	case len(c.data) > maxBody:
		return newProblem(http.StatusRequestEntityTooLarge, sendapp.CodeTooLarge, "The body is larger than 1 MiB.")
	case c.failed != nil:
		return malformed("The body could not be read.")
	case c.Method != http.MethodPost && c.Method != http.MethodPut && len(c.data) == 0:
		return nil
	}
	if kind, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type")); kind != "application/json" {
		return newProblem(http.StatusUnsupportedMediaType, sendapp.CodeUnsupportedMediaType, "The body must be application/json.")
	}
	var p *problem
	c.body, p = decodeBody(c.data)
	return p
}

// limited counts the request, and sets the headers.
func (s *Server) limited(w http.ResponseWriter) *problem {
	window := s.config.limits
	if window == nil {
		return nil
	}
	left, wait, ok := window.Take(s.config.clock())
	w.Header().Set("RateLimit-Limit", strconv.Itoa(window.Limit))
	w.Header().Set("RateLimit-Remaining", strconv.Itoa(left))
	if ok {
		return nil
	}
	seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
	w.Header().Set("RateLimit-Reset", seconds)
	w.Header().Set("Retry-After", seconds)
	return newProblem(http.StatusTooManyRequests, sendapp.CodeRateLimited, "Too many requests.")
}
