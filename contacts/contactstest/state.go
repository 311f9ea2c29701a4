package contactstest

import (
	"maps"
	"slices"
	"strings"
)

// The kinds of records.
const (
	kindContact     = "contact"
	kindTask        = "task"
	kindNote        = "note"
	kindAppointment = "appointment"
	kindEventNote   = "appointmentNote"
	kindCalendar    = "calendar"
	kindTag         = "tag"
	kindField       = "customField"
	kindCampaign    = "campaign" // a contact in a campaign
	kindWorkflow    = "workflow" // a contact in a workflow
	kindGrant       = "grant"    // an OAuth code, access token or refresh token
	kindLocation    = "location" // a location that the app is installed in
)

// parents name the member that holds the id of a record's parent, for the kinds
// that have one. The order is that of the journal.
var parents = []struct{ kind, member string }{
	{kindLocation, ""}, {kindGrant, ""},
	{kindCalendar, ""}, {kindTag, ""}, {kindField, ""}, {kindContact, ""},
	{kindTask, "contactId"}, {kindNote, "contactId"}, {kindAppointment, "contactId"},
	{kindCampaign, "contactId"}, {kindWorkflow, "contactId"}, {kindEventNote, "appointmentId"},
}

// change puts a record, or deletes it (Value nil). The journal's entries are
// lists of changes that belong together.
type change struct {
	Kind  string `json:"kind"`
	ID    string `json:"id"`
	Value record `json:"value,omitempty"`
}

// table holds the records of a kind.
type table struct {
	member   string // of the parent's id
	records  map[string]record
	order    ordered
	children map[string]*ordered // by the parent's id
	version  int                 // counts changes
}

// of are the ids of a parent's records.
func (t *table) of(parent string) *ordered { return t.children[parent] }

func (t *table) put(id string, value record) {
	t.version++
	if old := t.records[id]; old != nil && t.member != "" && (value == nil || old.text(t.member) != value.text(t.member)) {
		parent := old.text(t.member)
		if t.children[parent].remove(id); t.children[parent].len() == 0 {
			delete(t.children, parent)
		}
	}
	if value == nil {
		delete(t.records, id)
		t.order.remove(id)
		return
	}
	t.records[id] = value
	t.order.add(id)
	if t.member != "" {
		parent := value.text(t.member)
		if t.children[parent] == nil {
			t.children[parent] = &ordered{}
		}
		t.children[parent].add(id)
	}
}

// state is what the server holds. It changes only by apply.
type state struct {
	tables map[string]*table
	// byEmail and byPhone find contacts with the same e-mail (in lower case; also a
	// second one) or phone.
	byEmail, byPhone map[string]*ordered
	index            index
}

func newState() *state {
	s := &state{tables: map[string]*table{}, byEmail: map[string]*ordered{}, byPhone: map[string]*ordered{}, index: newIndex()}
	for _, parent := range parents {
		s.tables[parent.kind] = &table{member: parent.member, records: map[string]record{}, children: map[string]*ordered{}}
	}
	return s
}

// get is a record; nil if there is none.
func (s *state) get(kind, id string) record { return s.tables[kind].records[id] }

func (s *state) count(kind string) int { return len(s.tables[kind].records) }

// list are the records of a kind, or those of a parent.
func (s *state) list(kind string) []record { return s.records(kind, &s.tables[kind].order) }

func (s *state) listOf(kind, parent string) []record {
	return s.records(kind, s.tables[kind].of(parent))
}

func (s *state) records(kind string, ids *ordered) []record {
	list := make([]record, 0, ids.len())
	for id := range ids.all() {
		list = append(list, s.get(kind, id))
	}
	return list
}

// apply makes changes. Search sees them once the index has taken them.
func (s *state) apply(changes []change) {
	for _, c := range changes {
		t := s.tables[c.Kind]
		if t == nil {
			continue // written by a later version
		}
		if c.Kind == kindContact {
			s.reindex(c.ID, t.records[c.ID], c.Value)
			s.index.put(c.ID, c.Value)
		}
		t.put(c.ID, c.Value)
	}
}

// reindex keeps byEmail and byPhone.
func (s *state) reindex(id string, old, value record) {
	for _, email := range emails(old) {
		if s.byEmail[email].remove(id); s.byEmail[email].len() == 0 {
			delete(s.byEmail, email)
		}
	}
	if phone := old.text("phone"); phone != "" {
		if s.byPhone[phone].remove(id); s.byPhone[phone].len() == 0 {
			delete(s.byPhone, phone)
		}
	}
	for _, email := range emails(value) {
		if s.byEmail[email] == nil {
			s.byEmail[email] = &ordered{}
		}
		s.byEmail[email].add(id)
	}
	if phone := value.text("phone"); phone != "" {
		if s.byPhone[phone] == nil {
			s.byPhone[phone] = &ordered{}
		}
		s.byPhone[phone].add(id)
	}
}

// emails are a contact's e-mails in lower case, the primary one first.
func emails(contact record) []string {
	var all []string
	if email := contact.text("email"); email != "" {
		all = append(all, strings.ToLower(email))
	}
	for _, other := range additionalEmails(contact) {
		all = append(all, strings.ToLower(other))
	}
	return all
}

// removal deletes a contact with what belongs to it.
func (s *state) removal(contactID string) []change {
	var changes []change
	for appointment := range s.tables[kindAppointment].of(contactID).all() {
		for id := range s.tables[kindEventNote].of(appointment).all() {
			changes = append(changes, change{Kind: kindEventNote, ID: id})
		}
	}
	for _, parent := range parents {
		if parent.member == "contactId" {
			for id := range s.tables[parent.kind].of(contactID).all() {
				changes = append(changes, change{Kind: parent.kind, ID: id})
			}
		}
	}
	return append(changes, change{Kind: kindContact, ID: contactID})
}

// all are the changes that make the same state anew.
func (s *state) all() []change {
	var changes []change
	for _, parent := range parents {
		t := s.tables[parent.kind]
		if parent.member == "" {
			for id := range t.order.all() {
				changes = append(changes, change{Kind: parent.kind, ID: id, Value: t.records[id]})
			}
			continue
		}
		for _, owner := range slices.Sorted(maps.Keys(t.children)) {
			for id := range t.children[owner].all() {
				changes = append(changes, change{Kind: parent.kind, ID: id, Value: t.records[id]})
			}
		}
	}
	return changes
}

// twin finds another contact with the same e-mail or phone: the e-mail decides.
func (s *state) twin(r record, except string) (id, field string) {
	if email := r.text("email"); email != "" {
		for id := range s.byEmail[strings.ToLower(email)].all() {
			if id != except {
				return id, "email"
			}
		}
	}
	if phone := r.text("phone"); phone != "" {
		for id := range s.byPhone[phone].all() {
			if id != except {
				return id, "phone"
			}
		}
	}
	return "", ""
}
