package contactstest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts/contactstest"
)

func (r raw) appointment(contact, more string) object {
	r.t.Helper()
	return r.must("POST", "/calendars/events/appointments", `{"calendarId":"`+contactstest.DefaultCalendar+
		`","locationId":"LOCATION","contactId":"`+contact+`","startTime":"2026-06-01T09:00:00Z"`+more+`}`)
}

func TestTimesOfAppointmentsHaveNoOffsetInTheListOfAContact(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 2*60*60)
	r := startRaw(t, contactstest.WithTimeZone(zone))
	contact := r.contact(`"firstName":"Ann"`)
	made := r.appointment(contact, "")
	event := in(r.must("GET", "/contacts/"+contact+"/appointments", ""), "events", 0)
	assert.Equal(t, "2026-06-01 11:00:00", in(event, "startTime"))
	assert.Equal(t, "booked", in(event, "status"))
	event = in(r.must("GET", "/calendars/events/appointments/"+made["id"].(string), ""), "event")
	assert.Equal(t, "2026-06-01T11:00:00+02:00", in(event, "startTime"))
	assert.Equal(t, "2026-06-01T11:30:00+02:00", in(event, "endTime"))
}

func TestWrittenAppointmentsHaveNoEnvelopeAndNoDatesBeforeV3(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	contact := r.contact("")
	made := r.appointment(contact, `,"address":"1 Main St","meetingLocationType":"zoom"`)
	assert.NotContains(t, made, "dateAdded")
	assert.Equal(t, "custom", made["meetingLocationType"], "an address forces it")
	assert.Contains(t, r.v3().appointment(contact, ""), "dateAdded")
	path := "/calendars/events/appointments/" + made["id"].(string)
	changed := r.must("PUT", path, `{"startTime":"2026-06-02T09:00:00Z","appointmentStatus":"showed"}`)
	assert.Equal(t, "2026-06-02T09:30:00Z", changed["endTime"])
	for _, body := range []string{`{"contactId":"x"}`, `{"locationId":"LOCATION"}`, `{"appointmentStatus":"active"}`, `{"startTime":"x"}`} {
		status, _ := r.do("PUT", path, body)
		assert.Equal(t, 422, status, body)
	}
}

func TestASeriesNeedsTheCheckOfFreeSlotsOff(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	contact := r.contact("")
	assert.NotContains(t, r.appointment(contact, `,"rrule":"RRULE:FREQ=DAILY;COUNT=5"`), "rrule")
	series := r.appointment(contact, `,"rrule":"RRULE:FREQ=DAILY;COUNT=5","ignoreFreeSlotValidation":true`)
	assert.Equal(t, true, series["isRecurring"])
	instance := fmt.Sprintf("%s_1729821600000_1800", series["id"])
	assert.Equal(t, series["id"], in(r.must("GET", "/calendars/events/appointments/"+instance, ""), "event", "id"))
}

func TestADeletedAppointmentAnswers201(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	made := r.appointment(r.contact(""), "")
	status, answer := r.do("DELETE", "/calendars/events/"+made["id"].(string), `{}`)
	assert.Equal(t, 201, status)
	assert.Equal(t, true, answer["succeeded"])
	assert.Zero(t, r.server.Counts().Appointments)
}

func TestEventsAreThoseBetweenTwoTimesOfAnOwner(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	require.NoError(t, r.server.AddCalendar("other", "Other"))
	assert.Len(t, r.must("GET", "/calendars/?locationId=LOCATION", "")["calendars"], 2)
	contact := r.contact("")
	made := r.appointment(contact, `,"assignedUserId":"u"`)
	at := time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC).UnixMilli()
	for query, want := range map[string]int{
		fmt.Sprintf("userId=u&startTime=%d&endTime=%d", at, at):                                        1,
		fmt.Sprintf("userId=v&startTime=%d&endTime=%d", at, at):                                        0,
		fmt.Sprintf("calendarId=other&startTime=%d&endTime=%d", at, at):                                0,
		fmt.Sprintf("calendarId=%s&startTime=%d&endTime=%d", contactstest.DefaultCalendar, at+1, at+2): 0,
	} {
		assert.Len(t, r.must("GET", "/calendars/events?locationId=LOCATION&"+query, "")["events"], want, query)
	}
	status, _ := r.do("GET", fmt.Sprintf("/calendars/events?locationId=LOCATION&startTime=%d&endTime=%d", at, at), "")
	assert.Equal(t, 422, status, "an owner is needed")
	r.must("DELETE", "/contacts/"+contact, "")
	status, _ = r.do("GET", "/calendars/events/appointments/"+made["id"].(string), "")
	assert.Equal(t, 404, status, "it goes with its contact")
}

func TestNotesOfAppointmentsHavePages(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	path := "/calendars/appointments/" + r.appointment(r.contact(""), "")["id"].(string) + "/notes"
	var all []any
	for range 3 {
		all = append(all, in(r.must("POST", path, `{"body":"x"}`), "note", "id"))
	}
	answer := r.must("GET", path+"?limit=2&offset=0", "")
	assert.Equal(t, all[:2], ids(answer, "notes"))
	assert.Equal(t, true, answer["hasMore"])
	answer = r.must("GET", path+"?limit=2&offset=2", "")
	assert.Equal(t, all[2:], ids(answer, "notes"))
	assert.Equal(t, false, answer["hasMore"])
	for _, query := range []string{"", "?limit=21&offset=0", "?limit=1&offset=-1"} {
		status, _ := r.do("GET", path+query, "")
		assert.Equal(t, 422, status, query)
	}
	status, _ := r.do("POST", path, `{"body":"`+strings.Repeat("ü", 5001)+`"}`)
	assert.Equal(t, 422, status)
	r.must("PUT", path+"/"+all[0].(string), `{"body":"`+strings.Repeat("ü", 5000)+`"}`)
	assert.Equal(t, true, r.must("DELETE", path+"/"+all[0].(string), "")["success"])
}
