package sendapptest

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// The kinds of records.
const (
	contacts     = "contacts"
	tasks        = "tasks"
	notes        = "notes"
	appointments = "appointments"
)

// kind describes the records of one kind: all that the handlers need to know to
// treat every kind alike.
type kind struct {
	name    string // as in paths and answers
	idField string
	// prefix begins every id, so that a person sees what an id in a log names.
	prefix string
	child  bool
	fields []field // what can be written, in the order of the answer
	// filters are the fields by which a listing can be narrowed; tag is one of
	// several. Those of the account's listing of children are fewer.
	filters []string
	// check tells what is wrong with fields together.
	check func(r *record) []fieldProblem
	// unversioned says that the server has no versions.
	unversioned bool
}

// singular is the name of one record, as events have it.
func (k *kind) singular() string { return strings.TrimSuffix(k.name, "s") }

// field is one field that can be written.
type field struct {
	name string
	// normalise checks a value and returns it as it is stored. A problem is told in
	// words. nil means that there is nothing to store: the field is cleared.
	normalise func(value jsontext.Value) (stored jsontext.Value, problem string)
	// merge says that the value is an object, which a request changes key by key.
	merge bool
	// absent is what the field reads when it was never set or was cleared; nil if
	// it is left out then.
	absent jsontext.Value
}

func (k *kind) field(name string) (field, bool) {
	for _, f := range k.fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

func kinds() []*kind {
	return []*kind{contactKind(), taskKind(), noteKind(), appointmentKind()}
}

func contactKind() *kind {
	return &kind{
		name: contacts, idField: "contactId", prefix: "con_", filters: []string{"externalId", "email", "phone", "tag"},
		fields: []field{
			{name: "externalId", normalise: filledText},
			{name: "email", normalise: text},
			{name: "firstName", normalise: text},
			{name: "lastName", normalise: text},
			{name: "phone", normalise: phone},
			{name: "companyName", normalise: text},
			{name: "address1", normalise: text},
			{name: "city", normalise: text},
			{name: "state", normalise: text},
			{name: "postalCode", normalise: text},
			{name: "country", normalise: country},
			{name: "website", normalise: text},
			{name: "timezone", normalise: newZones().normalise},
			{name: "dateOfBirth", normalise: date},
			{name: "source", normalise: text},
			{name: "tags", normalise: tags},
			{name: "customFields", normalise: customFields, merge: true},
			{name: "doNotDisturb", normalise: doNotDisturb, merge: true},
		},
	}
}

func taskKind() *kind {
	return &kind{
		name: tasks, idField: "taskId", prefix: "tsk_", child: true, filters: []string{"externalId", "status"},
		fields: []field{
			{name: "externalId", normalise: filledText},
			{name: "occurredAt", normalise: timestamp},
			{name: "taskTitle", normalise: text},
			{name: "body", normalise: text},
			{name: "dueDate", normalise: timestamp},
			{name: "status", normalise: oneOf("pending", "completed"), absent: jsontext.Value(`"pending"`)},
			{name: "assignee", normalise: text},
		},
	}
}

func noteKind() *kind {
	return &kind{
		name: notes, idField: "noteId", prefix: "not_", child: true, filters: []string{"externalId"},
		fields: []field{
			{name: "externalId", normalise: filledText},
			{name: "occurredAt", normalise: timestamp},
			{name: "body", normalise: noteBody},
			{name: "author", normalise: text},
			{name: "pinned", normalise: boolean, absent: jsontext.Value(`false`)},
		},
	}
}

func appointmentKind() *kind {
	return &kind{
		name: appointments, idField: "appointmentId", prefix: "apt_", child: true, filters: []string{"externalId", "status"},
		check: endsAfterStart,
		fields: []field{
			{name: "externalId", normalise: filledText},
			{name: "occurredAt", normalise: timestamp},
			{name: "title", normalise: text},
			{name: "startTime", normalise: timestamp},
			{name: "endTime", normalise: timestamp},
			{name: "timezone", normalise: newZones().normalise},
			{
				name: "status", absent: jsontext.Value(`"new"`),
				normalise: oneOf("new", "confirmed", "cancelled", "showed", "noshow", "invalid"),
			},
			{name: "address", normalise: text},
			{name: "notes", normalise: text},
			{name: "calendarName", normalise: text},
		},
	}
}

// endsAfterStart refuses an appointment that ends before it begins.
func endsAfterStart(r *record) []fieldProblem {
	start, end := r.text("startTime"), r.text("endTime")
	if start == "" || end == "" || start <= end { // all times are written alike
		return nil
	}
	return []fieldProblem{{"endTime", "is before startTime"}}
}
