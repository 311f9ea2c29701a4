package conformance_test

import "github.com/contactlink/contactlink/internal/proof/openapi"

// knownFaults are what is wrong in the vendor's specifications.
func knownFaults() []openapi.Fault {
	var faults []openapi.Fault
	add := func(spec, operation string, side openapi.Side, reason string, at ...string) {
		for _, at := range at {
			faults = append(faults, openapi.Fault{Spec: spec, Operation: operation, Side: side, At: at, Reason: reason})
		}
	}
	for _, spec := range []string{"contacts", "contacts-v3"} {
		for _, operation := range []string{"create-contact", "update-contact"} {
			add(spec, operation, openapi.Request, "its type is object, its own examples are texts: 1990/12/31", "/dateOfBirth")
		}
		add(spec, "create-association", openapi.Answer, "its type is a list of texts, its own example has objects", "/responses")
	}
	add("contacts", "get-contacts", openapi.Answer, "lists answer null for what is unset, as seen live", "/contacts/*/businessId")
	add("calendars", "get-appointment", openapi.Answer, "their type is object, their own examples are texts",
		"/event/startTime", "/event/endTime", "/event/dateAdded", "/event/dateUpdated")
	add("calendars", "get-calendar-events", openapi.Answer, "their type is object, their own examples are texts",
		"/events/*/startTime", "/events/*/endTime", "/events/*/dateAdded", "/events/*/dateUpdated")
	add("locations", "task-search", openapi.Answer, "its type is a list of lists, which no task is", "/tasks")
	add("locations", "upload-file-customFields", openapi.Request, "its form has every part but the files", "body")
	add("locations", "upload-file-customFields", openapi.Answer, "its type is a list of texts, its own example has objects", "/meta")
	return faults
}
