package contactstest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	appointmentWritable = " title meetingLocationType meetingLocationId overrideLocationConfig:bool appointmentStatus assignedUserId" +
		" description address ignoreDateRange:bool toNotify:bool ignoreFreeSlotValidation:bool rrule"
	maxEventNotes    = 20
	maxEventNoteBody = 5000
)

var (
	appointmentCreate = fields("calendarId! locationId! contactId! startTime! endTime" + appointmentWritable)
	appointmentUpdate = fields("calendarId startTime endTime" + appointmentWritable)
	eventNoteSchema   = fields("body! userId")
	// writableStatuses may be written; answers may have active and completed too.
	writableStatuses = []string{"new", "confirmed", "cancelled", "showed", "noshow", "invalid"}
)

// appointment is the appointment in the path.
//
// Quirk: an instance of a series has an id of its own, made of the series' id,
// the start and the length: it is the series here.
func (s *Server) appointment(c call, param string) (record, answer) {
	id := c.PathValue(param)
	master, _, _ := strings.Cut(id, "_")
	r := s.state.get(kindAppointment, master)
	if r == nil {
		return nil, notFound("Event", id)
	}
	return r, answer{}
}

func (s *Server) getAppointment(c call) answer {
	r, refused := s.appointment(c, "eventId")
	if r == nil {
		return refused
	}
	return ok(map[string]any{"event": s.calendarEvent(r, c.v3())})
}

func (s *Server) createAppointment(c call) answer {
	if messages := appointmentCreate.check(c.body); len(messages) > 0 {
		return invalid(messages...)
	}
	contact := s.state.get(kindContact, c.body.text("contactId"))
	if contact == nil {
		return contactNotFound(c.body.text("contactId"))
	}
	r := record{
		"contactId": c.body["contactId"], "locationId": raw(s.location), "appointmentStatus": raw("confirmed"),
		"title": raw(contact.text("name")), "dateAdded": raw(s.now()),
	}
	r.set("id", s.newID(kindAppointment))
	return s.writeAppointment(r, c, "AppointmentCreate")
}

func (s *Server) updateAppointment(c call) answer {
	old, refused := s.appointment(c, "eventId")
	if old == nil {
		return refused
	}
	if messages := appointmentUpdate.check(c.body); len(messages) > 0 {
		return invalid(messages...)
	}
	return s.writeAppointment(maps.Clone(old), c, "AppointmentUpdate")
}

// writeAppointment writes a request's fields into an appointment.
//
// Quirk: the answer has no envelope, and no dateAdded and dateUpdated before
// version v3.
func (s *Server) writeAppointment(r record, c call, event string) answer {
	body := c.body
	for name, value := range body {
		switch name {
		case "ignoreDateRange", "ignoreFreeSlotValidation", "toNotify", "overrideLocationConfig":
		case "startTime", "endTime":
			t, fine := parseTime(body.text(name))
			if !fine {
				return invalid(name + " must be a valid ISO 8601 date string")
			}
			r.set(name, t.UTC().Format(timeFormat))
		case "rrule":
			// A series needs the check of free slots off.
			if body.isTrue("ignoreFreeSlotValidation") {
				r["rrule"] = value
				r.set("isRecurring", true)
			}
		default:
			r[name] = value
		}
	}
	if r.text("endTime") == "" || body["startTime"] != nil && body["endTime"] == nil {
		start, _ := parseTime(r.text("startTime"))
		r.set("endTime", start.Add(30*time.Minute).UTC().Format(timeFormat))
	}
	if !empty(body["address"]) {
		r.set("meetingLocationType", "custom") // quirk: an address forces it
	}
	switch {
	case s.state.get(kindCalendar, r.text("calendarId")) == nil:
		return refuse(400, "Calendar with id "+r.text("calendarId")+" not found")
	case !slices.Contains(writableStatuses, r.text("appointmentStatus")):
		return invalid("appointmentStatus must be one of the following values: " + strings.Join(writableStatuses, ", "))
	}
	maps.DeleteFunc(r, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	r.set("dateUpdated", s.now())
	if err := s.commit(change{Kind: kindAppointment, ID: r.text("id"), Value: r}); err != nil {
		return failed(err)
	}
	s.event(event, s.appointmentPayload(r))
	out := r.pick("id", "calendarId", "locationId", "contactId", "title", "meetingLocationType", "appointmentStatus",
		"assignedUserId", "address", "rrule")
	out.set("isRecurring", r.isTrue("isRecurring"))
	names := []string{"startTime", "endTime"}
	if c.v3() {
		names = append(names, "dateAdded", "dateUpdated")
	}
	s.zoned(out, r, time.RFC3339, names...)
	answer := map[string]any{}
	for name, value := range out {
		answer[name] = value
	}
	return ok(answer)
}

// zoned writes times in the location's zone.
func (s *Server) zoned(out, r record, layout string, names ...string) {
	for _, name := range names {
		if t, fine := parseTime(r.text(name)); fine {
			out.set(name, t.In(s.zone).Format(layout))
		}
	}
}

// times of an appointment.
var times = []string{"startTime", "endTime", "dateAdded", "dateUpdated"}

// calendarEvent is an appointment as the calendars show it: times have an offset.
func (s *Server) calendarEvent(r record, v3 bool) record {
	out := maps.Clone(r)
	for _, name := range []string{"groupId", "assignedUserId", "title"} {
		if out[name] == nil {
			out.set(name, "")
		}
	}
	if out["users"] == nil {
		out.set("users", []string{})
	}
	if v3 {
		out.set("deleted", false)
	}
	out.set("createdBy", map[string]string{"source": "third_party"})
	s.zoned(out, r, time.RFC3339, times...)
	return out
}

// listContactAppointments lists the appointments of a contact.
//
// Quirk: times have no offset here, and no T.
func (s *Server) listContactAppointments(c call) answer {
	contact, refused := s.contact(c)
	if contact == nil {
		return refused
	}
	events := []record{}
	for _, r := range s.state.listOf(kindAppointment, contact.text("id")) {
		out := r.pick("id", "calendarId", "title", "assignedUserId", "address", "locationId", "contactId", "groupId",
			"appointmentStatus", "users")
		out.set("status", "booked")
		out.set("notes", r.text("description"))
		s.zoned(out, r, time.DateTime, times...)
		events = append(events, out)
	}
	return ok(map[string]any{"events": events})
}

// deleteEvent deletes an appointment.
//
// Quirk: it answers 201, and the flag is spelt right.
func (s *Server) deleteEvent(c call) answer {
	r, refused := s.appointment(c, "eventId")
	if r == nil {
		return refused
	}
	changes := []change{{Kind: kindAppointment, ID: r.text("id")}}
	for id := range s.state.tables[kindEventNote].of(r.text("id")).all() {
		changes = append(changes, change{Kind: kindEventNote, ID: id})
	}
	if err := s.commit(changes...); err != nil {
		return failed(err)
	}
	s.event("AppointmentDelete", s.appointmentPayload(r))
	return created(map[string]any{"succeeded": true})
}

// appointmentPayload is an appointment as its events carry it.
func (s *Server) appointmentPayload(r record) record {
	out := r.pick("id", "address", "title", "calendarId", "contactId", "groupId", "appointmentStatus", "assignedUserId", "users")
	if notes := r.text("description"); notes != "" {
		out.set("notes", notes)
	}
	out.set("source", "third_party")
	s.zoned(out, r, time.RFC3339, times...)
	return record{"appointment": raw(out)}
}

// listEvents lists the events of a user, a calendar or a group between two
// times, in milliseconds.
func (s *Server) listEvents(c call) answer {
	query := c.URL.Query()
	from, to := atoi(query.Get("startTime"), -1), atoi(query.Get("endTime"), -1)
	user, calendar, group := query.Get("userId"), query.Get("calendarId"), query.Get("groupId")
	switch {
	case query.Get("locationId") == "" || from < 0 || to < 0:
		return invalid("locationId, startTime and endTime should not be empty")
	case user == "" && calendar == "" && group == "":
		return invalid("either userId, calendarId or groupId is required")
	}
	events := []record{}
	for _, r := range s.state.list(kindAppointment) {
		start, _ := parseTime(r.text("startTime"))
		at := int(start.UnixMilli())
		if at >= from && at <= to && (user == "" || r.text("assignedUserId") == user) &&
			(calendar == "" || r.text("calendarId") == calendar) && (group == "" || r.text("groupId") == group) {
			events = append(events, s.calendarEvent(r, c.v3()))
		}
	}
	return ok(map[string]any{"events": events})
}

func (s *Server) listCalendars(c call) answer {
	if c.URL.Query().Get("locationId") == "" {
		return invalid("locationId should not be empty")
	}
	return ok(map[string]any{"calendars": s.state.list(kindCalendar)})
}

// AddCalendar adds a calendar.
func (s *Server) AddCalendar(id, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commit(change{Kind: kindCalendar, ID: id, Value: record{
		"id": raw(id), "name": raw(name), "locationId": raw(s.location), "isActive": raw(true), "calendarType": raw("event"),
	}})
}

func (s *Server) listEventNotes(c call) answer {
	r, refused := s.appointment(c, "appointmentId")
	if r == nil {
		return refused
	}
	limit, offset := atoi(c.URL.Query().Get("limit"), -1), atoi(c.URL.Query().Get("offset"), -1)
	if limit < 1 || limit > maxEventNotes || offset < 0 {
		return invalid("limit must be between 1 and 20", "offset must not be less than 0")
	}
	notes := s.state.listOf(kindEventNote, r.text("id"))
	end := min(offset+limit, len(notes))
	shown := []record{}
	for _, note := range notes[min(offset, len(notes)):end] {
		shown = append(shown, eventNote(note))
	}
	return ok(map[string]any{"notes": shown, "hasMore": end < len(notes)})
}

// eventNote is a note as it is shown: its appointment is in the path.
func eventNote(note record) record {
	note = maps.Clone(note)
	delete(note, "appointmentId")
	return note
}

func (s *Server) writeEventNote(create bool) func(call) answer {
	return func(c call) answer {
		r, refused := s.appointment(c, "appointmentId")
		if r == nil {
			return refused
		}
		messages := eventNoteSchema.check(c.body)
		if utf8.RuneCountInString(c.body.text("body")) > maxEventNoteBody {
			messages = append(messages, "body must be shorter than or equal to 5000 characters")
		}
		if len(messages) > 0 {
			return invalid(messages...)
		}
		var note record
		if create {
			note = record{"contactId": r["contactId"], "appointmentId": r["id"], "dateAdded": raw(s.now())}
			note.set("id", s.newID(kindEventNote))
		} else {
			id := c.PathValue("noteId")
			note = maps.Clone(s.state.get(kindEventNote, id))
			if note == nil || note.text("appointmentId") != r.text("id") {
				return notFound("Note", id)
			}
		}
		maps.Copy(note, c.body)
		if err := s.commit(change{Kind: kindEventNote, ID: note.text("id"), Value: note}); err != nil {
			return failed(err)
		}
		if create {
			return created(map[string]any{"note": eventNote(note)})
		}
		return ok(map[string]any{"note": eventNote(note)})
	}
}

// deleteEventNote deletes a note.
//
// Quirk: its flag is called success.
func (s *Server) deleteEventNote(c call) answer {
	id := c.PathValue("noteId")
	note := s.state.get(kindEventNote, id)
	if note == nil || note.text("appointmentId") != c.PathValue("appointmentId") {
		return notFound("Note", id)
	}
	if err := s.commit(change{Kind: kindEventNote, ID: id}); err != nil {
		return failed(err)
	}
	return ok(map[string]any{"success": true})
}
