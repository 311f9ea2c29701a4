package contactstest_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts/contactstest"
)

func TestTagsOfTheLocationMayHaveOneName(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	status, answer := r.do("POST", "/locations/LOCATION/tags", `{"name":"VIP"}`)
	assert.Equal(t, 200, status, "a create that answers 200")
	assert.Equal(t, "vip", in(answer, "tag", "name"))
	r.must("POST", "/locations/LOCATION/tags", `{"name":"vip"}`)
	assert.Len(t, r.must("GET", "/locations/LOCATION/tags", "")["tags"], 2)
	path := "/locations/LOCATION/tags/" + in(answer, "tag", "id").(string)
	assert.Equal(t, "new", in(r.must("PUT", path, `{"name":"New"}`), "tag", "name"))
	r.must("DELETE", path, "")
	status, _ = r.do("GET", path, "")
	assert.Equal(t, 404, status)
}

func TestACustomFieldIsWrittenByOtherNamesThanItIsRead(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	status, answer := r.do("POST", "/locations/LOCATION/customFields", `{"name":"T-Shirt Size!","dataType":"SINGLE_OPTIONS","options":["S","M"]}`)
	assert.Equal(t, 201, status)
	field := in(answer, "customField")
	assert.Equal(t, "contact.t_shirt_size", in(field, "fieldKey"))
	assert.Equal(t, []any{"S", "M"}, in(field, "picklistOptions"))
	byKey := r.must("GET", "/locations/LOCATION/customFields/contact.t_shirt_size", "")
	assert.Equal(t, in(field, "id"), in(byKey, "customField", "id"))
	path := "/locations/LOCATION/customFields/" + in(field, "id").(string)
	assert.Equal(t, "contact.t_shirt_size", in(r.must("PUT", path, `{"name":"Other"}`), "customField", "fieldKey"), "the key stays")
	for _, body := range []string{`{"name":"x"}`, `{"name":"x","dataType":"MONEY"}`, `{"name":"x","dataType":"TEXT","picklistOptions":[]}`} {
		status, _ = r.do("POST", "/locations/LOCATION/customFields", body)
		assert.Equal(t, 422, status, body)
	}
	r.must("POST", "/locations/LOCATION/customFields", `{"name":"Deal","dataType":"TEXT","model":"opportunity"}`)
	for model, want := range map[string]int{"contact": 1, "opportunity": 1, "all": 2} {
		assert.Len(t, r.must("GET", "/locations/LOCATION/customFields?model="+model, "")["customFields"], want)
	}
	r.must("DELETE", path, "")
}

func TestAnUploadIsAForm(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	require.NoError(t, form.WriteField("id", "field"))
	part, err := form.CreateFormFile("file", "a.txt")
	require.NoError(t, err)
	_, err = part.Write([]byte("text"))
	require.NoError(t, err)
	require.NoError(t, form.Close())
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		"http://localhost/locations/"+contactstest.DefaultLocation+"/customFields/upload", &body)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+contactstest.DefaultToken)
	request.Header.Set("Version", "2021-07-28")
	request.Header.Set("Content-Type", form.FormDataContentType())
	response, err := r.server.Transport().RoundTrip(request)
	require.NoError(t, err)
	assert.Equal(t, 200, response.StatusCode)
	status, _ := r.do("POST", "/locations/LOCATION/customFields/upload", `{}`)
	assert.Equal(t, 400, status)
}

func TestTheLocationTellsItsSettings(t *testing.T) {
	t.Parallel()
	r := startRaw(t, contactstest.WithAllowDuplicates())
	answer := r.must("GET", "/locations/LOCATION", "")
	assert.Equal(t, true, in(answer, "location", "settings", "allowDuplicateContact"))
	assert.Equal(t, contactstest.DefaultCompany, in(answer, "location", "companyId"))
	status, _ := r.do("GET", "/locations/other", "")
	assert.Equal(t, 403, status)
}
