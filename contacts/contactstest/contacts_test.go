package contactstest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
)

func TestTheServerHasEveryOperationOfTheClient(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	for _, operation := range contacts.Operations() {
		// Whatever it answers, it is known by the client's name for it.
		r.send(operation.Method, operation.Path, "")
		assert.Equal(t, 1, r.server.Requests()[operation.Name], operation.Name)
	}
	assert.Zero(t, r.server.Requests()["unknown"])
}

func TestALiteralPathWinsOverAnID(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	status, answer := r.do("GET", "/contacts/lookup", "")
	assert.Equal(t, 400, status)
	assert.Equal(t, "Contact with id lookup not found", answer["message"])
	r.must("GET", "/contacts/search/duplicate?locationId=LOCATION&email=a@example.com", "")
	r.must("GET", "/contacts/business/63771dcac1116f0e21de8e12?locationId=LOCATION", "")
	status, answer = r.do("GET", "/contacts/business/tasks/x/y", "")
	assert.Equal(t, 404, status)
	assert.Equal(t, "Cannot GET /contacts/business/tasks/x/y", answer["message"])
}

func TestCreateAnswersAShapeOfItsOwnBeforeV3(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	body := `{"locationId":"LOCATION"}`
	assert.Contains(t, in(r.must("POST", "/contacts/", body), "contact"), "bounceEmail")
	assert.NotContains(t, in(r.v3().must("POST", "/contacts/", body), "contact"), "bounceEmail")
}

func TestWhatIsEmptyIsAbsentFromReadsByID(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	id := r.contact(`"firstName":"Ann","city":"","website":null`)
	contact := in(r.must("GET", "/contacts/"+id, ""), "contact")
	assert.NotContains(t, contact, "city")
	assert.NotContains(t, contact, "website")
	assert.NotContains(t, contact, "lastName")
	assert.Equal(t, "ann", in(contact, "firstNameLowerCase"))
}

func TestUnknownPropertiesAndWrongTypesAreRefusedWithAListOfMessages(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	id := r.contact("")
	for path, bodies := range map[string]map[string]string{
		"/contacts/" + id: {
			`{"locationId":"LOCATION"}`:      "property locationId should not exist",
			`{"gender":"f"}`:                 "property gender should not exist",
			`{"companyName":"x"}`:            "property companyName should not exist",
			`{"additionalEmails":[]}`:        "property additionalEmails should not exist",
			`{"firstName":3}`:                "firstName must be a string",
			`{"tags":"a"}`:                   "tags must be an array",
			`{"customFields":{}}`:            "customFields must be an array",
			`{"dnd":"yes"}`:                  "dnd must be a boolean value",
			`{"dateOfBirth":"tomorrow"}`:     "dateOfBirth must be a valid date",
			`{"dndSettings":{"Fax":{}}}`:     "dndSettings.property Fax should not exist",
			`{"customFields":[{"value":1}]}`: "customFields.0.id must be a string",
		},
	} {
		for body, message := range bodies {
			status, answer := r.do("PUT", path, body)
			assert.Equal(t, 422, status, body)
			assert.Equal(t, []any{message}, answer["message"], body)
			assert.Equal(t, "Unprocessable Entity", answer["error"])
		}
	}
	for _, child := range []string{"notes", "tags"} {
		status, answer := r.do("POST", "/contacts/"+id+"/"+child, `{"locationId":"LOCATION"}`)
		assert.Equal(t, 422, status)
		assert.Contains(t, answer["message"], "property locationId should not exist")
	}
}

func TestADateOfBirthIsTakenInEightFormats(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	id := r.contact("")
	for _, date := range []string{
		"1990/12/31", "12/31/1990", "1990-12-31", "12-31-1990", "1990.12.31", "12.31.1990", "1990_12_31", "12_31_1990",
	} {
		answer := r.must("PUT", "/contacts/"+id, `{"dateOfBirth":"`+date+`"}`)
		assert.Equal(t, "1990-12-31", in(answer, "contact", "dateOfBirth"), date)
	}
	answer := r.must("PUT", "/contacts/"+id, `{"dateOfBirth":null}`)
	assert.NotContains(t, in(answer, "contact"), "dateOfBirth")
}

func TestACustomFieldsValueHasThreeNamesAndItsKeyWillDo(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	field := in(r.must("POST", "/locations/LOCATION/customFields", `{"name":"Shirt Size","dataType":"TEXT"}`), "customField", "id").(string)
	id := r.contact("")
	for i, write := range []string{
		`{"id":"` + field + `","field_value":"0"}`, `{"id":"` + field + `","fieldValue":"1"}`, `{"id":"` + field + `","value":"2"}`,
		`{"key":"shirt_size","field_value":"3"}`, `{"key":"contact.shirt_size","field_value":"4"}`,
	} {
		answer := r.must("PUT", "/contacts/"+id, `{"customFields":[`+write+`]}`)
		want := []any{object{"id": field, "value": string(rune('0' + i))}}
		assert.Equal(t, want, in(answer, "contact", "customFields"))
	}
	r.must("PUT", "/contacts/"+id, `{"customFields":[{"key":"unknown","field_value":"x"}]}`)
	answer := r.must("PUT", "/contacts/"+id, `{"customFields":[{"id":"other","field_value":[1]}]}`)
	assert.Len(t, in(answer, "contact", "customFields"), 2, "what is not named stays")
}

func TestAPermanentChannelCannotBeChanged(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	id := r.contact(`"dndSettings":{"SMS":{"status":"permanent","code":"103"}}`)
	status, answer := r.do("PUT", "/contacts/"+id, `{"dndSettings":{"SMS":{"status":"inactive"}}}`)
	assert.Equal(t, 400, status)
	assert.Equal(t, "Not authorized to update permanent dnd setting for SMS", answer["message"])
	answer = r.must("PUT", "/contacts/"+id, `{"dndSettings":{"Email":{"status":"active"}}}`)
	assert.Len(t, in(answer, "contact", "dndSettings"), 2)
}

func TestChannelsAreInLowerCamelCaseInV3(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	id := r.contact(`"dndSettings":{"whatsApp":{"status":"active"},"SMS":{"status":"active"}}`)
	assert.Contains(t, in(r.must("GET", "/contacts/"+id, ""), "contact", "dndSettings"), "WhatsApp")
	v3 := in(r.v3().must("GET", "/contacts/"+id, ""), "contact", "dndSettings")
	assert.Contains(t, v3, "whatsApp")
	assert.Contains(t, v3, "sms")
}

func TestFlagsOfSuccessAreSpeltInThreeWays(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	ann, bob := r.contact(""), r.contact("")
	note := func(r raw) string {
		return "/contacts/" + ann + "/notes/" + in(r.must("POST", "/contacts/"+ann+"/notes", `{"body":"x"}`), "note", "id").(string)
	}
	answer := r.must("DELETE", note(r), "")
	assert.Contains(t, answer, "succeded")
	assert.NotContains(t, answer, "succeeded")
	answer = r.v3().must("DELETE", note(r), "")
	assert.Contains(t, answer, "succeded")
	assert.Contains(t, answer, "succeeded")
	answer = r.v3().must("PUT", "/contacts/"+ann, `{}`)
	assert.NotContains(t, answer, "succeded", "an update in v3 has the right spelling only")
	assert.Contains(t, answer, "succeeded")
	assert.Contains(t, r.must("POST", "/contacts/bulk/business", `{"locationId":"LOCATION","ids":["`+ann+`"],"businessId":null}`), "success")
	tag := in(r.must("POST", "/locations/LOCATION/tags", `{"name":"VIP"}`), "tag", "id").(string)
	assert.NotContains(t, r.v3().must("DELETE", "/locations/LOCATION/tags/"+tag, ""), "succeeded")
	assert.Contains(t, r.must("DELETE", "/contacts/"+bob, ""), "succeded")
}

func TestRemoveAllHasAnotherPathInV3(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	id := r.contact("")
	for _, campaign := range []string{"a", "b", "c"} {
		status, _ := r.do("POST", "/contacts/"+id+"/campaigns/"+campaign, `{}`)
		assert.Equal(t, 201, status)
	}
	r.must("POST", "/contacts/"+id+"/workflow/w", `{"eventStartTime":"2021-06-23T03:30:00+01:00"}`)
	r.must("DELETE", "/contacts/"+id+"/campaigns/b", "")
	campaigns, workflows := r.server.Memberships(id)
	assert.Equal(t, []string{"a", "c"}, campaigns)
	assert.Equal(t, []string{"w"}, workflows)
	status, answer := r.do("DELETE", "/contacts/"+id+"/campaigns/remove-all", "")
	assert.Equal(t, 404, status)
	assert.Contains(t, answer["message"], "Cannot DELETE")
	r.v3().must("DELETE", "/contacts/"+id+"/campaigns/remove-all", "")
	r.must("POST", "/contacts/"+id+"/campaigns/a", `{}`)
	r.v3().must("DELETE", "/contacts/"+id+"/campaigns/removeAll", "") // the old path, too
	campaigns, _ = r.server.Memberships(id)
	assert.Empty(t, campaigns)
	status, _ = r.do("DELETE", "/contacts/"+id+"/workflow/w", "")
	assert.Equal(t, 400, status, "this delete needs a body")
	r.must("DELETE", "/contacts/"+id+"/workflow/w", `{}`)
}

func TestUpsertIgnoresThePhoneOfAnotherContact(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	ann := r.contact(`"email":"ann@example.com","phone":"+15550001"`)
	bob := r.contact(`"email":"bob@example.com","phone":"+15550002"`)
	answer := r.must("POST", "/contacts/upsert", `{"locationId":"LOCATION","email":"Ann@example.com","phone":"+1 555 0002","city":"Rome"}`)
	assert.Equal(t, ann, in(answer, "contact", "id"))
	assert.Equal(t, "+15550001", in(answer, "contact", "phone"), "ignored without a word")
	assert.Equal(t, "Rome", in(answer, "contact", "city"))
	assert.Equal(t, false, answer["new"])
	answer = r.must("POST", "/contacts/upsert", `{"locationId":"LOCATION","phone":"+15550002"}`)
	assert.Equal(t, bob, in(answer, "contact", "id"))
}

func TestUpsertByAnAdditionalEmailLosesThePrimaryOne(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	ann := r.contact(`"email":"ann@example.com"`)
	other := r.contact(`"email":"other@example.com","city":"Oslo"`)
	task := r.must("POST", "/contacts/"+other+"/tasks", `{"title":"x","dueDate":"2026-01-01T00:00:00Z","completed":false}`)
	require.NoError(t, r.server.MergeContacts(ann, other))
	require.Error(t, r.server.MergeContacts(ann, other))
	status, _ := r.do("GET", "/contacts/"+other, "")
	assert.Equal(t, 400, status)
	contact := in(r.must("GET", "/contacts/"+ann, ""), "contact")
	assert.Equal(t, []any{object{"email": "other@example.com"}}, in(contact, "additionalEmails"))
	assert.Equal(t, "Oslo", in(contact, "city"))
	assert.Equal(t, in(task, "task", "id"), in(r.must("GET", "/contacts/"+ann+"/tasks", ""), "tasks", 0, "id"))

	answer := r.must("POST", "/contacts/upsert", `{"locationId":"LOCATION","email":"other@example.com"}`)
	assert.Equal(t, ann, in(answer, "contact", "id"))
	assert.Equal(t, "other@example.com", in(answer, "contact", "email"))
	assert.Empty(t, in(answer, "contact", "additionalEmails"))
	found := r.must("GET", "/contacts/search/duplicate?locationId=LOCATION&email=ann@example.com", "")
	assert.Nil(t, found["contact"], "the old primary one is lost")
}

func TestUpsertCreatesADuplicateOnlyWhereTheLocationAllowsIt(t *testing.T) {
	t.Parallel()
	const body = `{"locationId":"LOCATION","email":"ann@example.com","createNewIfDuplicateAllowed":true}`
	for _, c := range []struct {
		opts []contactstest.Option
		want int
	}{{nil, 1}, {[]contactstest.Option{contactstest.WithAllowDuplicates()}, 2}} {
		r := startRaw(t, c.opts...)
		r.must("POST", "/contacts/upsert", body)
		r.must("POST", "/contacts/upsert", body)
		assert.Equal(t, c.want, r.server.Counts().Contacts)
	}
}

func TestFindDuplicateTakesThePhoneAsNumber(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	id := r.contact(`"phone":"+1 888-888-8888"`)
	answer := r.must("GET", "/contacts/search/duplicate?locationId=LOCATION&number=%2B18888888888", "")
	assert.Equal(t, id, in(answer, "contact", "id"))
	answer = r.must("GET", "/contacts/search/duplicate?locationId=LOCATION&phone=%2B18888888888", "")
	assert.Contains(t, answer, "contact")
	assert.Nil(t, answer["contact"])
}

func TestBulkTagsTellOfEachContact(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	id := r.contact(`"tags":["One"]`)
	gone := r.contact("")
	r.must("DELETE", "/contacts/"+gone, "")
	body := func(more string) string {
		return `{"locationId":"LOCATION","contacts":["` + id + `","short","` + gone + `"],"tags":["TWO"]` + more + `}`
	}
	answer := r.must("POST", "/contacts/bulk/tags/update/add", body(""))
	assert.InDelta(t, 2, answer["errorCount"], 0)
	assert.Equal(t, "success", in(answer, "responses", 0, "type"))
	assert.Equal(t, "contact id is not a valid firebase id", in(answer, "responses", 1, "message"))
	assert.Equal(t, "contact is deleted", in(answer, "responses", 2, "message"))
	assert.Equal(t, []any{"one", "two"}, in(r.must("GET", "/contacts/"+id, ""), "contact", "tags"))
	r.must("POST", "/contacts/bulk/tags/update/remove", body(`,"removeAllTags":true`))
	assert.Empty(t, in(r.must("GET", "/contacts/"+id, ""), "contact", "tags"))
	status, _ := r.do("POST", "/contacts/bulk/tags/update/add", body(`,"removeAllTags":true`))
	assert.Equal(t, 422, status)
}

func TestADueDateIsKeptInUTCWithMilliseconds(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	for _, sent := range []string{"2026-01-01T00:00:00Z", "2026-01-01", "2026-01-01T05:30:00+05:30"} {
		task := r.must("POST", "/contacts/"+r.contact("")+"/tasks", `{"title":"x","dueDate":"`+sent+`","completed":false}`)
		assert.Equal(t, "2026-01-01T00:00:00.000Z", in(task, "task", "dueDate"))
	}
}

func TestTagsAndFollowersAreSets(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	id := r.contact(`"tags":["One"]`)
	assert.Equal(t, []any{"one", "two"}, r.must("POST", "/contacts/"+id+"/tags", `{"tags":["ONE","Two"]}`)["tags"])
	assert.Equal(t, []any{"two"}, r.must("DELETE", "/contacts/"+id+"/tags", `{"tags":["one","three"]}`)["tags"])
	answer := r.must("POST", "/contacts/"+id+"/followers", `{"followers":["u","v"]}`)
	assert.Equal(t, []any{"u", "v"}, answer["followersAdded"])
	answer = r.must("POST", "/contacts/"+id+"/followers", `{"followers":["u","w"]}`)
	assert.Equal(t, []any{"w"}, answer["followersAdded"])
	answer = r.must("DELETE", "/contacts/"+id+"/followers", `{"followers":["u","x"]}`)
	assert.Equal(t, []any{"u"}, answer["followersRemoved"])
	assert.Equal(t, []any{"v", "w"}, answer["followers"])
}

func TestABusinessHasItsContactsInPages(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	const business = "63771dcac1116f0e21de8e12"
	ann, bob := r.contact(`"email":"ann@example.com"`), r.contact("")
	answer := r.must("POST", "/contacts/bulk/business", `{"locationId":"LOCATION","ids":["`+ann+`","`+bob+`"],"businessId":"`+business+`"}`)
	assert.Equal(t, []any{ann, bob}, answer["ids"])
	answer = r.must("GET", "/contacts/business/"+business+"?locationId=LOCATION&limit=1&skip=1", "")
	assert.Equal(t, bob, in(answer, "contacts", 0, "id"))
	assert.InDelta(t, 2, answer["count"], 0)
	r.must("POST", "/contacts/bulk/business", `{"locationId":"LOCATION","ids":["`+bob+`"],"businessId":null}`)
	assert.NotContains(t, in(r.must("GET", "/contacts/"+bob, ""), "contact"), "businessId")
	status, _ := r.do("POST", "/contacts/bulk/business", `{"locationId":"LOCATION","ids":["`+bob+`"]}`)
	assert.Equal(t, 422, status)
}
