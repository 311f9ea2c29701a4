package contactstest_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts/contactstest"
)

// fill makes one record of each kind.
func (r raw) fill() (contact string) {
	r.t.Helper()
	id := r.contact(`"firstName":"Ann","email":"ann@example.com","tags":["vip"]`)
	path := "/contacts/" + id
	r.must("POST", path+"/tasks", `{"title":"x","dueDate":"2026-01-01T00:00:00Z","completed":false}`)
	r.must("POST", path+"/notes", `{"body":"x"}`)
	r.must("POST", path+"/campaigns/c", `{}`)
	r.must("POST", path+"/workflow/w", `{}`)
	event := r.appointment(id, "")["id"].(string)
	r.must("POST", "/calendars/appointments/"+event+"/notes", `{"body":"x"}`)
	r.must("POST", "/locations/LOCATION/tags", `{"name":"x"}`)
	r.must("POST", "/locations/LOCATION/customFields", `{"name":"x","dataType":"TEXT"}`)
	_, err := r.server.Authorize(contactstest.LocationToken)
	require.NoError(r.t, err)
	return id
}

func (r raw) saved() string {
	r.t.Helper()
	var saved bytes.Buffer
	require.NoError(r.t, r.server.Save(&saved))
	return saved.String()
}

func TestALoadedServerIsTheSavedOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := startRaw(t)
	id := r.fill()
	saved := r.saved()

	other := startRaw(t, contactstest.WithDir(dir), contactstest.WithSeed(9))
	gone := other.contact("")
	require.NoError(t, other.server.Load(strings.NewReader(saved)))
	assert.JSONEq(t, saved, other.saved())
	status, _ := other.do("GET", "/contacts/"+gone, "")
	assert.Equal(t, 400, status)
	assert.Equal(t, []any{id}, ids(other.search(""), "contacts"))
	status, _ = other.do("POST", "/contacts/", `{"locationId":"LOCATION","email":"ann@example.com"}`)
	assert.Equal(t, 400, status, "it is a duplicate")
	require.NoError(t, other.server.Close())

	again := startRaw(t, contactstest.WithDir(dir))
	assert.JSONEq(t, saved, again.saved(), "the journal has it, too")
	campaigns, _ := again.server.Memberships(id)
	assert.Equal(t, []string{"c"}, campaigns)

	for _, broken := range []string{"", "[", `{}`, `[{"kind":"x","id":"y","value":{}}]`, `[{"kind":"contact","id":"","value":{}}]`, `[{"kind":"contact","id":"x"}]`} {
		require.Error(t, again.server.Load(strings.NewReader(broken)), broken)
	}
	assert.JSONEq(t, saved, again.saved())
}

func TestTheSameSeedMakesTheSameIDs(t *testing.T) {
	t.Parallel()
	var first []string
	for _, seed := range []uint64{3, 3, 4} {
		first = append(first, startRaw(t, contactstest.WithSeed(seed)).contact(""))
	}
	assert.Equal(t, first[0], first[1])
	assert.NotEqual(t, first[0], first[2])
}

func TestADeletedContactTakesAllThatBelongsToIt(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	empty := r.saved()
	r.must("DELETE", "/contacts/"+r.fill(), "")
	for _, kind := range []string{"contact", "task", "note", "appointment", "appointmentNote", "campaign", "workflow"} {
		assert.NotContains(t, r.saved(), `"kind":"`+kind+`"`)
	}
	require.NoError(t, r.server.Load(strings.NewReader(empty)))
	assert.JSONEq(t, empty, r.saved())
}
