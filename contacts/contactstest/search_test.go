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

func (r raw) search(more string) object {
	r.t.Helper()
	return r.must("POST", "/contacts/search", `{"locationId":"LOCATION","pageLimit":2`+more+`}`)
}

// ids are those of the rows of an answer.
func ids(answer object, list string) []any {
	found := []any{}
	for _, row := range answer[list].([]any) {
		found = append(found, in(row, "id"))
	}
	return found
}

func TestRowsOfASearchHaveAShapeOfTheirOwn(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	id := r.contact(`"firstName":"Ann","lastName":"McDonald","address1":"1 Main St","email":"Ann@Example.com"`)
	row := in(r.search(""), "contacts", 0)
	assert.Equal(t, "mcdonald", in(row, "lastName"))
	assert.Equal(t, "McDonald", in(row, "lastNameRaw"))
	assert.Equal(t, "1 Main St", in(row, "address"))
	assert.NotContains(t, row, "address1")
	assert.Contains(t, row, "phone")
	assert.Nil(t, in(row, "phone"), "what is empty is null here")
	assert.Equal(t, id, in(row, "searchAfter", 1))
	assert.Equal(t, "McDonald", in(r.must("GET", "/contacts/"+id, ""), "contact", "lastName"))
}

func TestASearchRefusesWhatTheServiceRefuses(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	filter := func(field, operator, value string) string {
		return fmt.Sprintf(`{"locationId":"LOCATION","pageLimit":1,"filters":[{"field":%q,"operator":%q,"value":%s}]}`, field, operator, value)
	}
	for body, want := range map[string]string{
		`{"locationId":"LOCATION"}`:                                                                    "pageLimit should not be empty",
		`{"pageLimit":1}`:                                                                              "locationId should not be empty",
		`{"locationId":"LOCATION","pageLimit":501}`:                                                    "between 1 and 500",
		`{"locationId":"LOCATION","limit":1,"pageLimit":1}`:                                            "property limit should not exist",
		`{"locationId":"LOCATION","pageLimit":1,"page":1,"searchAfter":[]}`:                            "must not be sent together",
		`{"locationId":"LOCATION","pageLimit":500,"page":21}`:                                          "10000",
		`{"locationId":"LOCATION","pageLimit":1,"query":"` + strings.Repeat("x", 76) + `"}`:            "75 characters",
		`{"locationId":"LOCATION","pageLimit":1,"sort":[{"field":"phone"}]}`:                           "Invalid field phone",
		`{"locationId":"LOCATION","pageLimit":1,"sort":[{},{},{}]}`:                                    "at most 2",
		`{"locationId":"LOCATION","pageLimit":1,"searchAfter":[1]}`:                                    "searchAfter must be an array",
		filter("businessId", "eq", `"x"`):                                                              "Invalid field businessId",
		filter("email", "contains", `"xyz"`):                                                           "Invalid Operator (contains) passed for field email",
		filter("dateAdded", "eq", `"xyz"`):                                                             "Invalid Operator (eq) passed for field dateAdded",
		filter("tags", "contains", `"xy"`):                                                             "Min. 3 characters required for applying contains filter",
		filter("dateAdded", "range", `{"low":1}`):                                                      "Invalid value for 'range' operator for 'dateAdded' field",
		filter("dateAdded", "range", `{"gte":"yesterday"}`):                                            "Invalid value for 'range' operator for 'dateAdded' field",
		filter("customFields.nothing", "eq", `"x"`):                                                    "Invalid Filter field type - custom_fields.nothing! Check if custom field exists",
		`{"locationId":"LOCATION","pageLimit":1,"filters":[{"group":"OR","filters":[{"field":"x"}]}]}`: "Invalid field x",
	} {
		status, answer := r.do("POST", "/contacts/search", body)
		assert.Contains(t, []int{400, 422}, status, body)
		assert.Contains(t, fmt.Sprint(answer["message"]), want, body)
	}
}

func TestFiltersOfASearch(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := startRaw(t, contactstest.WithClock(func() time.Time { return now }))
	field := in(r.must("POST", "/locations/LOCATION/customFields", `{"name":"Size","dataType":"TEXT"}`), "customField", "id").(string)
	ann := r.contact(`"firstName":"Ann","email":"ann@example.com","city":"Rome","tags":["vip","old"],"customFields":[{"id":"` + field + `","value":"Large"}]`)
	now = now.Add(time.Hour)
	bob := r.contact(`"firstName":"Bob","city":"Oslo","tags":["viper"],"dnd":true`)
	sort := `,"sort":[{"field":"dateAdded","direction":"asc"}]`
	for filters, want := range map[string][]any{
		`{"field":"city","operator":"eq","value":"ROME"}`:                                                                                      {ann},
		`{"field":"city","operator":"not_eq","value":"Rome"}`:                                                                                  {bob},
		`{"field":"tags","operator":"eq","value":"vip"}`:                                                                                       {ann},
		`{"field":"tags","operator":"contains","value":"vip"}`:                                                                                 {ann, bob},
		`{"field":"email","operator":"exists"}`:                                                                                                {ann},
		`{"field":"email","operator":"not_exists"}`:                                                                                            {bob},
		`{"field":"dnd","operator":"eq","value":true}`:                                                                                         {bob},
		`{"field":"dnd","operator":"eq","value":false}`:                                                                                        {ann},
		`{"field":"firstNameLowerCase","operator":"not_contains","value":"ann"}`:                                                               {bob},
		`{"field":"customFields.` + field + `","operator":"eq","value":"large"}`:                                                               {ann},
		`{"field":"customFields.size","operator":"exists"}`:                                                                                    {ann},
		`{"field":"dateAdded","operator":"range","value":{"gte":"2026-01-01T01:00:00Z"}}`:                                                      {bob},
		`{"field":"dateAdded","operator":"range","value":{"lt":1767229200000}}`:                                                                {ann},
		`{"group":"OR","filters":[{"field":"id","operator":"eq","value":"` + ann + `"},{"field":"id","operator":"eq","value":"` + bob + `"}]}`: {ann, bob},
		`{"field":"city","operator":"eq","value":"Rome"},{"field":"city","operator":"eq","value":"Oslo"}`:                                      {},
	} {
		answer := r.search(sort + `,"filters":[` + filters + `]`)
		assert.Equal(t, want, ids(answer, "contacts"), filters)
		assert.InDelta(t, len(want), answer["total"], 0)
	}
	assert.Equal(t, []any{bob}, ids(r.search(`,"query":"BOB"`), "contacts"))
	assert.Equal(t, []any{bob, ann}, ids(r.search(`,"sort":[{"field":"firstNameLowerCase","direction":"desc"}]`), "contacts"))
}

func TestSearchAfterGoesOnWhereAContactWas(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := startRaw(t, contactstest.WithClock(func() time.Time { return now }))
	var all []any
	for range 5 {
		all = append(all, r.contact(""))
		now = now.Add(time.Hour)
	}
	const sort = `,"sort":[{"field":"dateAdded","direction":"asc"}]`
	answer := r.search(sort)
	assert.Equal(t, all[:2], ids(answer, "contacts"))
	place := fmt.Sprintf(`,"searchAfter":[%.0f,"%s"]`, in(answer, "contacts", 1, "searchAfter", 0), all[1])
	assert.Equal(t, all[2:4], ids(r.search(sort+place), "contacts"))
	r.must("DELETE", "/contacts/"+all[1].(string), "")
	assert.Equal(t, all[2:4], ids(r.search(sort+place), "contacts"), "the contact of the cursor is gone")
	assert.Equal(t, all[3:5], ids(r.search(sort+`,"page":2`), "contacts"))
	assert.Equal(t, []any{}, ids(r.search(sort+`,"page":5`), "contacts"))
}

func TestTheIndexOfSearchLagsBehind(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := startRaw(t, contactstest.WithIndexLag(3*time.Second), contactstest.WithClock(func() time.Time { return now }))
	id := r.contact(`"city":"Rome"`)
	assert.Empty(t, ids(r.search(""), "contacts"))
	r.must("GET", "/contacts/"+id, "")
	now = now.Add(3 * time.Second)
	assert.Equal(t, []any{id}, ids(r.search(""), "contacts"))
	r.must("PUT", "/contacts/"+id, `{"city":"Oslo"}`)
	assert.Equal(t, "Rome", in(r.search(""), "contacts", 0, "city"))
	r.must("DELETE", "/contacts/"+id, "")
	now = now.Add(2 * time.Second)
	assert.Equal(t, []any{id}, ids(r.search(""), "contacts"), "it is gone, and is found")
	now = now.Add(time.Second)
	assert.Empty(t, ids(r.search(""), "contacts"))
}

func TestTheDeprecatedListHasACursorOfTwoParts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := startRaw(t, contactstest.WithClock(func() time.Time { return now }))
	var all []any
	for range 3 {
		now = now.Add(time.Hour)
		all = append([]any{r.contact("")}, all...)
	}
	for _, r := range []raw{r, r.v3()} { // it still answers in v3
		answer := r.must("GET", "/contacts/?locationId=LOCATION&limit=2", "")
		assert.Equal(t, all[:2], ids(answer, "contacts"))
		assert.InDelta(t, 3, in(answer, "meta", "total"), 0)
		assert.Contains(t, in(answer, "meta", "nextPageUrl"), "http://localhost")
		path := fmt.Sprintf("/contacts/?locationId=LOCATION&limit=2&startAfter=%.0f&startAfterId=%s",
			in(answer, "meta", "startAfter"), in(answer, "meta", "startAfterId"))
		answer = r.must("GET", path, "")
		assert.Equal(t, all[2:], ids(answer, "contacts"))
		assert.Nil(t, in(answer, "meta", "nextPage"))
	}
	status, _ := r.do("GET", "/contacts/?locationId=LOCATION&limit=101", "")
	assert.Equal(t, 422, status)
}

func TestTaskSearchPagesByOffsetOverTheLocation(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	ann, bob := r.contact(""), r.contact("")
	task := func(contact, more string) any {
		answer := r.must("POST", "/contacts/"+contact+"/tasks", `{"title":"Call","dueDate":"2026-01-01T00:00:00Z"`+more+`}`)
		return in(answer, "task", "id")
	}
	first, second := task(ann, `,"completed":true`), task(ann, `,"completed":false,"assignedTo":"u"`)
	third := task(bob, `,"completed":false`)
	for query, want := range map[string][]any{
		`{}`:                            {first, second, third},
		`{"limit":1,"skip":1}`:          {second},
		`{"skip":9}`:                    {},
		`{"completed":false}`:           {second, third},
		`{"assignedTo":["u"]}`:          {second},
		`{"contactId":["` + bob + `"]}`: {third},
		`{"query":"mail"}`:              {},
	} {
		assert.Equal(t, want, ids(r.must("POST", "/locations/LOCATION/tasks/search", query), "tasks"), query)
	}
	r.must("DELETE", "/contacts/"+ann, "")
	assert.Equal(t, []any{third}, ids(r.must("POST", "/locations/LOCATION/tasks/search", `{}`), "tasks"))
	status, answer := r.do("POST", "/locations/LOCATION/tasks/search", `{"updatedSince":1}`)
	assert.Equal(t, 422, status)
	require.Contains(t, answer["message"], "property updatedSince should not exist")
}
