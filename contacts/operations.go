package contacts

import (
	"net/http"

	"github.com/contactlink/contactlink/internal/rest"
)

// version is the API version of all operations below.
const version = "2021-07-28"

const (
	scopeRead  = "contacts.readonly"
	scopeWrite = "contacts.write"
)

func op(name, method, path, scope string, success int, idempotent bool) *rest.Operation {
	return &rest.Operation{
		Name: name, Method: method, Path: path, Version: version, Scope: scope,
		Success: []int{success}, Idempotent: idempotent,
	}
}

// operations is the table of all operations, by name. Creates answer 201,
// upsert 200, as the specification says. A search is a POST that changes
// nothing: it may be repeated.
var operations = struct {
	getContact, createContact, updateContact, upsertContact, deleteContact, searchContacts,
	listTasks, getTask, createTask, updateTask, completeTask, deleteTask, searchTasks,
	listNotes, getNote, createNote, updateNote, deleteNote *rest.Operation
}{
	getContact: op("contacts.get", http.MethodGet, "/contacts/{contactId}", scopeRead, 200, true),
	// The path ends with a slash.
	createContact:  op("contacts.create", http.MethodPost, "/contacts/", scopeWrite, 201, false),
	updateContact:  op("contacts.update", http.MethodPut, "/contacts/{contactId}", scopeWrite, 200, true),
	upsertContact:  op("contacts.upsert", http.MethodPost, "/contacts/upsert", scopeWrite, 200, false),
	deleteContact:  op("contacts.delete", http.MethodDelete, "/contacts/{contactId}", scopeWrite, 200, true),
	searchContacts: op("contacts.search", http.MethodPost, "/contacts/search", scopeRead, 200, true),

	listTasks:    op("tasks.list", http.MethodGet, "/contacts/{contactId}/tasks", scopeRead, 200, true),
	getTask:      op("tasks.get", http.MethodGet, "/contacts/{contactId}/tasks/{taskId}", scopeRead, 200, true),
	createTask:   op("tasks.create", http.MethodPost, "/contacts/{contactId}/tasks", scopeWrite, 201, false),
	updateTask:   op("tasks.update", http.MethodPut, "/contacts/{contactId}/tasks/{taskId}", scopeWrite, 200, true),
	completeTask: op("tasks.complete", http.MethodPut, "/contacts/{contactId}/tasks/{taskId}/completed", scopeWrite, 200, true),
	deleteTask:   op("tasks.delete", http.MethodDelete, "/contacts/{contactId}/tasks/{taskId}", scopeWrite, 200, true),
	searchTasks:  op("tasks.search", http.MethodPost, "/locations/{locationId}/tasks/search", "locations/tasks.readonly", 200, true),

	listNotes:  op("notes.list", http.MethodGet, "/contacts/{contactId}/notes", scopeRead, 200, true),
	getNote:    op("notes.get", http.MethodGet, "/contacts/{contactId}/notes/{noteId}", scopeRead, 200, true),
	createNote: op("notes.create", http.MethodPost, "/contacts/{contactId}/notes", scopeWrite, 201, false),
	updateNote: op("notes.update", http.MethodPut, "/contacts/{contactId}/notes/{noteId}", scopeWrite, 200, true),
	deleteNote: op("notes.delete", http.MethodDelete, "/contacts/{contactId}/notes/{noteId}", scopeWrite, 200, true),
}
