package sendapp

import (
	"net/http"

	"github.com/contactlink/contactlink/internal/rest"
)

const (
	scopeRead  = "contacts.readonly"
	scopeWrite = "contacts.write"
)

func op(name, method, path, scope string, success int, idempotent bool) *rest.Operation {
	return &rest.Operation{
		Name: name, Method: method, Path: path, Scope: scope, Success: []int{success}, Idempotent: idempotent,
	}
}

// childOperations are the operations on the children of a contact.
type childOperations struct {
	list, listAll, get, create, update, delete *rest.Operation
}

func children(kind, id string) childOperations {
	const parent = "/contacts/{contactId}/"
	return childOperations{
		list:    op(kind+".list", http.MethodGet, parent+kind, scopeRead, 200, true),
		listAll: op(kind+".listAll", http.MethodGet, "/"+kind, scopeRead, 200, true),
		get:     op(kind+".get", http.MethodGet, parent+kind+"/{"+id+"}", scopeRead, 200, true),
		create:  op(kind+".create", http.MethodPost, parent+kind, scopeWrite, 201, false),
		update:  op(kind+".update", http.MethodPut, parent+kind+"/{"+id+"}", scopeWrite, 200, true),
		delete:  op(kind+".delete", http.MethodDelete, parent+kind+"/{"+id+"}", scopeWrite, 204, true),
	}
}

// operations is the table of all operations.
var operations = struct {
	capabilities,
	listContacts, getContact, createContact, updateContact, deleteContact, addTags, removeTags,
	completeTask *rest.Operation
	tasks, notes childOperations
}{
	capabilities: op("capabilities.get", http.MethodGet, "/capabilities", "", 200, true),

	listContacts:  op("contacts.list", http.MethodGet, "/contacts", scopeRead, 200, true),
	getContact:    op("contacts.get", http.MethodGet, "/contacts/{contactId}", scopeRead, 200, true),
	createContact: op("contacts.create", http.MethodPost, "/contacts", scopeWrite, 201, false),
	updateContact: op("contacts.update", http.MethodPut, "/contacts/{contactId}", scopeWrite, 200, true),
	deleteContact: op("contacts.delete", http.MethodDelete, "/contacts/{contactId}", scopeWrite, 204, true),
	addTags:       op("contacts.addTags", http.MethodPost, "/contacts/{contactId}/tags", scopeWrite, 200, true),
	removeTags:    op("contacts.removeTags", http.MethodDelete, "/contacts/{contactId}/tags", scopeWrite, 200, true),

	tasks:        children("tasks", "taskId"),
	completeTask: op("tasks.complete", http.MethodPut, "/contacts/{contactId}/tasks/{taskId}/completed", scopeWrite, 200, true),

	notes: children("notes", "noteId"),
}
