package contactstest

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
)

// childKind is what differs between tasks and notes.
type childKind struct {
	kind, plural, event string
	writable, required  string
}

var (
	taskKind = childKind{kindTask, "tasks", "Task", "title body dueDate completed assignedTo", "title dueDate completed"}
	noteKind = childKind{kindNote, "notes", "Note", "body userId title color pinned", "body"}
)

func (s *Server) listChildren(child childKind) func(call) answer {
	return func(c call) answer {
		parent := c.PathValue("contactId")
		if s.state.contacts[parent] == nil {
			return contactNotFound(parent)
		}
		list := []record{}
		for _, id := range s.state.children[child.kind][parent] {
			list = append(list, s.state.of(child.kind)[id])
		}
		return ok(map[string]any{child.plural: list})
	}
}

// child finds a task or note of the contact in the path.
func (s *Server) child(child childKind, c call) (record, answer) {
	parent, id := c.PathValue("contactId"), c.PathValue("id")
	if s.state.contacts[parent] == nil {
		return nil, contactNotFound(parent)
	}
	r := s.state.of(child.kind)[id]
	if r == nil || r.text("contactId") != parent {
		return nil, refuse(http.StatusNotFound, child.event+" with id "+id+" not found")
	}
	return r, answer{}
}

func (s *Server) getChild(child childKind) func(call) answer {
	return func(c call) answer {
		r, refused := s.child(child, c)
		if r == nil {
			return refused
		}
		return ok(map[string]any{child.kind: r})
	}
}

func (s *Server) createChild(child childKind) func(call) answer {
	return func(c call) answer {
		parent := c.PathValue("contactId")
		if s.state.contacts[parent] == nil {
			return contactNotFound(parent)
		}
		if messages := c.only(child.writable, child.required); len(messages) > 0 {
			return invalid(messages...)
		}
		records := s.state.of(child.kind)
		r := maps.Clone(c.body)
		r.set("id", s.ids.Next(func(id string) bool { return records[id] != nil }))
		r.set("contactId", parent)
		if child.kind == kindNote {
			r.set("dateAdded", s.now())
		}
		if refused, failed := s.put(child, r); failed {
			return refused
		}
		s.event(child.event+"Create", s.childPayload(child, r, !s.fullTasks))
		return answer{http.StatusCreated, map[string]any{child.kind: r}}
	}
}

func (s *Server) put(child childKind, r record) (answer, bool) {
	maps.DeleteFunc(r, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	if due, sent := r["dueDate"]; sent {
		if _, fine := parseTime(r.text("dueDate")); !fine {
			return invalid("dueDate must be a valid ISO 8601 date string, not " + string(due[:min(len(due), 40)])), true
		}
	}
	if err := s.commit(change{Kind: child.kind, ID: r.text("id"), Value: r}); err != nil {
		return refuse(http.StatusInternalServerError, err.Error()), true
	}
	return answer{}, false
}

func (s *Server) updateChild(child childKind) func(call) answer {
	return func(c call) answer {
		old, refused := s.child(child, c)
		if old == nil {
			return refused
		}
		if messages := c.only(child.writable, ""); len(messages) > 0 {
			return invalid(messages...)
		}
		return s.change(child, old, c.body)
	}
}

// change writes fields into a task or note. The service tells of notes that
// change, of tasks only when they are completed.
func (s *Server) change(child childKind, old, body record) answer {
	r := maps.Clone(old)
	maps.Copy(r, body)
	if refused, failed := s.put(child, r); failed {
		return refused
	}
	switch {
	case child.kind == kindNote:
		s.event("NoteUpdate", s.childPayload(child, r, false))
	case string(old["completed"]) != "true" && string(r["completed"]) == "true":
		s.event("TaskComplete", s.childPayload(child, r, false))
	}
	return ok(map[string]any{child.kind: r})
}

func (s *Server) completeTask(c call) answer {
	old, refused := s.child(taskKind, c)
	if old == nil {
		return refused
	}
	if messages := c.only("completed", "completed"); len(messages) > 0 {
		return invalid(messages...)
	}
	return s.change(taskKind, old, c.body)
}

func (s *Server) deleteChild(child childKind) func(call) answer {
	return func(c call) answer {
		r, refused := s.child(child, c)
		if r == nil {
			return refused
		}
		if err := s.commit(change{Kind: child.kind, ID: r.text("id")}); err != nil {
			return refuse(http.StatusInternalServerError, err.Error())
		}
		s.event(child.event+"Delete", s.childPayload(child, r, false))
		return ok(map[string]any{"succeded": true}) // sic
	}
}

// childPayload is a record as its events carry it. Whether a task is completed
// is never in them; a live TaskCreate lacks its contact and body.
func (s *Server) childPayload(child childKind, r record, short bool) record {
	names := "id body contactId dateAdded"
	if child.kind == kindTask {
		names = "id title assignedTo dueDate"
		if !short {
			names += " body contactId"
		}
	}
	payload := record{}
	for name := range strings.FieldsSeq(names) {
		if value, has := r[name]; has {
			payload[name] = value
		}
	}
	return payload
}
