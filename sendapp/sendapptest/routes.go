package sendapptest

import (
	"crypto/sha256"
	"encoding/hex"
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

// call is one request.
type call struct {
	*http.Request
	data   []byte
	failed error // why data is not all
	body   map[string]jsontext.Value
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
	return refused(newProblem(http.StatusInternalServerError, "internal", "The change could not be written: "+err.Error()))
}

func (s *Server) newRoutes() http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	route := func(method, path, name string, handle func(call) reply) {
		methods[path] = append(methods[path], method)
		scope := writeScope
		if method == http.MethodGet {
			scope = readScope
		}
		mux.HandleFunc(method+" "+path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, name, scope, handle) })
	}
	route("GET", "/capabilities", "capabilities.get", func(call) reply { return reply{status: 200, body: capabilities()} })
	for _, k := range s.state.kinds {
		one, all, list := "/contacts/{contactId}", "/contacts", k.name+".list"
		if k.child {
			all = "/contacts/{contactId}/" + k.name
			one, list = all+"/{id}", k.name+".listAll"
			route("GET", all, k.name+".list", s.list(k, k.filters...))
		}
		// Tombstones are those of the account.
		route("GET", "/"+k.name, list, s.list(k, append([]string{"deletedSince"}, k.filters...)...))
		route("POST", all, k.name+".create", s.createRecord(k))
		route("GET", one, k.name+".get", s.withRecord(k, func(_ call, r *record) reply { return reply{status: 200, body: r.encode(k)} }))
		route("PUT", one, k.name+".update", s.withRecord(k, func(c call, r *record) reply { return s.updateRecord(k, c, r, c.body) }))
		route("DELETE", one, k.name+".delete", s.withRecord(k, func(_ call, r *record) reply { return s.deleteRecord(k, r) }))
	}
	contact, task := s.state.kinds[contacts], s.state.kinds[tasks]
	route("POST", "/contacts/{contactId}/tags", "contacts.addTags", s.withRecord(contact, func(c call, r *record) reply { return s.changeTags(c, r, true) }))
	route("DELETE", "/contacts/{contactId}/tags", "contacts.removeTags", s.withRecord(contact, func(c call, r *record) reply { return s.changeTags(c, r, false) }))
	route("PUT", "/contacts/{contactId}/tasks/{id}/completed", "tasks.complete", s.withRecord(task, s.complete))
	for path, allowed := range methods {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			s.serve(w, r, "unknown", "", func(call) reply {
				return refused(newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "The path has no such method."))
			})
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, "unknown", "", func(call) reply {
			return refused(newProblem(http.StatusNotFound, "no_route", "The contract has no such path."))
		})
	})
	return mux
}

// capabilities says that this server has all of the contract that it knows.
func capabilities() jsontext.Value {
	return jsontext.Value(`{"contract":"1","resources":["contacts","tasks","notes"],` +
		`"features":["externalIds","versions","idempotencyKeys","tombstones","cascades","moves"],` +
		`"limits":{"pageSize":200,"bodyBytes":1048576,"noteBodyBytes":65536}}`)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routes.ServeHTTP(w, r) }

// The scopes that a bearer token needs.
const (
	readScope  = "contacts.readonly"
	writeScope = "contacts.write"
)

// serve counts, checks and answers.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, operation, scope string, handle func(call) reply) {
	// Before the lock: a slow sender makes nobody else wait.
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[operation]++
	var fault Fault
	if s.config.faults != nil {
		fault = s.config.faults(operation, s.requests[operation])
	}
	if fault.Cut && !fault.After {
		panic(http.ErrAbortHandler)
	}
	var a reply
	if fault.Status != 0 && !fault.After {
		a = refused(newProblem(fault.Status, "fault", "A fault that was asked for."))
	} else {
		a = s.answer(w, call{Request: r, data: data, failed: err}, scope, handle)
	}
	if fault.After && fault.Cut {
		panic(http.ErrAbortHandler)
	}
	if fault.After && fault.Status != 0 {
		a = refused(newProblem(fault.Status, "fault", "A fault that was asked for."))
	}
	s.write(w, a)
}

func (s *Server) write(w http.ResponseWriter, a reply) {
	s.answered++
	id := "req_" + strconv.Itoa(s.answered)
	w.Header().Set("X-Request-Id", id)
	body := []byte(a.body)
	w.Header().Set("Content-Type", "application/json")
	if a.problem != nil {
		a.problem.RequestID = id
		w.Header().Set("Content-Type", "application/problem+json")
		body, _ = json.Marshal(a.problem) // texts and numbers
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // the client may have gone
}

// answer checks what is the same for every operation.
func (s *Server) answer(w http.ResponseWriter, c call, scope string, handle func(call) reply) reply {
	if p := s.limited(w); p != nil {
		return refused(p)
	}
	if p := s.authorize(w, c, scope); p != nil {
		return refused(p)
	}
	if p := c.decode(); p != nil {
		return refused(p)
	}
	return s.once(c, handle)
}

// authorize lets the key do everything, and a token what its scopes say.
func (s *Server) authorize(w http.ResponseWriter, c call, scope string) *problem {
	if key := c.Header.Get("X-API-Key"); key != "" && key == s.config.apiKey {
		return nil
	}
	token, _ := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	scopes, known := s.config.tokens[token]
	if !known {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return newProblem(http.StatusUnauthorized, "unauthorized", "The key or token is not known.")
	}
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
		return newProblem(http.StatusRequestEntityTooLarge, "too_large", "The body is larger than 1 MiB.")
	case c.failed != nil:
		return malformed("The body could not be read.")
	case c.Method != http.MethodPost && c.Method != http.MethodPut && len(c.data) == 0:
		return nil
	}
	if kind, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type")); kind != "application/json" {
		return newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "The body must be application/json.")
	}
	var p *problem
	c.body, p = decodeBody(c.data)
	return p
}

// once answers a POST whose idempotency key was used as it did the first time.
func (s *Server) once(c call, handle func(call) reply) reply {
	key := c.Header.Get("Idempotency-Key")
	switch {
	case c.Method != http.MethodPost || key == "":
		return handle(c)
	case len(key) > maxKey:
		return refused(malformed("The Idempotency-Key is longer than 255 bytes."))
	}
	sum := sha256.Sum256(append([]byte(c.Method+" "+c.URL.Path+"\n"), c.data...))
	fingerprint := hex.EncodeToString(sum[:])
	if used := s.state.used(key, s.config.clock()); used != nil {
		if used.Fingerprint != fingerprint {
			return refused(newProblem(http.StatusUnprocessableEntity, sendapp.CodeIdempotencyMismatch, "The key was used for another request."))
		}
		return reply{status: used.status, body: used.answer}
	}
	c.used = &usedKey{Key: key, Fingerprint: fingerprint, At: s.config.clock().UTC()}
	return handle(c)
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
	return newProblem(http.StatusTooManyRequests, "rate_limited", "Too many requests.")
}

func (s *Server) list(k *kind, filters ...string) func(call) reply {
	return func(c call) reply {
		parent := c.PathValue("contactId")
		if parent != "" && s.state.collections[contacts].byID[parent] == nil {
			return refused(notFound("There is no such contact."))
		}
		q, p := parseQuery(c.URL.Query(), filters...)
		if p != nil {
			return refused(p)
		}
		return reply{status: http.StatusOK, body: s.state.list(k, parent, q)}
	}
}

// withRecord finds the record of the path. A child is found under its own
// contact only.
func (s *Server) withRecord(k *kind, handle func(call, *record) reply) func(call) reply {
	return func(c call) reply {
		id := c.PathValue("contactId")
		if k.child {
			id = c.PathValue("id")
		}
		r := s.state.collections[k.name].byID[id]
		if r == nil || k.child && r.contactID != c.PathValue("contactId") {
			return refused(notFound("There is no such record."))
		}
		if c.Method != http.MethodGet {
			if p := checkMatch(c.Header.Get("If-Match"), r); p != nil {
				return refused(p)
			}
		}
		return handle(c, r)
	}
}

func (s *Server) createRecord(k *kind) func(call) reply {
	return func(c call) reply {
		parent := c.PathValue("contactId")
		if k.child && s.state.collections[contacts].byID[parent] == nil {
			return refused(notFound("There is no such contact."))
		}
		e, p := s.create(k, parent, c.body)
		if p != nil {
			return refused(p)
		}
		return s.accept(c, e, reply{status: http.StatusCreated, body: e.record().encode(k)})
	}
}

// accept commits an entry with its idempotency key, and answers.
func (s *Server) accept(c call, e entry, a reply) reply {
	if c.used != nil {
		e.Idempotency, e.Status, e.Answer = c.used, a.status, a.body
	}
	if err := s.commit(e); err != nil {
		return failed(err)
	}
	return a
}

func (s *Server) updateRecord(k *kind, c call, r *record, body map[string]jsontext.Value) reply {
	e, p := s.update(k, r, body)
	switch {
	case p != nil:
		return refused(p)
	case e == nil:
		return reply{status: http.StatusOK, body: r.encode(k)}
	default:
		return s.accept(c, *e, reply{status: http.StatusOK, body: e.record().encode(k)})
	}
}

func (s *Server) deleteRecord(k *kind, r *record) reply {
	if err := s.commit(entry{Op: opDelete, Kind: k.name, ID: r.id, At: s.now()}); err != nil {
		return failed(err)
	}
	return reply{status: http.StatusNoContent}
}

func (s *Server) complete(c call, r *record) reply {
	done := string(c.body["completed"])
	if done != "true" && done != "false" || len(c.body) != 1 {
		return refused(invalid(fieldProblem{"completed", "must be true or false, and the only field"}))
	}
	status := jsontext.Value(`"pending"`)
	if done == "true" {
		status = jsontext.Value(`"completed"`)
	}
	return s.updateRecord(s.state.kinds[tasks], c, r, map[string]jsontext.Value{"status": status})
}

// changeTags adds tags or removes them, and answers the full set.
func (s *Server) changeTags(c call, r *record, add bool) reply {
	list, ok := stringList(c.body["tags"])
	if !ok || len(c.body) != 1 || slices.Contains(list, "") {
		return refused(invalid(fieldProblem{"tags", "must be an array of strings that are not empty, and the only field"}))
	}
	k := s.state.kinds[contacts]
	set := map[string]bool{}
	for _, tag := range r.tags() {
		set[tag] = true
	}
	for _, tag := range tagSet(list) {
		set[tag] = add
	}
	var next []string
	for tag, in := range set {
		if in {
			next = append(next, tag)
		}
	}
	e, p := s.update(k, r, map[string]jsontext.Value{"tags": encodeList(tagSet(next))})
	if p != nil {
		return refused(p)
	}
	now := r
	if e != nil {
		now = e.record()
	}
	a := reply{status: http.StatusOK, body: encodeObject(map[string]jsontext.Value{
		"tags": encodeList(now.tags()), "version": quote(strconv.FormatInt(now.version, 10)),
	})}
	if e == nil {
		return a
	}
	return s.accept(c, *e, a)
}
