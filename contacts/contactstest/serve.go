package contactstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxBody is how large a request may be.
const maxBody = 10 << 20

// call is one request: its path values, and its body: an object, a form, or for
// an upload the bytes.
type call struct {
	*http.Request

	data    []byte
	cut     error // why data is not all
	body    record
	form    url.Values
	version string
}

func (c call) v3() bool { return c.version == "v3" }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found := s.routes.find(r)
	if found == nil {
		found = s.unknown
	}
	c := call{Request: r, version: r.Header.Get("Version")}
	// Outside of the lock, so that a slow client makes nobody else wait.
	c.data, c.cut = io.ReadAll(io.LimitReader(r.Body, maxBody+1))

	fault := s.began(found.name)
	if !fault.After {
		wait(r.Context(), fault.Delay)
	}
	if fault.Cut && !fault.After || r.Context().Err() != nil {
		panic(http.ErrAbortHandler)
	}
	status, body := s.reply(w.Header(), c, found, fault)
	if fault.After {
		wait(r.Context(), fault.Delay)
	}
	if fault.Cut {
		panic(http.ErrAbortHandler)
	}
	fault.write(r.Context(), w, status, body)
}

// began counts a request.
func (s *Server) began(operation string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[operation]++
	return s.fault(operation)
}

// reply answers a request, or does what a fault asks for.
func (s *Server) reply(header http.Header, c call, found *route, fault Fault) (status int, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, again := s.last[found.name]
	fault.Stale = fault.Stale && again
	a, over := s.limited(header)
	if !over && fault.happens() {
		a = s.checked(c, found)
	}
	if a.status == 0 {
		a = ok(map[string]any{})
	}
	if fault.Status != 0 {
		a = refuse(fault.Status, "A fault that was asked for.")
		if fault.RetryAfter > 0 {
			header.Set("Retry-After", seconds(fault.RetryAfter))
		}
	}
	a.body["traceId"] = s.uuid()
	if c.v3() {
		found.inV3(a.body)
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	body = raw(a.body)
	switch {
	case fault.Stale:
		return http.StatusOK, last
	case a.status/100 == 2 && strings.Contains(found.scope, "readonly"):
		s.last[found.name] = body
	}
	return a.status, body
}

// versions are the values of the header Version that the service publishes. It
// takes each of them on each operation.
var versions = []string{"2021-07-28", "2021-04-15", "2023-02-21", "v3", "legacy"}

// checked checks what is the same for every operation, and calls it.
func (s *Server) checked(c call, found *route) answer {
	if found == s.unknown || found.onlyV3 && !c.v3() {
		return refuse(http.StatusNotFound, fmt.Sprintf("Cannot %s %s", c.Method, c.URL.Path))
	}
	// Quirk: the endpoint of tokens is the only one without a version.
	if found.name != "oauth.token" {
		switch {
		case c.version == "":
			return unauthorized("version header was not found.")
		case !slices.Contains(versions, c.version):
			return unauthorized("version header is invalid")
		}
		if refused, is := s.unauthorized(c, found); is {
			return refused
		}
	}
	if refused, is := c.decode(found); is {
		return refused
	}
	for _, location := range []string{c.PathValue("locationId"), c.URL.Query().Get("locationId"), c.body.text("locationId")} {
		if location != "" && location != s.location && !found.oauth {
			return forbidden()
		}
	}
	return found.handle(c)
}

// decode reads the body.
func (c *call) decode(found *route) (answer, bool) {
	if c.cut != nil || len(c.data) > maxBody {
		return refuse(http.StatusRequestEntityTooLarge, "request entity too large"), true
	}
	media, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	switch {
	case found.upload:
		return answer{}, false
	case found.oauth && media == "application/x-www-form-urlencoded":
		var err error
		if c.form, err = url.ParseQuery(string(c.data)); err != nil {
			return refuse(http.StatusBadRequest, "the form cannot be read"), true
		}
		return answer{}, false
	case len(bytes.TrimSpace(c.data)) == 0 && (c.Method == http.MethodGet || c.Method == http.MethodDelete):
		return answer{}, false
	}
	if err := json.Unmarshal(c.data, &c.body); err != nil || c.body == nil {
		return refuse(http.StatusBadRequest, "Unexpected token in JSON"), true
	}
	return answer{}, false
}
