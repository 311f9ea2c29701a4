package sendapptest

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

func (s *Server) list(k *kind, filters ...string) func(call) reply {
	return func(c call) reply {
		parent := c.PathValue("contactId")
		if parent != "" && s.state.collections[contacts].byID[parent] == nil {
			return refused(notFound("There is no such contact."))
		}
		q, p := parseQuery(c.URL.Query(), hashOf(c.URL.Query()), filters...)
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
		if c.Method != http.MethodGet && !k.unversioned {
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
	members := map[string]bool{}
	for _, tag := range r.tags() {
		members[tag] = true
	}
	for _, tag := range tagSet(list) {
		members[tag] = add
	}
	var next []string
	for tag, in := range members {
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
	set := map[string]jsontext.Value{"tags": encodeList(now.tags())}
	if !k.unversioned {
		set["version"] = quote(strconv.FormatInt(now.version, 10))
	}
	a := reply{status: http.StatusOK, body: encodeObject(set)}
	if e == nil {
		return a
	}
	return s.accept(c, *e, a)
}

// listActivity answers the feed of a contact.
func (s *Server) listActivity(c call) reply {
	contactID := c.PathValue("contactId")
	if s.state.collections[contacts].byID[contactID] == nil {
		return refused(notFound("There is no such contact."))
	}
	q, p := parseActivityQuery(c.URL.Query())
	if p != nil {
		return refused(p)
	}
	return reply{status: http.StatusOK, body: s.state.feed(contactID, q)}
}
