package contactstest

import "strings"

// The scopes of the operations. Where the specification declares none, it is
// that of the operation's neighbours.
const (
	contactsRead  = "contacts.readonly"
	contactsWrite = "contacts.write"
	eventsRead    = "calendars/events.readonly"
	eventsWrite   = "calendars/events.write"
	tagsRead      = "locations/tags.readonly"
	tagsWrite     = "locations/tags.write"
	fieldsRead    = "locations/customFields.readonly"
	fieldsWrite   = "locations/customFields.write"
)

// newRoutes names all operations, as contacts.Operations does.
func (s *Server) newRoutes() *node {
	root := &node{}
	s.contactRoutes(root)
	s.memberRoutes(root)
	s.calendarRoutes(root)
	s.locationRoutes(root)
	s.oauthRoutes(root)
	return root
}

// route adds an operation: "GET /contacts/{contactId}".
func (n *node) route(pattern, name, scope string, handle func(call) answer) *route {
	method, path, _ := strings.Cut(pattern, " ")
	r := &route{
		name: name, scope: scope, handle: handle,
		contacts: strings.HasPrefix(path, "/contacts"), oauth: strings.HasPrefix(path, "/oauth"),
	}
	n.add(method, path, r)
	return r
}

func (s *Server) contactRoutes(root *node) {
	root.route("POST /contacts/search", "contacts.search", contactsRead, s.searchContacts)
	root.route("GET /contacts/search/duplicate", "contacts.findDuplicate", contactsRead, s.findDuplicate)
	root.route("POST /contacts/upsert", "contacts.upsert", contactsWrite, s.upsertContact)
	root.route("POST /contacts", "contacts.create", contactsWrite, s.createContact)
	root.route("GET /contacts", "contacts.list", contactsRead, s.listContacts)
	root.route("GET /contacts/{contactId}", "contacts.get", contactsRead, s.getContact)
	root.route("PUT /contacts/{contactId}", "contacts.update", contactsWrite, s.updateContact)
	root.route("DELETE /contacts/{contactId}", "contacts.delete", contactsWrite, s.deleteContact)
	for _, child := range []childKind{taskKind, noteKind} {
		path := "/contacts/{contactId}/" + child.plural
		root.route("GET "+path, child.plural+".list", contactsRead, s.listChildren(child))
		root.route("POST "+path, child.plural+".create", contactsWrite, s.createChild(child))
		root.route("GET "+path+"/{id}", child.plural+".get", contactsRead, s.getChild(child))
		root.route("PUT "+path+"/{id}", child.plural+".update", contactsWrite, s.updateChild(child))
		root.route("DELETE "+path+"/{id}", child.plural+".delete", contactsWrite, s.deleteChild(child))
	}
	root.route("PUT /contacts/{contactId}/tasks/{id}/completed", "tasks.complete", contactsWrite, s.completeTask)
}

func (s *Server) memberRoutes(root *node) {
	const contact = "/contacts/{contactId}"
	root.route("POST "+contact+"/tags", "tags.add", contactsWrite, s.changeTags(false))
	root.route("DELETE "+contact+"/tags", "tags.remove", contactsWrite, s.changeTags(true))
	root.route("POST /contacts/bulk/tags/update/{type}", "tags.updateMany", contactsWrite, s.bulkTags)
	root.route("POST "+contact+"/followers", "followers.add", contactsWrite, s.changeFollowers(false))
	root.route("DELETE "+contact+"/followers", "followers.remove", contactsWrite, s.changeFollowers(true))
	root.route("POST "+contact+"/campaigns/{campaignId}", "campaigns.add", contactsWrite, s.join(kindCampaign, "campaignId"))
	root.route("DELETE "+contact+"/campaigns/{campaignId}", "campaigns.remove", contactsWrite, s.leave(kindCampaign, "campaignId"))
	root.route("DELETE "+contact+"/campaigns/removeAll", "campaigns.removeAll", contactsWrite, s.leaveAllCampaigns)
	root.route("DELETE "+contact+"/campaigns/remove-all", "campaigns.removeAll", contactsWrite, s.leaveAllCampaigns).onlyV3 = true
	root.route("POST "+contact+"/workflow/{workflowId}", "workflows.add", contactsWrite, s.join(kindWorkflow, "workflowId"))
	root.route("DELETE "+contact+"/workflow/{workflowId}", "workflows.remove", contactsWrite, s.leave(kindWorkflow, "workflowId"))
	root.route("POST /contacts/bulk/business", "businesses.assign", contactsWrite, s.assignBusiness)
	root.route("GET /contacts/business/{businessId}", "businesses.listContacts", contactsRead, s.listBusinessContacts)
}

func (s *Server) calendarRoutes(root *node) {
	root.route("GET /contacts/{contactId}/appointments", "appointments.listByContact", contactsRead, s.listContactAppointments)
	root.route("GET /calendars", "calendars.list", "calendars.readonly", s.listCalendars)
	root.route("GET /calendars/events", "calendars.listEvents", eventsRead, s.listEvents)
	const appointments = "/calendars/events/appointments"
	root.route("POST "+appointments, "appointments.create", eventsWrite, s.createAppointment)
	root.route("GET "+appointments+"/{eventId}", "appointments.get", eventsRead, s.getAppointment)
	root.route("PUT "+appointments+"/{eventId}", "appointments.update", eventsWrite, s.updateAppointment)
	root.route("DELETE /calendars/events/{eventId}", "appointments.delete", eventsWrite, s.deleteEvent)
	const notes = "/calendars/appointments/{appointmentId}/notes"
	root.route("GET "+notes, "appointments.listNotes", eventsRead, s.listEventNotes)
	root.route("POST "+notes, "appointments.createNote", eventsWrite, s.writeEventNote(true))
	root.route("PUT "+notes+"/{noteId}", "appointments.updateNote", eventsWrite, s.writeEventNote(false))
	root.route("DELETE "+notes+"/{noteId}", "appointments.deleteNote", eventsWrite, s.deleteEventNote)
}

func (s *Server) locationRoutes(root *node) {
	const location = "/locations/{locationId}"
	root.route("GET "+location, "locations.get", "locations.readonly", s.getLocation)
	root.route("POST "+location+"/tasks/search", "tasks.search", "locations/tasks.readonly", s.searchTasks)
	root.route("GET "+location+"/tags", "locations.listTags", tagsRead, s.listTags)
	root.route("POST "+location+"/tags", "locations.createTag", tagsWrite, s.createTag)
	root.route("GET "+location+"/tags/{tagId}", "locations.getTag", tagsRead, s.getTag)
	root.route("PUT "+location+"/tags/{tagId}", "locations.updateTag", tagsWrite, s.updateTag)
	root.route("DELETE "+location+"/tags/{tagId}", "locations.deleteTag", tagsWrite, s.deleteTag)
	root.route("GET "+location+"/customFields", "customFields.list", fieldsRead, s.listFields)
	root.route("POST "+location+"/customFields", "customFields.create", fieldsWrite, s.createField)
	root.route("GET "+location+"/customFields/{id}", "customFields.get", fieldsRead, s.getField)
	root.route("PUT "+location+"/customFields/{id}", "customFields.update", fieldsWrite, s.updateField)
	root.route("DELETE "+location+"/customFields/{id}", "customFields.delete", fieldsWrite, s.deleteField)
	root.route("POST "+location+"/customFields/upload", "customFields.upload", fieldsWrite, s.uploadFiles).upload = true
}

func (s *Server) oauthRoutes(root *node) {
	root.route("POST /oauth/token", "oauth.token", "", s.giveToken)
	root.route("POST /oauth/locationToken", "oauth.locationToken", "oauth.write", s.giveLocationToken)
	root.route("POST /oauth/location-token", "oauth.locationToken", "oauth.write", s.giveLocationToken).onlyV3 = true
	root.route("GET /oauth/installedLocations", "oauth.installedLocations", "oauth.readonly", s.listInstalled)
	root.route("GET /oauth/installed-locations", "oauth.installedLocations", "oauth.readonly", s.listInstalled).onlyV3 = true
}
