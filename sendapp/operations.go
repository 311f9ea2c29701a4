package sendapp

import (
	"net/http"

	"github.com/contactlink/contactlink/internal/rest"
)

const (
	scopeRead  = "contacts.readonly"
	scopeWrite = "contacts.write"
)

func op(name, goMethod, method, path, scope string, success int) *rest.Operation {
	return &rest.Operation{
		Name: name, GoMethod: goMethod, Method: method, Path: path, Scope: scope, Success: []int{success},
		// A POST is repeated too, with its idempotency key: see Client.send.
		Idempotent: method != http.MethodPost,
	}
}

// childOperations are the operations on the children of a contact.
type childOperations struct {
	list, listAll, get, create, update, delete *rest.Operation
}

func children(kind, service, id string) childOperations {
	const parent = "/contacts/{contactId}/"
	return childOperations{
		list:    op(kind+".list", service+".List", http.MethodGet, parent+kind, scopeRead, 200),
		listAll: op(kind+".listAll", service+".List", http.MethodGet, "/"+kind, scopeRead, 200),
		get:     op(kind+".get", service+".Get", http.MethodGet, parent+kind+"/{"+id+"}", scopeRead, 200),
		create:  op(kind+".create", service+".Create", http.MethodPost, parent+kind, scopeWrite, 201),
		update:  op(kind+".update", service+".Update", http.MethodPut, parent+kind+"/{"+id+"}", scopeWrite, 200),
		delete:  op(kind+".delete", service+".Delete", http.MethodDelete, parent+kind+"/{"+id+"}", scopeWrite, 204),
	}
}

func (o childOperations) all() []*rest.Operation {
	return []*rest.Operation{o.list, o.listAll, o.get, o.create, o.update, o.delete}
}

// operations is the table of all operations.
var operations = struct {
	capabilities,
	listContacts, getContact, createContact, updateContact, deleteContact,
	addTags, removeTags,
	completeTask,
	listActivity,
	listWebhooks, createWebhook, deleteWebhook *rest.Operation
	tasks, notes, appointments childOperations
}{
	capabilities: op("capabilities.get", "Capabilities", http.MethodGet, "/capabilities", "", 200),

	listContacts:  op("contacts.list", "Contacts.List", http.MethodGet, "/contacts", scopeRead, 200),
	getContact:    op("contacts.get", "Contacts.Get", http.MethodGet, "/contacts/{contactId}", scopeRead, 200),
	createContact: op("contacts.create", "Contacts.Create", http.MethodPost, "/contacts", scopeWrite, 201),
	updateContact: op("contacts.update", "Contacts.Update", http.MethodPut, "/contacts/{contactId}", scopeWrite, 200),
	deleteContact: op("contacts.delete", "Contacts.Delete", http.MethodDelete, "/contacts/{contactId}", scopeWrite, 204),

	addTags:    repeatable(op("tags.add", "Tags.Add", http.MethodPost, "/contacts/{contactId}/tags", scopeWrite, 200)),
	removeTags: op("tags.remove", "Tags.Remove", http.MethodDelete, "/contacts/{contactId}/tags", scopeWrite, 200),

	tasks:        children("tasks", "Tasks", "taskId"),
	completeTask: op("tasks.complete", "Tasks.Complete", http.MethodPut, "/contacts/{contactId}/tasks/{taskId}/completed", scopeWrite, 200),

	notes:        children("notes", "Notes", "noteId"),
	appointments: children("appointments", "Appointments", "appointmentId"),

	listActivity: op("activity.list", "Activity.List", http.MethodGet, "/contacts/{contactId}/activity", scopeRead, 200),

	listWebhooks:  op("webhooks.list", "Webhooks.List", http.MethodGet, "/webhooks", scopeRead, 200),
	createWebhook: op("webhooks.create", "Webhooks.Create", http.MethodPost, "/webhooks", scopeWrite, 201),
	deleteWebhook: op("webhooks.delete", "Webhooks.Delete", http.MethodDelete, "/webhooks/{webhookId}", scopeWrite, 204),
}

// repeatable marks a POST that may be sent twice: what it adds is a set.
func repeatable(op *rest.Operation) *rest.Operation {
	op.Idempotent = true
	return op
}

// allOperations are the rows of the table.
func allOperations() []*rest.Operation {
	o := operations
	all := []*rest.Operation{
		o.capabilities,
		o.listContacts, o.getContact, o.createContact, o.updateContact, o.deleteContact,
		o.addTags, o.removeTags, o.completeTask, o.listActivity,
		o.listWebhooks, o.createWebhook, o.deleteWebhook,
	}
	for _, kind := range []childOperations{o.tasks, o.notes, o.appointments} {
		all = append(all, kind.all()...)
	}
	return all
}
