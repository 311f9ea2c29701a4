package contacts

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"mime/multipart"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// someFields is a directory with a field of each kind.
func someFields() *FieldDirectory {
	return NewFieldDirectory([]*CustomField{
		{ID: "f1", Name: "Shirt size", FieldKey: "contact.shirt_size", DataType: DataSingleOption, PicklistOptions: []string{"S", "M"}},
		{ID: "f2", Name: "Amount", FieldKey: "contact.amount", DataType: DataMoney},
		{ID: "f3", Name: "Since", FieldKey: "contact.since", DataType: DataDate},
		{ID: "f4", Name: "Topics", FieldKey: "contact.topics", DataType: DataMultipleOptions},
		{ID: "f5", Name: "Papers", FieldKey: "contact.papers", DataType: DataFiles},
		{ID: "f6", Name: "Lines", FieldKey: "contact.lines", DataType: DataTextBoxes},
		{ID: "f7", Name: "Remark", FieldKey: "contact.remark", DataType: DataText},
		{ID: "f8", Name: "Remark", FieldKey: "contact.remark_2", DataType: DataText},
		{ID: "f9", Name: "Twice", FieldKey: "contact.twice_1", DataType: DataText},
		{ID: "f10", Name: "Twice", FieldKey: "contact.twice_2", DataType: DataText},
	})
}

func TestAFieldIsFoundByIDKeyAndName(t *testing.T) {
	t.Parallel()
	dir := someFields()
	for _, name := range []string{"f1", "contact.shirt_size", "shirt_size", "Shirt size", "SHIRT SIZE"} {
		field, err := dir.Field(name)
		require.NoError(t, err, name)
		assert.Equal(t, "f1", field.ID, name)
	}
	field, err := dir.Field("remark")
	require.NoError(t, err, "a key wins over a name")
	assert.Equal(t, "f7", field.ID)
	_, err = dir.Field("Twice")
	require.ErrorIs(t, err, ErrInvalid)
	assert.ErrorContains(t, err, "use a key or an id")
	_, err = dir.Field("shirtsize")
	require.ErrorIs(t, err, ErrNotFound)
	assert.ErrorContains(t, err, "the nearest is")
	_, err = NewFieldDirectory(nil).Field("x")
	require.ErrorIs(t, err, ErrNotFound)
	assert.Len(t, dir.Fields(), 10)
}

func TestValuesAreReadByTheirDataType(t *testing.T) {
	t.Parallel()
	contact := &Contact{}
	require.NoError(t, json.Unmarshal([]byte(`{"customFields":[
		{"id":"f1","value":"M"},
		{"id":"f2","value":12345678901234567890.12},
		{"id":"f3","value":"2026-01-02"},
		{"id":"f4","value":["a","b"]},
		{"id":"f5","value":{"u1":{"url":"https://example.com/a","documentId":"d1","meta":{"originalname":"a.pdf","mimetype":"application/pdf","size":17,"uuid":"u1"}}}},
		{"id":"f6","value":{"b1":"first"}},
		{"id":"f7","value":["not","a","text"]},
		{"id":"gone","value":"x"}
	]}`), contact))
	values := someFields().Values(contact)
	assert.Equal(t, "M", values["shirt_size"].Value())
	assert.Equal(t, json.Number("12345678901234567890.12"), values["amount"].Value())
	assert.Equal(t, time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), values["since"].Value())
	assert.Equal(t, []string{"a", "b"}, values["topics"].Value())
	files, ok := values["papers"].Files()
	require.True(t, ok)
	assert.Equal(t, "a.pdf", files["u1"].Meta.OriginalName)
	assert.Equal(t, map[string]string{"b1": "first"}, values["lines"].Value())
	assert.IsType(t, json.RawMessage{}, values["remark"].Value(), "what has another type is raw")
	assert.Equal(t, "x", values["gone"].Value(), "a field that is unknown keeps its id")

	value, err := someFields().Value(contact, "remark_2")
	require.NoError(t, err)
	assert.True(t, value.Null())
	assert.Nil(t, value.Value())
	for _, read := range []func() bool{
		func() bool { _, ok := value.Text(); return ok }, func() bool { _, ok := value.Number(); return ok },
		func() bool { _, ok := value.Date(); return ok }, func() bool { _, ok := value.Options(); return ok },
		func() bool { _, ok := value.Files(); return ok }, func() bool { _, ok := value.TextBoxes(); return ok },
	} {
		assert.False(t, read())
	}
}

func TestInputsAreCheckedByTheirDataType(t *testing.T) {
	t.Parallel()
	dir := someFields()
	for _, test := range []struct {
		name  string
		value any
		want  string // JSON; empty: refused
	}{
		{"shirt_size", "M", `"M"`}, {"shirt_size", "XXL", ``}, {"shirt_size", 5, ``}, {"shirt_size", "", `""`},
		{"amount", 12, `12`}, {"amount", int64(12), `12`}, {"amount", 1.5, `1.5`}, {"amount", "12.50", `12.50`},
		{"amount", json.Number("1e3"), `1e3`}, {"amount", "a lot", ``}, {"amount", `"1"`, ``}, {"amount", []string{"1"}, ``},
		{"since", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), `"2026-01-02"`}, {"since", "2026-01-02", `"2026-01-02"`},
		{"since", "2026-01-02T03:04:05Z", `"2026-01-02"`}, {"since", "soon", ``}, {"since", time.Time{}, ``},
		{"topics", []string{"a"}, `["a"]`}, {"topics", []string(nil), `[]`}, {"topics", "a", `["a"]`}, {"topics", 5, ``},
		{"papers", map[string]File{"u1": {URL: "https://example.com"}}, `{"u1":{"url":"https://example.com","meta":{}}}`}, {"papers", "x", ``},
		{"lines", map[string]string{"b1": "x"}, `{"b1":"x"}`}, {"lines", "x", ``},
		{"remark", "x", `"x"`}, {"remark", 5, `"5"`}, {"remark", true, ``},
		{"remark", nil, `null`}, {"amount", nil, `null`}, {"amount", json.RawMessage(`{"a":1}`), `{"a":1}`}, {"amount", json.RawMessage(`{`), ``},
	} {
		input, err := dir.Input(test.name, test.value)
		if test.want == "" {
			require.ErrorIs(t, err, ErrInvalid, "%s %v", test.name, test.value)
			continue
		}
		require.NoError(t, err, "%s %v", test.name, test.value)
		data, err := json.Marshal(input.Value)
		require.NoError(t, err)
		assert.JSONEq(t, test.want, string(data), "%s %v", test.name, test.value)
	}
	_, err := dir.Input("nobody", 1)
	require.ErrorIs(t, err, ErrNotFound)
}

func TestTheDirectoryIsReadOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		client := stubbed(t, func(s sent) reply {
			reads++
			assert.Equal(t, "contact", s.URL.Query().Get("model"))
			return reply{body: fmt.Sprintf(`{"customFields":[{"id":"f%d","name":"Size","fieldKey":"contact.size","dataType":"TEXT"}]}`, reads)}
		})
		first := func() string {
			dir, err := client.CustomFields.Directory(t.Context())
			require.NoError(t, err)
			return dir.Fields()[0].ID
		}
		assert.Equal(t, "f1", first())
		assert.Equal(t, "f1", first())
		time.Sleep(directoryAge) //nolint:forbidigo // virtual
		assert.Equal(t, "f2", first())
		client.CustomFields.Forget()
		assert.Equal(t, "f3", first())

		ended, cancel := context.WithCancel(t.Context())
		cancel()
		client.CustomFields.Forget()
		_, err := client.CustomFields.Directory(ended)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestAnUploadIsAForm(t *testing.T) {
	t.Parallel()
	client := stubbed(t, func(s sent) reply {
		kind, params, err := mime.ParseMediaType(s.Header.Get("Content-Type"))
		require.NoError(t, err)
		assert.Equal(t, "multipart/form-data", kind)
		form, err := multipart.NewReader(strings.NewReader(s.body), params["boundary"]).ReadForm(1 << 20)
		require.NoError(t, err)
		assert.Equal(t, []string{"f1"}, form.Value["id"])
		assert.Equal(t, []string{"1"}, form.Value["maxFiles"])
		assert.Equal(t, int64(2), form.File["a.txt"][0].Size)
		return reply{body: `{"uploadedFiles":{"a.txt":"https://example.com/a"},"meta":[]}`}
	})
	urls, err := client.CustomFields.Upload(t.Context(), "f1", []Upload{{Name: "a.txt", Content: strings.NewReader("hi")}})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"a.txt": "https://example.com/a"}, urls)
}
