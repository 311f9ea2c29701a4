package contacts

import (
	"net/http"

	"github.com/contactlink/contactlink/internal/rest"
)

// Versions of the APIs. The Contacts API has v3 beside it, see WithV3.
const (
	versionContacts  = "2021-07-28"
	versionLocations = "2021-07-28"
	versionCalendars = "2021-04-15"
	versionOAuth     = "2021-07-28"
)

// Scopes, as the specification declares them for each operation. Where it
// declares none, it is the one that the API's list of scopes gives to the
// operation's neighbours.
const (
	scopeRead           = "contacts.readonly"
	scopeWrite          = "contacts.write"
	scopeEventsRead     = "calendars/events.readonly"
	scopeEventsWrite    = "calendars/events.write"
	scopeCalendarsRead  = "calendars.readonly"
	scopeLocationRead   = "locations.readonly"
	scopeTagsRead       = "locations/tags.readonly"
	scopeTagsWrite      = "locations/tags.write"
	scopeFieldsRead     = "locations/customFields.readonly"
	scopeFieldsWrite    = "locations/customFields.write"
	scopeTaskSearchRead = "locations/tasks.readonly"
)

// row is an operation that answers 200 and may be repeated.
func row(name, goMethod, method, path, version, scope string) *rest.Operation {
	return &rest.Operation{
		Name: name, GoMethod: goMethod, Method: method, Path: path, Version: version, Scope: scope,
		// Quirk: of the creates, half answer 201 and half 200, of the deletes one 201,
		// and between the versions this changes. Neither is a failure.
		Success: []int{http.StatusOK, http.StatusCreated}, Idempotent: method != http.MethodPost,
	}
}

// repeatable marks a POST that may be sent twice: it reads, or what it adds is a
// set.
func repeatable(op *rest.Operation) *rest.Operation {
	op.Idempotent = true
	return op
}

// operations are all operations, a table for each API. The names of its fields
// are exported for reflection.
var operations = struct {
	contactOperations
	calendarOperations
	locationOperations
}{contactTable(), calendarTable(), locationTable()}

type contactOperations struct {
	GetContact, CreateContact, UpdateContact, UpsertContact, DeleteContact,
	SearchContacts, FindDuplicate, ListContacts, ListBusinessContacts, AssignBusiness,
	ListTasks, GetTask, CreateTask, UpdateTask, CompleteTask, DeleteTask,
	ListNotes, GetNote, CreateNote, UpdateNote, DeleteNote,
	ListContactAppointments,
	AddTags, RemoveTags, BulkTags,
	AddFollowers, RemoveFollowers,
	AddCampaign, RemoveCampaign, RemoveAllCampaigns,
	AddWorkflow, RemoveWorkflow *rest.Operation
}

func contactTable() contactOperations {
	const (
		contact  = "/contacts/{contactId}"
		task     = contact + "/tasks/{taskId}"
		note     = contact + "/notes/{noteId}"
		campaign = contact + "/campaigns/{campaignId}"
		workflow = contact + "/workflow/{workflowId}"
	)
	op := func(name, goMethod, method, path, scope string) *rest.Operation {
		return row(name, goMethod, method, path, versionContacts, scope)
	}
	return contactOperations{
		GetContact: op("contacts.get", "Contacts.Get", http.MethodGet, contact, scopeRead),
		// The path ends with a slash.
		CreateContact: op("contacts.create", "Contacts.Create", http.MethodPost, "/contacts/", scopeWrite),
		UpdateContact: op("contacts.update", "Contacts.Update", http.MethodPut, contact, scopeWrite),
		// Contacts.Upsert says for each call whether it may be repeated.
		UpsertContact:  op("contacts.upsert", "Contacts.Upsert", http.MethodPost, "/contacts/upsert", scopeWrite),
		DeleteContact:  op("contacts.delete", "Contacts.Delete", http.MethodDelete, contact, scopeWrite),
		SearchContacts: repeatable(op("contacts.search", "Contacts.Search", http.MethodPost, "/contacts/search", scopeRead)),
		FindDuplicate:  op("contacts.findDuplicate", "Contacts.FindDuplicate", http.MethodGet, "/contacts/search/duplicate", scopeRead),
		ListContacts:   op("contacts.list", "Contacts.List", http.MethodGet, "/contacts/", scopeRead),

		ListBusinessContacts: op("businesses.listContacts", "Businesses.ListContacts", http.MethodGet, "/contacts/business/{businessId}", scopeRead),
		AssignBusiness:       repeatable(op("businesses.assign", "Businesses.Assign", http.MethodPost, "/contacts/bulk/business", scopeWrite)),

		ListTasks:    op("tasks.list", "Tasks.List", http.MethodGet, contact+"/tasks", scopeRead),
		GetTask:      op("tasks.get", "Tasks.Get", http.MethodGet, task, scopeRead),
		CreateTask:   op("tasks.create", "Tasks.Create", http.MethodPost, contact+"/tasks", scopeWrite),
		UpdateTask:   op("tasks.update", "Tasks.Update", http.MethodPut, task, scopeWrite),
		CompleteTask: op("tasks.complete", "Tasks.Complete", http.MethodPut, task+"/completed", scopeWrite),
		DeleteTask:   op("tasks.delete", "Tasks.Delete", http.MethodDelete, task, scopeWrite),

		ListNotes:  op("notes.list", "Notes.List", http.MethodGet, contact+"/notes", scopeRead),
		GetNote:    op("notes.get", "Notes.Get", http.MethodGet, note, scopeRead),
		CreateNote: op("notes.create", "Notes.Create", http.MethodPost, contact+"/notes", scopeWrite),
		UpdateNote: op("notes.update", "Notes.Update", http.MethodPut, note, scopeWrite),
		DeleteNote: op("notes.delete", "Notes.Delete", http.MethodDelete, note, scopeWrite),

		ListContactAppointments: op("appointments.listByContact", "Appointments.ListByContact", http.MethodGet, contact+"/appointments", scopeRead),

		AddTags:    repeatable(op("tags.add", "Tags.Add", http.MethodPost, contact+"/tags", scopeWrite)),
		RemoveTags: op("tags.remove", "Tags.Remove", http.MethodDelete, contact+"/tags", scopeWrite),
		BulkTags:   repeatable(op("tags.updateMany", "Tags.UpdateMany", http.MethodPost, "/contacts/bulk/tags/update/{type}", scopeWrite)),

		AddFollowers:    repeatable(op("followers.add", "Followers.Add", http.MethodPost, contact+"/followers", scopeWrite)),
		RemoveFollowers: op("followers.remove", "Followers.Remove", http.MethodDelete, contact+"/followers", scopeWrite),

		AddCampaign:        op("campaigns.add", "Campaigns.Add", http.MethodPost, campaign, scopeWrite),
		RemoveCampaign:     op("campaigns.remove", "Campaigns.Remove", http.MethodDelete, campaign, scopeWrite),
		RemoveAllCampaigns: op("campaigns.removeAll", "Campaigns.RemoveAll", http.MethodDelete, contact+"/campaigns/removeAll", scopeWrite),

		AddWorkflow:    op("workflows.add", "Workflows.Add", http.MethodPost, workflow, scopeWrite),
		RemoveWorkflow: op("workflows.remove", "Workflows.Remove", http.MethodDelete, workflow, scopeWrite),
	}
}

type calendarOperations struct {
	ListCalendars, ListEvents,
	GetAppointment, CreateAppointment, UpdateAppointment, DeleteAppointment,
	ListAppointmentNotes, CreateAppointmentNote, UpdateAppointmentNote, DeleteAppointmentNote *rest.Operation
}

func calendarTable() calendarOperations {
	const (
		appointments = "/calendars/events/appointments"
		appointment  = appointments + "/{eventId}"
		notes        = "/calendars/appointments/{appointmentId}/notes"
	)
	op := func(name, goMethod, method, path, scope string) *rest.Operation {
		return row(name, goMethod, method, path, versionCalendars, scope)
	}
	return calendarOperations{
		ListCalendars: op("calendars.list", "Calendars.List", http.MethodGet, "/calendars/", scopeCalendarsRead),
		ListEvents:    op("calendars.listEvents", "Calendars.ListEvents", http.MethodGet, "/calendars/events", scopeEventsRead),

		GetAppointment:    op("appointments.get", "Appointments.Get", http.MethodGet, appointment, scopeEventsRead),
		CreateAppointment: op("appointments.create", "Appointments.Create", http.MethodPost, appointments, scopeEventsWrite),
		UpdateAppointment: op("appointments.update", "Appointments.Update", http.MethodPut, appointment, scopeEventsWrite),
		// The path is that of all events.
		DeleteAppointment: op("appointments.delete", "Appointments.Delete", http.MethodDelete, "/calendars/events/{eventId}", scopeEventsWrite),

		ListAppointmentNotes:  op("appointments.listNotes", "Appointments.ListNotes", http.MethodGet, notes, scopeEventsRead),
		CreateAppointmentNote: op("appointments.createNote", "Appointments.CreateNote", http.MethodPost, notes, scopeEventsWrite),
		UpdateAppointmentNote: op("appointments.updateNote", "Appointments.UpdateNote", http.MethodPut, notes+"/{noteId}", scopeEventsWrite),
		DeleteAppointmentNote: op("appointments.deleteNote", "Appointments.DeleteNote", http.MethodDelete, notes+"/{noteId}", scopeEventsWrite),
	}
}

type locationOperations struct {
	GetLocation, SearchTasks,
	ListLocationTags, GetLocationTag, CreateLocationTag, UpdateLocationTag, DeleteLocationTag,
	ListCustomFields, GetCustomField, CreateCustomField, UpdateCustomField, DeleteCustomField,
	UploadCustomField *rest.Operation
}

func locationTable() locationOperations {
	const (
		location = "/locations/{locationId}"
		tags     = location + "/tags"
		fields   = location + "/customFields"
	)
	op := func(name, goMethod, method, path, scope string) *rest.Operation {
		return row(name, goMethod, method, path, versionLocations, scope)
	}
	return locationOperations{
		GetLocation: op("locations.get", "Locations.Get", http.MethodGet, location, scopeLocationRead),
		SearchTasks: repeatable(op("tasks.search", "Tasks.Search", http.MethodPost, location+"/tasks/search", scopeTaskSearchRead)),

		ListLocationTags:  op("locations.listTags", "Locations.ListTags", http.MethodGet, tags, scopeTagsRead),
		GetLocationTag:    op("locations.getTag", "Locations.GetTag", http.MethodGet, tags+"/{tagId}", scopeTagsRead),
		CreateLocationTag: op("locations.createTag", "Locations.CreateTag", http.MethodPost, tags, scopeTagsWrite),
		UpdateLocationTag: op("locations.updateTag", "Locations.UpdateTag", http.MethodPut, tags+"/{tagId}", scopeTagsWrite),
		DeleteLocationTag: op("locations.deleteTag", "Locations.DeleteTag", http.MethodDelete, tags+"/{tagId}", scopeTagsWrite),

		ListCustomFields:  op("customFields.list", "CustomFields.List", http.MethodGet, fields, scopeFieldsRead),
		GetCustomField:    op("customFields.get", "CustomFields.Get", http.MethodGet, fields+"/{id}", scopeFieldsRead),
		CreateCustomField: op("customFields.create", "CustomFields.Create", http.MethodPost, fields, scopeFieldsWrite),
		UpdateCustomField: op("customFields.update", "CustomFields.Update", http.MethodPut, fields+"/{id}", scopeFieldsWrite),
		DeleteCustomField: op("customFields.delete", "CustomFields.Delete", http.MethodDelete, fields+"/{id}", scopeFieldsWrite),
		UploadCustomField: op("customFields.upload", "CustomFields.Upload", http.MethodPost, fields+"/upload", scopeFieldsWrite),
	}
}
