package sendapp_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
)

func TestAWrongTypeFailsNothing(t *testing.T) {
	t.Parallel()
	const data = `{"contactId":"c","firstName":5,"tags":"vip","customFields":{"n":12345678901234567890.10},
		"createdAt":"yesterday","updatedAt":1767323045000,"version":"7","loyalty":{"points":1}}`
	for name, unmarshal := range map[string]func([]byte, any) error{
		"encoding/json": json.Unmarshal,
		"v2":            func(data []byte, into any) error { return jsonv2.Unmarshal(data, into) },
	} {
		var contact sendapp.Contact
		require.NoError(t, unmarshal([]byte(data), &contact), name)
		assert.Equal(t, "c", contact.ContactID)
		assert.Empty(t, contact.FirstName)
		assert.Empty(t, contact.Tags)
		assert.Equal(t, "12345678901234567890.10", string(contact.CustomFields["n"]))
		assert.Zero(t, contact.CreatedAt.Time)
		assert.Equal(t, 2026, contact.UpdatedAt.Year())
		assert.Equal(t, "7", contact.Version)
		assert.Equal(t, map[string]json.RawMessage{
			"firstName": json.RawMessage("5"), "tags": json.RawMessage(`"vip"`), "loyalty": json.RawMessage(`{"points":1}`),
		}, contact.Extra())

		back, err := json.Marshal(contact)
		require.NoError(t, err)
		assert.JSONEq(t, data, string(back), "nothing is lost")
	}
}

var requests = []any{
	sendapp.ContactCreate{}, sendapp.ContactUpdate{}, sendapp.TaskCreate{}, sendapp.TaskUpdate{}, sendapp.NoteCreate{}, sendapp.NoteUpdate{},
	sendapp.AppointmentCreate{}, sendapp.AppointmentUpdate{},
}

// Every field of a request can be left out, cleared and set, and is called as
// in the record that it changes.
func TestRequestStructs(t *testing.T) {
	t.Parallel()
	for _, request := range requests {
		kind := reflect.TypeOf(request)
		for field := range kind.Fields() {
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			assert.Equal(t, "omitzero", options, "%s.%s", kind, field.Name)
			assert.True(t, strings.EqualFold(name, field.Name) && unicode.IsLower(rune(name[0])), "%s.%s is called %s", kind, field.Name, name)
			_, isOpt := field.Type.MethodByName("IsNull")
			assert.True(t, isOpt, "%s.%s is an opt.Opt", kind, field.Name)

			value := reflect.New(kind)
			require.NoError(t, json.Unmarshal([]byte(`{"`+name+`":null}`), value.Interface()))
			data, err := json.Marshal(value.Elem().Interface())
			require.NoError(t, err)
			assert.Equal(t, `{"`+name+`":null}`, string(data), "null stays null")
		}
		data, err := json.Marshal(request)
		require.NoError(t, err)
		assert.Equal(t, "{}", string(data), "%s: unset fields are left out", kind)
	}
}

func TestARequestCanBeReadBack(t *testing.T) {
	t.Parallel()
	update := sendapp.ContactUpdate{
		FirstName: opt.Set("Ann \x00 🎉"), Phone: opt.Null[string](), Tags: opt.Set[[]string](nil),
		CustomFields: opt.Set(map[string]json.RawMessage{"n": json.RawMessage("12345678901234567890"), "gone": json.RawMessage("null")}),
		DoNotDisturb: opt.Set(map[string]opt.Opt[bool]{"sms": opt.Set(false), "call": opt.Null[bool]()}),
	}
	data, err := json.Marshal(update)
	require.NoError(t, err)
	assert.JSONEq(t, `{"firstName":"Ann \u0000 🎉","phone":null,"tags":[],"customFields":{"n":12345678901234567890,"gone":null},
		"doNotDisturb":{"sms":false,"call":null}}`, string(data))
	var back sendapp.ContactUpdate
	require.NoError(t, json.Unmarshal(data, &back))
	again, err := json.Marshal(back)
	require.NoError(t, err)
	assert.Equal(t, string(data), string(again))
}

// Whatever a server answers, decoding doesn't fail or panic if it is JSON, both
// decoders agree, and what they made can be written and read again.
func FuzzAnswers(f *testing.F) {
	f.Add(`{"contactId":"c","version":"1","tags":["a"],"customFields":{"n":1e400},"x":[{}]}`)
	f.Add(`{"taskId":5,"dueDate":"2026-01-02","status":null,"dueDate":""}`)
	f.Add(`{"appointmentId":"a","startTime":1767323045000,"status":7,"subjectId":"s","occurredAt":"x"}`)
	f.Add(`[null]`)
	f.Add("{\"noteId\":\"\xff\",\"pinned\":\"yes\"}")
	f.Fuzz(func(t *testing.T, data string) {
		for _, into := range []func() any{
			func() any { return new(sendapp.Contact) }, func() any { return new(sendapp.Task) }, func() any { return new(sendapp.Note) },
			func() any { return new(sendapp.Appointment) }, func() any { return new(sendapp.Activity) },
		} {
			one, two := into(), into()
			if json.Unmarshal([]byte(data), one) != nil {
				return // not JSON
			}
			if jsonv2.Unmarshal([]byte(data), two) != nil {
				return // stricter: repeated names, invalid UTF-8
			}
			assert.Equal(t, one, two)
			written, err := json.Marshal(one)
			require.NoError(t, err)
			again := into()
			require.NoError(t, json.Unmarshal(written, again))
			rewritten, err := json.Marshal(again)
			require.NoError(t, err)
			assert.Equal(t, string(written), string(rewritten))
		}
	})
}

// The same of what is only read.
func FuzzProfiles(f *testing.F) {
	f.Add(`{"contactId":"c","tasks":[{"taskId":5},null],"notes":{},"activity":[{"type":1}],"incomplete":["tasks",1],"x":1}`)
	f.Add(`{"webhookId":"w","secret":5,"events":["a",1],"url":null}`)
	f.Fuzz(func(t *testing.T, data string) {
		for _, into := range []func() any{
			func() any { return new(sendapp.Profile) }, func() any { return new(sendapp.Subscription) },
		} {
			one, two := into(), into()
			if json.Unmarshal([]byte(data), one) != nil || jsonv2.Unmarshal([]byte(data), two) != nil {
				return
			}
			assert.Equal(t, one, two)
		}
	})
}

func TestRequestsHaveTheFieldsOfTheirRecords(t *testing.T) {
	t.Parallel()
	readOnly := []string{"ContactID", "TaskID", "NoteID", "AppointmentID", "CompletedAt", "CreatedAt", "UpdatedAt", "Version"}
	for _, pair := range [][2]any{
		{sendapp.Contact{}, sendapp.ContactUpdate{}}, {sendapp.Task{}, sendapp.TaskUpdate{}}, {sendapp.Note{}, sendapp.NoteUpdate{}},
		{sendapp.Appointment{}, sendapp.AppointmentUpdate{}},
	} {
		record, request := reflect.TypeOf(pair[0]), reflect.TypeOf(pair[1])
		for field := range record.Fields() {
			if !field.IsExported() || slices.Contains(readOnly, field.Name) {
				continue
			}
			_, found := request.FieldByName(field.Name)
			assert.True(t, found, "%s lacks %s", request, field.Name)
		}
	}
}
