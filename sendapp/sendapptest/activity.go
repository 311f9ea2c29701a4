package sendapptest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/sendapp"
)

// activity is one row of a contact's feed.
type activity struct {
	ID        string               `json:"id"`
	ContactID string               `json:"contactId"`
	Type      sendapp.ActivityType `json:"type"`
	At        time.Time            `json:"at"`
	SubjectID string               `json:"subjectId"`
	Summary   string               `json:"summary"`
}

func (a activity) position() position { return position{a.At, a.ID} }

func (a activity) encode() jsontext.Value {
	return encodeObject(map[string]jsontext.Value{
		"activityId": quote(a.ID), "contactId": quote(a.ContactID), "type": quote(string(a.Type)),
		"occurredAt": quote(a.At.Format(timeLayout)), "subjectId": quote(a.SubjectID), "summary": quote(a.Summary),
	})
}

// happened tells what a write means to people. What is told of a new record
// occurred when the record did: a history that is copied today is not one of
// today. A later change occurred when it was made.
func happened(k *kind, old, next *record) []activity {
	var types []sendapp.ActivityType
	status, before := next.text("status"), ""
	if old != nil {
		before = old.text("status")
	}
	switch k.name {
	case contacts:
		types = append(types, sendapp.ActivityContactCreated)
		if old != nil {
			types[0] = sendapp.ActivityContactUpdated
		}
	case tasks:
		if old == nil {
			types = append(types, sendapp.ActivityTaskCreated)
		}
		if status == "completed" && before != status {
			types = append(types, sendapp.ActivityTaskCompleted)
		}
	case notes:
		if old == nil {
			types = append(types, sendapp.ActivityNoteCreated)
		}
	case appointments:
		if old == nil {
			types = append(types, sendapp.ActivityAppointmentBooked)
		}
		if status == "cancelled" && before != status {
			types = append(types, sendapp.ActivityAppointmentCancelled)
		}
	}
	at := next.updatedAt
	if occurred, err := parseTime(next.text("occurredAt")); err == nil && old == nil {
		at = occurred
	}
	contactID := next.contactID
	if !k.child {
		contactID = next.id
	}
	var all []activity
	for i, kind := range types {
		all = append(all, activity{
			ID: fmt.Sprintf("act_%s_%d_%d", next.id, next.version, i), ContactID: contactID,
			Type: kind, At: at, SubjectID: next.id, Summary: summary(kind, next),
		})
	}
	return all
}

// summary is a line for people: "Task completed: Call back".
func summary(kind sendapp.ActivityType, r *record) string {
	what := strings.ReplaceAll(string(kind), ".", " ")
	line := strings.ToUpper(what[:1]) + what[1:]
	for _, field := range []string{"taskTitle", "title"} {
		if title := r.text(field); title != "" {
			return line + ": " + title
		}
	}
	return line
}

// activityQuery is what a feed was asked for.
type activityQuery struct {
	query
	types []string
}

func parseActivityQuery(values url.Values) (activityQuery, *problem) {
	rest := url.Values{}
	var q activityQuery
	for name, all := range values {
		switch {
		case name == "types" && len(all) == 1 && all[0] != "":
			q.types = strings.Split(all[0], ",")
		case name == "since": // as updatedSince, of another time
			rest["updatedSince"] = all
		case name == "updatedSince":
			return q, invalid(fieldProblem{name, "is not a parameter of this listing"})
		default:
			rest[name] = all
		}
	}
	// The types are no filter of records, but a cursor belongs to them too.
	var p *problem
	q.query, p = parseQuery(rest, hashOf(values))
	if p != nil {
		for i := range p.Fields {
			if p.Fields[i].Field == "updatedSince" {
				p.Fields[i].Field = "since"
			}
		}
	}
	return q, p
}

// feed answers a contact's activities, newest first.
func (s *state) feed(contactID string, q activityQuery) jsontext.Value {
	list := s.activities[contactID]
	end := len(list)
	if q.after != nil {
		end, _ = list.search(*q.after)
	}
	var items []jsontext.Value
	answer := map[string]jsontext.Value{}
	var last position
	for _, a := range slices.Backward(list[:end]) {
		if a.At.Before(q.updatedSince) {
			break
		}
		if len(q.types) > 0 && !slices.Contains(q.types, string(a.Type)) {
			continue
		}
		if len(items) == q.limit {
			answer["nextCursor"] = quote(encodeCursor(last, q.hash))
			break
		}
		items, last = append(items, a.encode()), a.position()
	}
	answer["activities"] = encodeArray(items)
	return encodeObject(answer)
}

// remember adds activities to the feeds of their contacts.
func (s *state) remember(all []activity) {
	for _, a := range all {
		list := s.activities[a.ContactID]
		list.insert(a)
		s.activities[a.ContactID] = list
	}
}
