package contactstest

import (
	"encoding/json"
	"maps"
)

// childKind is what differs between tasks and notes.
type childKind struct {
	kind, plural, event string
	create, update      schema
}

var (
	taskKind = childKind{
		kindTask, "tasks", "Task",
		fields("title! body dueDate! completed:bool! assignedTo"), fields("title body dueDate completed:bool assignedTo"),
	}
	noteKind = childKind{
		kindNote, "notes", "Note",
		fields("body! userId title color pinned:bool"), fields("body userId title color pinned:bool"),
	}
	completedSchema = fields("completed:bool!")
)

func (s *Server) listChildren(child childKind) func(call) answer {
	return func(c call) answer {
		contact, refused := s.contact(c)
		if contact == nil {
			return refused
		}
		return ok(map[string]any{child.plural: s.state.listOf(child.kind, contact.text("id"))})
	}
}

// child finds a task or note of the contact in the path.
func (s *Server) child(child childKind, c call) (record, answer) {
	contact, refused := s.contact(c)
	if contact == nil {
		return nil, refused
	}
	id := c.PathValue("id")
	r := s.state.get(child.kind, id)
	if r == nil || r.text("contactId") != contact.text("id") {
		return nil, notFound(child.event, id)
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
		contact, refused := s.contact(c)
		if contact == nil {
			return refused
		}
		if messages := child.create.check(c.body); len(messages) > 0 {
			return invalid(messages...)
		}
		r := maps.Clone(c.body)
		r.set("id", s.newID(child.kind))
		r.set("contactId", contact.text("id"))
		if child.kind == kindNote {
			r.set("dateAdded", s.now())
		}
		if refused, is := s.put(child, r); is {
			return refused
		}
		s.event(child.event+"Create", s.childPayload(child, r, !s.fullTasks))
		return created(map[string]any{child.kind: r})
	}
}

func (s *Server) put(child childKind, r record) (answer, bool) {
	maps.DeleteFunc(r, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	if due, sent := r["dueDate"]; sent {
		at, fine := parseTime(r.text("dueDate"))
		if !fine {
			return invalid("dueDate must be a valid ISO 8601 date string, not " + string(due[:min(len(due), 40)])), true
		}
		r.set("dueDate", at.UTC().Format(timeFormat)) // however it was spelt
	}
	if err := s.commit(change{Kind: child.kind, ID: r.text("id"), Value: r}); err != nil {
		return failed(err), true
	}
	return answer{}, false
}

func (s *Server) updateChild(child childKind) func(call) answer {
	return func(c call) answer {
		old, refused := s.child(child, c)
		if old == nil {
			return refused
		}
		if messages := child.update.check(c.body); len(messages) > 0 {
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
	if refused, is := s.put(child, r); is {
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
	if messages := completedSchema.check(c.body); len(messages) > 0 {
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
			return failed(err)
		}
		s.event(child.event+"Delete", s.childPayload(child, r, false))
		return done()
	}
}
