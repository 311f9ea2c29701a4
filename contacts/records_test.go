package contacts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
)

// fullContact has each field, and some that are not known.
const fullContact = `{
	"id":"c1","locationId":"l1","firstName":"Ada","lastName":"L\u00f6velace","name":"Ada L","email":"ada@example.com",
	"phone":"+15551234567","companyName":"Engines","address1":"1 St","city":"London","state":"L","postalCode":"N1",
	"country":"GB","website":"https://example.com","timezone":"Europe/London","dateOfBirth":"1815-12-10","gender":"f",
	"source":"form","type":"lead","assignedTo":"u1","businessId":"b1","tags":["vip","math"],
	"customFields":[{"id":"f1","value":12.50},{"id":"f2","value":{"a":[1]},"new":1}],"followers":["u2"],"dnd":true,
	"dndSettings":{"SMS":{"status":"active","code":"101","new":1},"RCS":{"status":"permanent"},"Fax":{"status":"inactive"}},
	"inboundDndSettings":{"all":{"status":"active"}},
	"dateAdded":"2021-11-26T12:41:02.193Z","dateUpdated":"2021-11-26T12:41:02.193Z","lastActivity":1637930462193,
	"searchAfter":[1,"c1"],"emailLowerCase":"ada@example.com","attributionSource":{"url":"x","utmSource":"y"},"visitorId":7
}`

func TestAContactIsReadWithoutLoss(t *testing.T) {
	t.Parallel()
	var contact Contact
	require.NoError(t, json.Unmarshal([]byte(fullContact), &contact))
	assert.Equal(t, "Lövelace", contact.LastName)
	assert.Len(t, contact.Extra(), 3)
	assert.Equal(t, int64(1637930462193), contact.LastActivity.UnixMilli())
	assert.Len(t, contact.DNDSettings, 3)
	data, err := json.Marshal(contact)
	require.NoError(t, err)
	assert.JSONEq(t, fullContact, string(data))
}

// TestAWrongTypeLosesNothing gives each member of a contact a value of each wrong
// type: the others must be read, and it must be kept.
func TestAWrongTypeLosesNothing(t *testing.T) {
	t.Parallel()
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(fullContact), &members))
	var whole Contact
	require.NoError(t, json.Unmarshal([]byte(fullContact), &whole))
	for name := range members {
		for _, wrong := range []string{`"x"`, `7`, `-1.5e300`, `true`, `[]`, `[1,"a",{}]`, `{}`, `{"a":{"status":1}}`, `[{"id":5}]`} {
			changed := maps.Clone(members)
			changed[name] = json.RawMessage(wrong)
			data, err := json.Marshal(changed)
			require.NoError(t, err)
			var contact Contact
			require.NoError(t, json.Unmarshal(data, &contact), "%s: %s", name, wrong)
			if name != "id" {
				assert.Equal(t, "c1", contact.ID)
			}
			if name != "tags" {
				assert.Equal(t, whole.Tags, contact.Tags)
			}
			back, err := json.Marshal(contact)
			require.NoError(t, err)
			assert.JSONEq(t, string(data), string(back), "%s: %s", name, wrong)
		}
	}
}

func TestRowsOfASearchHaveTheSameFields(t *testing.T) {
	t.Parallel()
	var row Contact
	require.NoError(t, json.Unmarshal([]byte(`{"contactName":"ada l","address":"1 St","phone":null,"dateOfBirth":null}`), &row))
	assert.Equal(t, "ada l", row.Name)
	assert.Equal(t, "1 St", row.Address1)
	assert.Empty(t, row.Extra())
}

func TestEditableSendsOnlyWhatTheServiceTakes(t *testing.T) {
	t.Parallel()
	var contact Contact
	require.NoError(t, json.Unmarshal([]byte(strings.Replace(fullContact, "1815-12-10", "1815-12-10T00:00:00.000Z", 1)), &contact))
	update := contact.Editable()
	update.City = opt.Set("Paris")
	data, err := json.Marshal(update)
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"firstName":"Ada","lastName":"Lövelace","name":"Ada L","email":"ada@example.com","phone":"+15551234567",
		"address1":"1 St","city":"Paris","state":"L","postalCode":"N1","country":"GB","website":"https://example.com",
		"timezone":"Europe/London","dateOfBirth":"1815-12-10","source":"form","assignedTo":"u1","tags":["vip","math"],
		"customFields":[{"id":"f1","field_value":12.50},{"id":"f2","field_value":{"a":[1]}}],"dnd":true,
		"dndSettings":{"SMS":{"status":"active","code":"101"},"Fax":{"status":"inactive"}},
		"inboundDndSettings":{"all":{"status":"active"}}
	}`, string(data))

	data, err = json.Marshal((&Contact{ID: "c1"}).Editable())
	require.NoError(t, err)
	assert.JSONEq(t, `{"dnd":false}`, string(data))
}

// records are all types with a generated decoder.
func records() []any {
	return []any{
		&Contact{}, &Task{}, &Note{}, &Appointment{}, &Calendar{}, &Location{}, &LocationSettings{}, &Tag{},
		&CustomField{}, &CustomFieldValue{}, &DNDSetting{}, &TagsUpdated{}, &Installation{}, &Trial{},
		&WhitelabelDetails{}, &InstalledLocation{}, &eventEnvelope{}, &appointmentEvent{},
	}
}

// FuzzRecords reads any JSON as every type: nothing panics, both JSON packages
// agree, a member that encoding/json takes for its field is what it says, and
// encoding what was read and reading it again changes nothing.
func FuzzRecords(f *testing.F) {
	f.Add([]byte(fullContact))
	f.Add([]byte(`{"id":1,"id":"a","tags":[1],"customFields":[null,{}],"dndSettings":{"sms":5},"startTime":"x","isActive":"true"}`))
	f.Add([]byte(`{"isWhitelabelCompany":1,"trial":{"onTrial":"x","trialDuration":1e99},"settings":[],"maxFileLimit":1.5}`))
	f.Add([]byte(`[{"id":"a"}]`))
	f.Add([]byte(`{"":{}}`))
	f.Add([]byte("{\"name\":\"\xff\",\"email\":\"\\ud800\"}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, record := range records() {
			kind := reflect.TypeOf(record).Elem()
			v1, v2 := reflect.New(kind).Interface(), reflect.New(kind).Interface()
			err := json.Unmarshal(data, v1)
			if !json.Valid(data) {
				require.Error(t, err)
				continue
			}
			require.NoError(t, err)
			require.NoError(t, jsonv2.Unmarshal(data, v2, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)))
			require.Equal(t, v1, v2, kind.Name())
			back, err := json.Marshal(v1)
			require.NoError(t, err)
			again := reflect.New(kind).Interface()
			require.NoError(t, json.Unmarshal(back, again))
			once, err := json.Marshal(again)
			require.NoError(t, err)
			if utf8.Valid(data) {
				require.Equal(t, exact(t, back), exact(t, once), kind.Name())
			}
			agrees(t, kind, reflect.ValueOf(v1).Elem(), data)
		}
	})
}

// exact is JSON with its numbers as they are: some are larger than a float64.
func exact(t *testing.T, data []byte) (value any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&value))
	return value
}

// agrees compares a record's fields of plain types with what encoding/json reads
// of their members.
func agrees(t *testing.T, kind reflect.Type, record reflect.Value, data []byte) {
	t.Helper()
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) != nil || repeats(data) || !utf8.Valid(data) {
		return
	}
	for field := range kind.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		value, sent := members[name]
		if name == "" || !sent || string(value) == "null" || field.Tag.Get("also") != "" {
			continue
		}
		want := reflect.New(field.Type)
		if json.Unmarshal(value, want.Interface()) == nil {
			require.Equal(t, want.Elem().Interface(), record.FieldByIndex(field.Index).Interface(), "%s.%s", kind.Name(), field.Name)
		}
	}
}

// repeats reports whether an object in a text has a name twice, where the two
// packages may choose differently.
func repeats(data []byte) bool {
	var value any
	return jsonv2.Unmarshal(data, &value) != nil
}

// FuzzAnswers answers every operation with any status and body: nothing panics, an
// error is typed and shows nothing of the request.
func FuzzAnswers(f *testing.F) {
	calls := everything()
	var names []string
	for name, call := range calls {
		names = append(names, name)
		f.Add(200, []byte(call.answer))
	}
	for _, status := range []int{200, 400, 401, 422, 429, 500} {
		f.Add(status, []byte(`{"message":["property x should not exist",5],"error":7,"traceId":"t","meta":{"contactId":9}}`))
		f.Add(status, []byte(`{"contact":[],"contacts":{},"tasks":[[]],"total":"x","succeded":"x"}`))
		f.Add(status, []byte(`<html>`))
		f.Add(status, []byte(`{"access_token":"new","refresh_token":5,"expires_in":"1e300","scope":[],"locations":[null,{"_id":7}],"count":"x"}`))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		failures := map[string]error{}
		client := stubbed(t, always(status, string(body)))
		for _, name := range names {
			failures[name] = calls[name].send(t.Context(), client)
		}
		oauth := authorized(t, []ClientOption{
			WithHTTPClient(&http.Client{Transport: always(status, string(body))}), WithLimiter(nil), WithRetry(RetryPolicy{}),
		})
		failures["exchange"] = second(oauth.Exchange(t.Context(), grantCode))
		failures["mint"] = second(oauth.Mint(t.Context(), "comp", "loc"))
		failures["locations"] = second(oauth.InstalledLocationsPage(t.Context(), "comp", ""))
		for name, err := range failures {
			if status >= 300 {
				var e *Error
				require.ErrorAs(t, err, &e, name)
				require.Equal(t, status, e.Status)
			}
			if err != nil {
				for _, secret := range tokens {
					require.NotContains(t, fmt.Sprintf("%+v", err), secret)
				}
			}
		}
	})
}
