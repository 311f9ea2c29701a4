package sendapptest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

func TestValidation(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t)
	contact := create(t, client, "x")
	for _, test := range []struct{ kind, field, good, bad string }{
		{"contacts", "externalId", `"a"`, `"" 5 []`},
		{"contacts", "firstName", `"" "A\u0000🎉"`, `5 true {} []`},
		{"contacts", "phone", `"+15551234567" "+393331234567"`, `"" "15551234567" "+0155512" "+1(555)123" "+1234567890123456" 5`},
		{"contacts", "country", `"US" "IT"`, `"us" "USA" ""`},
		{"contacts", "timezone", `"America/New_York" "UTC"`, `"" "Local" "New York" "../etc/passwd"`},
		{"contacts", "dateOfBirth", `"1958-10-13" "2024-02-29"`, `"" "1958-13-10" "2023-02-29" "13/10/1958" "1958-10-13T00:00:00Z"`},
		{"contacts", "tags", `[] ["A","a"]`, `"a" [1] [""] [null] {}`},
		{"contacts", "customFields", `{} {"a":"x","b":1.50,"c":true,"d":["x"],"e":null}`, `[] {"a":{}} {"a":[1]} {"a":[null]} "x"`},
		{"contacts", "doNotDisturb", `{} {"sms":true,"call":null}`, `[] {"sms":"yes"} true`},
		{"contacts", "version", ``, `"1"`},
		{"tasks", "status", `"completed" "pending"`, `"done" "" true`},
		{"tasks", "dueDate", `"2026-01-02T03:04:05Z" "2026-01-02T03:04:05.678+02:00"`, `"" "2026-01-02" 1767323045000`},
		{"tasks", "occurredAt", `"1993-01-05T00:00:00.000Z"`, `"yesterday"`},
		{"tasks", "contactId", ``, `null "nobody" "" 5`},
		{"tasks", "completedAt", ``, `"2026-01-02T03:04:05Z"`},
		{"appointments", "status", `"new" "noshow"`, `"booked" ""`},
		{"appointments", "startTime", `"2026-01-02T03:04:05Z"`, `"tomorrow" 5`},
		{"appointments", "timezone", `"Europe/Rome"`, `"Rome"`},
		{"notes", "pinned", `true false`, `"true" 1`},
		{"notes", "body", `"" "` + strings.Repeat("é", sendapp.MaxNoteBody/2) + `"`, `5 "` + strings.Repeat("é", sendapp.MaxNoteBody/2) + `x"`},
	} {
		path := "/contacts"
		if test.kind != "contacts" {
			path += "/" + contact.ContactID + "/" + test.kind
		}
		for value := range fieldsOf(t, test.good) {
			response, answer := send(t, server, "POST", path, fmt.Sprintf(`{%q:%s}`, test.field, value))
			assert.Equalf(t, 201, response.StatusCode, "%s: %.60s: %v", test.field, value, answer)
			_ = response.Body.Close()
		}
		for value := range fieldsOf(t, test.bad) {
			response, answer := send(t, server, "POST", path, fmt.Sprintf(`{%q:%s}`, test.field, value))
			assert.Equalf(t, 422, response.StatusCode, "%s: %.60s", test.field, value)
			assert.Containsf(t, fmt.Sprint(answer["fields"]), test.field, "%.60s", value)
			_ = response.Body.Close()
		}
		if test.field == "contactId" || test.field == "version" || test.field == "completedAt" {
			continue
		}
		response, answer := send(t, server, "POST", path, fmt.Sprintf(`{%q:null}`, test.field))
		assert.Equalf(t, 201, response.StatusCode, "%s: null means unset in a new record: %v", test.field, answer)
		_ = response.Body.Close()
	}
}

// fieldsOf splits a list of JSON values.
func fieldsOf(t *testing.T, list string) func(func(string) bool) {
	t.Helper()
	return func(yield func(string) bool) {
		for decoder := json.NewDecoder(strings.NewReader(list)); decoder.More(); {
			var value json.RawMessage
			require.NoError(t, decoder.Decode(&value))
			if !yield(string(value)) {
				return
			}
		}
	}
}

func TestAnAppointmentEndsAfterItBegins(t *testing.T) {
	t.Parallel()
	_, client := sendapptest.Start(t)
	contact, start := create(t, client, "x"), time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC)
	made, err := client.Appointments.Create(t.Context(), contact.ContactID, sendapp.AppointmentCreate{
		StartTime: opt.Set(sendapp.At(start)), EndTime: opt.Set(sendapp.At(start)),
	})
	require.NoError(t, err)
	_, err = client.Appointments.Update(t.Context(), contact.ContactID, made.AppointmentID, sendapp.AppointmentUpdate{
		EndTime: opt.Set(sendapp.At(start.Add(-time.Minute))),
	})
	require.ErrorIs(t, err, sendapp.ErrInvalid)
	require.ErrorContains(t, err, "endTime is before startTime")
}

func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	_, client := sendapptest.Start(t)
	_, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{
		Phone: opt.Set("555"), Country: opt.Set("usa"), Timezone: opt.Set("Rome"), FirstName: opt.Set("Ann"),
	})
	var failed *sendapp.Error
	require.ErrorAs(t, err, &failed)
	var fields []string
	for _, field := range failed.Fields {
		fields = append(fields, field.Field)
	}
	assert.Equal(t, []string{"country", "phone", "timezone"}, fields)
}
