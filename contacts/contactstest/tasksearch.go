package contactstest

import (
	"slices"
	"strings"
)

const maxTaskPage = 100

var taskSearchSchema = fields("contactId:texts completed:bool assignedTo:texts query limit:number skip:number businessId")

// taskSearches are results of one version of the tasks and contacts, so that the
// pages of a search don't each search anew.
type taskSearches struct {
	tasks, contacts int
	found           map[string][]record
}

// searchTasks pages by offset over all tasks of the location. There is no filter
// by time: a task has none.
func (s *Server) searchTasks(c call) answer {
	if messages := taskSearchSchema.check(c.body); len(messages) > 0 {
		return invalid(messages...)
	}
	limit, skip := min(c.number("limit", 25), maxTaskPage), c.number("skip", 0)
	if limit < 1 || skip < 0 {
		return invalid("limit must be positive, skip must not be negative")
	}
	query := record{}
	for name, value := range c.body {
		if name != "limit" && name != "skip" {
			query[name] = value
		}
	}
	tables := s.state.tables
	if now := (taskSearches{tasks: tables[kindTask].version, contacts: tables[kindContact].version}); s.tasks.found == nil ||
		s.tasks.tasks != now.tasks || s.tasks.contacts != now.contacts || len(s.tasks.found) > 16 {
		s.tasks = now
		s.tasks.found = map[string][]record{}
	}
	key := string(raw(query))
	tasks, known := s.tasks.found[key]
	if !known {
		tasks = s.findTasks(query)
		s.tasks.found[key] = tasks
	}
	tasks = tasks[min(skip, len(tasks)):]
	return ok(map[string]any{"tasks": append([]record{}, tasks[:min(limit, len(tasks))]...)})
}

func (s *Server) findTasks(query record) []record {
	only, assigned, text := query.texts("contactId"), query.texts("assignedTo"), strings.ToLower(query.text("query"))
	var tasks []record
	for _, contact := range s.state.list(kindContact) {
		id := contact.text("id")
		if len(only) > 0 && !slices.Contains(only, id) || query["businessId"] != nil && query.text("businessId") != contact.text("businessId") {
			continue
		}
		for _, task := range s.state.listOf(kindTask, id) {
			if (query["completed"] == nil || query.isTrue("completed") == task.isTrue("completed")) &&
				(len(assigned) == 0 || slices.Contains(assigned, task.text("assignedTo"))) &&
				strings.Contains(strings.ToLower(task.text("title")), text) {
				tasks = append(tasks, task)
			}
		}
	}
	return tasks
}
