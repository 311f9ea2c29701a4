package sendapptest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// call is one request.
type call struct {
	*http.Request
	body map[string]jsontext.Value
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
	return refused(newProblem(http.StatusInternalServerError, "internal", err.Error()))
}

func (s *Server) newRoutes() http.Handler {
	mux := http.NewServeMux()
	route := func(pattern, name string, handle func(call) reply) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, name, handle) })
	}
	route("GET /capabilities", "capabilities.get", func(call) reply { return reply{status: 200, body: capabilities()} })
	for _, k := range kinds() {
		one, all := "/contacts/{contactId}", "/contacts"
		if k.child {
			all = "/contacts/{contactId}/" + k.name
			one = all + "/{id}"
			route("GET /"+k.name, k.name+".listAll", s.list(k, "externalId"))
		}
		route("GET "+all, k.name+".list", s.list(k, "externalId", "email", "phone", "tag", "status"))
		route("POST "+all, k.name+".create", s.createRecord(k))
		route("GET "+one, k.name+".get", s.withRecord(k, func(_ call, r *record) reply { return reply{status: 200, body: r.encode(k)} }))
		route("PUT "+one, k.name+".update", s.withRecord(k, func(c call, r *record) reply { return s.updateRecord(k, c, r, c.body) }))
		route("DELETE "+one, k.name+".delete", s.withRecord(k, func(c call, r *record) reply { return s.deleteRecord(k, c, r) }))
	}
	contact, task := contactKind(), taskKind()
	route("POST /contacts/{contactId}/tags", "contacts.addTags", s.withRecord(contact, func(c call, r *record) reply { return s.changeTags(c, r, true) }))
	route("DELETE /contacts/{contactId}/tags", "contacts.removeTags", s.withRecord(contact, func(c call, r *record) reply { return s.changeTags(c, r, false) }))
	route("PUT /contacts/{contactId}/tasks/{id}/completed", "tasks.complete", s.withRecord(task, s.complete))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, "unknown", func(call) reply {
			return refused(newProblem(http.StatusNotFound, "no_route", "The contract has no such path or method."))
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

// serve counts, checks and answers.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, operation string, handle func(call) reply) {
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
		a = s.answer(w, r, handle)
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
	id := "req_" + s.ids.Next(func(string) bool { return false })
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
func (s *Server) answer(w http.ResponseWriter, r *http.Request, handle func(call) reply) reply {
	if p := s.limited(w); p != nil {
		return refused(p)
	}
	key := r.Header.Get("X-API-Key")
	if bearer, is := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); is && key == "" {
		key = bearer
	}
	if subtle.ConstantTimeCompare([]byte(key), []byte(s.config.apiKey)) != 1 {
		return refused(newProblem(http.StatusUnauthorized, "unauthorized", "The key or token is not known."))
	}
	c := call{Request: r}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return refused(malformed("The body could not be read."))
	case len(data) > maxBody:
		return refused(newProblem(http.StatusRequestEntityTooLarge, "too_large", "The body is larger than 1 MiB."))
	case r.Method == http.MethodPost || r.Method == http.MethodPut || len(data) > 0:
		if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
			return refused(newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "The body must be application/json."))
		}
		var p *problem
		if c.body, p = decodeBody(data); p != nil {
			return refused(p)
		}
	}
	idempotencyKey := r.Header.Get("Idempotency-Key")
	if r.Method != http.MethodPost || idempotencyKey == "" {
		return handle(c)
	}
	sum := sha256.Sum256(append([]byte(r.Method+" "+r.URL.Path+"\n"), data...))
	fingerprint := hex.EncodeToString(sum[:])
	if used := s.state.used(idempotencyKey, s.config.clock()); used != nil {
		if used.Fingerprint != fingerprint {
			return refused(newProblem(http.StatusUnprocessableEntity, "idempotency_mismatch", "The key was used for another request."))
		}
		return reply{status: used.status, body: used.answer}
	}
	c.used = &usedKey{Key: idempotencyKey, Fingerprint: fingerprint, At: s.config.clock().UTC()}
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
	w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
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
		return s.accept(k, c, e, reply{status: http.StatusCreated, body: e.record().encode(k)})
	}
}

// accept commits an entry with its idempotency key, and answers.
func (s *Server) accept(_ *kind, c call, e entry, a reply) reply {
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
		return s.accept(k, c, *e, reply{status: http.StatusOK, body: e.record().encode(k)})
	}
}

func (s *Server) deleteRecord(k *kind, _ call, r *record) reply {
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
	return s.updateRecord(taskKind(), c, r, map[string]jsontext.Value{"status": status})
}

// changeTags adds tags or removes them, and answers the full set.
func (s *Server) changeTags(c call, r *record, add bool) reply {
	list, ok := stringList(c.body["tags"])
	if !ok || len(c.body) != 1 {
		return refused(invalid(fieldProblem{"tags", "must be an array of strings, and the only field"}))
	}
	k := contactKind()
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
	e, p := s.update(k, r, map[string]jsontext.Value{"tags": encodeTags(tagSet(next))})
	if p != nil {
		return refused(p)
	}
	now := r
	if e != nil {
		now = e.record()
	}
	a := reply{status: http.StatusOK, body: encodeObject(map[string]jsontext.Value{
		"tags": encodeTags(now.tags()), "version": quote(strconv.FormatInt(now.version, 10)),
	})}
	if e == nil {
		return a
	}
	return s.accept(k, c, *e, a)
}
