package contacts

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// manyContacts answers a search in pages by searchAfter.
func manyContacts(total int) stub {
	return func(s sent) reply {
		var body struct {
			PageLimit   int
			Page        *int
			SearchAfter []any
		}
		if err := json.Unmarshal([]byte(s.body), &body); err != nil || body.Page != nil {
			return reply{status: http.StatusUnprocessableEntity}
		}
		begin := 0
		if len(body.SearchAfter) > 0 {
			begin = int(body.SearchAfter[0].(float64)) + 1
		}
		var rows []string
		for i := begin; i < min(begin+body.PageLimit, total); i++ {
			rows = append(rows, fmt.Sprintf(`{"id":"c%d","searchAfter":[%d,"c%d"]}`, i, i, i))
		}
		return reply{body: fmt.Sprintf(`{"contacts":[%s],"total":%d}`, strings.Join(rows, ","), total)}
	}
}

func TestASearchGoesOnPastTenThousand(t *testing.T) {
	t.Parallel()
	const total = 11_000
	client := stubbed(t, manyContacts(total))
	seen := map[string]bool{}
	for contact, err := range client.Contacts.Search(t.Context(), SearchQuery{}) {
		require.NoError(t, err)
		seen[contact.ID] = true
	}
	assert.Len(t, seen, total)
}

func TestAnIteratorCanBeRangedOverAgain(t *testing.T) {
	t.Parallel()
	client := stubbed(t, manyContacts(25))
	all := client.Contacts.Search(t.Context(), SearchQuery{Limit: 10})
	for range 2 {
		count := 0
		for _, err := range all {
			require.NoError(t, err)
			count++
		}
		assert.Equal(t, 25, count)
	}
	for range all {
		break
	}
}

func TestACursorCanBeKept(t *testing.T) {
	t.Parallel()
	client := stubbed(t, manyContacts(25))
	page, err := client.Contacts.SearchPage(t.Context(), SearchQuery{Limit: 20}, "")
	require.NoError(t, err)
	assert.Equal(t, 25, page.Total)
	kept := page.Next
	assert.JSONEq(t, `[19,"c19"]`, kept)
	page, err = client.Contacts.SearchPage(t.Context(), SearchQuery{Limit: 20}, kept)
	require.NoError(t, err)
	assert.Equal(t, "c20", page.Items[0].ID)
	assert.Empty(t, page.Next)
}

func TestACursorThatComesAgainIsAnError(t *testing.T) {
	t.Parallel()
	for name, cursors := range map[string][]string{"at once": {`[1,"a"]`}, "in a circle": {`[1,"a"]`, `[2,"b"]`, `[3,"c"]`}} {
		asked := 0
		client := stubbed(t, func(sent) reply {
			asked++
			return reply{body: fmt.Sprintf(`{"contacts":[{"id":"c","searchAfter":%s}]}`, cursors[asked%len(cursors)])}
		})
		var last error
		for _, err := range client.Contacts.Search(t.Context(), SearchQuery{Limit: 1}) {
			last = err
		}
		require.ErrorContains(t, last, "would never end", name)
		assert.Equal(t, len(cursors)+1, asked, name)
	}
}

func TestAFullPageWithoutACursorIsAnError(t *testing.T) {
	t.Parallel()
	for _, row := range []string{`{"id":"c"}`, `{"id":"c","searchAfter":[1]}`, `{"id":"c","searchAfter":"x"}`} {
		client := stubbed(t, always(200, `{"contacts":[`+row+`],"total":2}`))
		_, err := client.Contacts.SearchPage(t.Context(), SearchQuery{Limit: 1}, "")
		require.ErrorIs(t, err, ErrUnavailable, "%s: it is not the caller's mistake", row)
	}
}

func TestAnErrorEndsAnIterator(t *testing.T) {
	t.Parallel()
	client := stubbed(t, always(500, ``))
	count := 0
	for contact, err := range client.Contacts.Search(t.Context(), SearchQuery{}) {
		count++
		assert.Nil(t, contact)
		assert.ErrorIs(t, err, ErrUnavailable)
	}
	assert.Equal(t, 1, count)
}

func TestASearchIsSentAsTheServiceWantsIt(t *testing.T) {
	t.Parallel()
	var body string
	client := stubbed(t, func(s sent) reply {
		body = s.body
		return reply{body: `{"contacts":[null,{"id":"c1"}],"total":"1"}`}
	})
	page, err := client.Contacts.SearchPage(t.Context(), SearchQuery{
		UpdatedSince: fixed, AddedBefore: fixed, Query: "ada",
		Filters: []Filter{
			Equal(FieldTags, "vip"), AnyOf(Exists(FieldEmail), NotExists(FieldPhone)),
			AllOf(NotEqual(FieldDND, true), Contains(FieldCity, "lon")), Equal(FieldOfCustom("f1"), "M"),
		},
		Sort: []Sort{{FieldDateUpdated, Ascending}},
	}, `[1767323045006,"c0"]`)
	require.NoError(t, err)
	assert.Len(t, page.Items, 1, "what is null is left out")
	assert.Equal(t, 1, page.Total, "a number that is a text is read")
	assert.JSONEq(t, `{
		"locationId":"`+testLocation+`","pageLimit":500,"searchAfter":[1767323045006,"c0"],"query":"ada",
		"filters":[
			{"field":"dateUpdated","operator":"range","value":{"gte":"2026-01-02T03:04:05.006Z"}},
			{"field":"dateAdded","operator":"range","value":{"lt":"2026-01-02T03:04:05.006Z"}},
			{"field":"tags","operator":"eq","value":"vip"},
			{"group":"OR","filters":[{"field":"email","operator":"exists"},{"field":"phone","operator":"not_exists"}]},
			{"group":"AND","filters":[{"field":"dnd","operator":"not_eq","value":true},{"field":"city","operator":"contains","value":"lon"}]},
			{"field":"customFields.f1","operator":"eq","value":"M"}
		],
		"sort":[{"field":"dateUpdated","direction":"asc"}]
	}`, body)
}

func TestTheOlderListUsesBothPartsOfItsCursor(t *testing.T) {
	t.Parallel()
	asked := 0
	client := stubbed(t, func(s sent) reply {
		q := s.URL.Query()
		switch asked++; asked {
		case 1:
			assert.Empty(t, q.Get("startAfter"))
			return reply{body: `{"contacts":[{"id":"c1","dateAdded":"2026-01-02T03:04:05.006Z"}],"meta":{"nextPageUrl":"http://localhost"}}`}
		case 2:
			assert.Equal(t, strconv.FormatInt(fixed.UnixMilli(), 10), q.Get("startAfter"))
			assert.Equal(t, "c1", q.Get("startAfterId"))
			return reply{body: `{"contacts":[]}`}
		}
		return reply{status: 500}
	})
	count := 0
	for _, err := range client.Contacts.List(t.Context(), ListQuery{Limit: 1, Query: "ada"}) {
		require.NoError(t, err)
		count++
	}
	assert.Equal(t, 1, count)
}

// byOffset answers a listing of five by an offset.
func byOffset(member, parameter, more string) stub {
	return func(s sent) reply {
		skip, _ := strconv.Atoi(s.URL.Query().Get(parameter))
		if parameter == "" {
			var body struct{ Skip int }
			_ = json.Unmarshal([]byte(s.body), &body)
			skip = body.Skip
		}
		var rows []string
		for i := skip; i < min(skip+2, 5); i++ {
			rows = append(rows, fmt.Sprintf(`{"id":"%d"}`, i))
		}
		return reply{body: fmt.Sprintf(`{%q:[%s]%s}`, member, strings.Join(rows, ","), strings.ReplaceAll(more, "?", strconv.FormatBool(skip+2 < 5)))}
	}
}

func TestListingsByOffset(t *testing.T) {
	t.Parallel()
	client := stubbed(t, byOffset("contacts", "skip", ""))
	count := 0
	for _, err := range client.Businesses.ListContacts(t.Context(), "b1", ListQuery{Query: "x"}) {
		require.NoError(t, err)
		count++
	}
	assert.Equal(t, 5, count)

	client = stubbed(t, byOffset("notes", "offset", `,"hasMore":?`))
	for _, err := range client.Appointments.ListNotes(t.Context(), "e1") {
		require.NoError(t, err)
		count++
	}
	assert.Equal(t, 10, count)

	client = stubbed(t, byOffset("tasks", "", ""))
	for _, err := range client.Tasks.Search(t.Context(), TaskQuery{}) {
		require.NoError(t, err)
		count++
	}
	assert.Equal(t, 15, count)
}

// A service that does not look at the offset answers the same page for ever.
func TestAListingByOffsetThatStaysIsAnError(t *testing.T) {
	t.Parallel()
	asked := 0
	client := stubbed(t, func(sent) reply {
		asked++
		return reply{body: `{"contacts":[{"id":"a"},{"id":"b"}],"tasks":[{"id":"a"},{"id":"b"}],"notes":[{"id":"a"},{"id":"b"}],"hasMore":true}`}
	})
	for name, listing := range map[string]func() (count int, last error){
		"businesses": func() (int, error) { return counted(client.Businesses.ListContacts(t.Context(), "b1", ListQuery{})) },
		"tasks":      func() (int, error) { return counted(client.Tasks.Search(t.Context(), TaskQuery{})) },
		"notes":      func() (int, error) { return counted(client.Appointments.ListNotes(t.Context(), "e1")) },
	} {
		asked = 0
		count, err := listing()
		require.ErrorContains(t, err, "would never end", name)
		assert.Equal(t, 2, count, name)
		assert.Equal(t, 2, asked, name)
	}
	_, err := client.Tasks.SearchPage(t.Context(), TaskQuery{}, "2 a")
	require.Error(t, err, "a cursor that was kept")
	_, err = client.Tasks.SearchPage(t.Context(), TaskQuery{}, "2 x")
	require.NoError(t, err)
}

// counted is how many items an iterator has, and its error.
func counted[T any](items iter.Seq2[*T, error]) (count int, last error) {
	for _, err := range items {
		if err != nil {
			return count, err
		}
		count++
	}
	return count, nil
}

// A row that is null is left out, and ends no listing.
func TestARowThatIsNullEndsNoListing(t *testing.T) {
	t.Parallel()
	client := stubbed(t, func(s sent) reply {
		if strings.Contains(s.body, "searchAfter") || s.URL.Query().Has("startAfter") {
			return reply{body: `{"contacts":[{"id":"c"}]}`}
		}
		return reply{body: `{"contacts":[{"id":"a","dateAdded":"2026-01-02T03:04:05.006Z","searchAfter":[1,"a"]},null]}`}
	})
	count, err := counted(client.Contacts.Search(t.Context(), SearchQuery{Limit: 2}))
	require.NoError(t, err)
	assert.Equal(t, 2, count)
	count, err = counted(client.Contacts.List(t.Context(), ListQuery{Limit: 2}))
	require.NoError(t, err)
	assert.Equal(t, 2, count)
}

func TestTasksOfASearchMayBeListsOfLists(t *testing.T) {
	t.Parallel()
	client := stubbed(t, always(200, `{"tasks":[[{"id":"t1"},{"id":"t2"}],{"id":"t3"},null,[]]}`))
	page, err := client.Tasks.SearchPage(t.Context(), TaskQuery{}, "")
	require.NoError(t, err)
	var ids []string
	for _, task := range page.Items {
		ids = append(ids, task.ID)
	}
	assert.Equal(t, []string{"t1", "t2", "t3"}, ids)
	_, err = stubbed(t, always(200, `{"tasks":5}`)).Tasks.SearchPage(t.Context(), TaskQuery{}, "")
	require.Error(t, err)
}

func FuzzCursor(f *testing.F) {
	for _, cursor := range []string{"", "17", "17 c", "17 ", `[1,"c"]`, `["a",{}]`, `[1]`, "null", `[1,"c"`, "-1"} {
		f.Add(cursor)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		reached := ""
		client := stubbed(t, func(s sent) reply {
			reached = s.body
			return reply{body: `{"contacts":[],"tasks":[],"notes":[]}`}
		})
		_, err := client.Contacts.SearchPage(t.Context(), SearchQuery{}, cursor)
		if err == nil {
			assert.True(t, json.Valid([]byte(reached)))
		} else {
			assert.ErrorIs(t, err, ErrInvalid)
		}
		for _, err := range []error{
			second(client.Contacts.ListPage(t.Context(), ListQuery{}, cursor)),
			second(client.Tasks.SearchPage(t.Context(), TaskQuery{}, cursor)),
			second(client.Appointments.ListNotesPage(t.Context(), "e", cursor)),
			second(client.Businesses.ListContactsPage(t.Context(), "b", ListQuery{}, cursor)),
		} {
			assert.True(t, err == nil || errors.Is(err, ErrInvalid), "%v", err)
		}
	})
}

func TestEventsAreAskedForInMilliseconds(t *testing.T) {
	t.Parallel()
	client := stubbed(t, func(s sent) reply {
		q := s.URL.Query()
		assert.Equal(t, "1767323045006", q.Get("startTime"))
		assert.Equal(t, "1767326645006", q.Get("endTime"))
		assert.Equal(t, "g1", q.Get("groupId"))
		return reply{body: `{"events":[{"id":"e1","startTime":"2026-01-02T03:04:05+05:30","appoinmentStatus":"confirmed"}]}`}
	})
	events, err := client.Calendars.ListEvents(t.Context(), EventQuery{GroupID: "g1", From: fixed, To: fixed.Add(time.Hour)})
	require.NoError(t, err)
	assert.Equal(t, AppointmentConfirmed, events[0].AppointmentStatus)
}
