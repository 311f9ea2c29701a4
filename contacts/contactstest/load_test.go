package contactstest_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts/contactstest"
)

// Whatever is loaded, it is refused, and changes nothing, or is what is saved.
func FuzzLoad(f *testing.F) {
	f.Add(`[]`)
	f.Add(`[{"kind":"contacts","id":"a","value":{"id":"a","email":"a@example.com"}}]`)
	f.Add(`[{"kind":"contacts","id":"a","value":{"id":"a","tags":"x","customFields":{},"dateAdded":5}},{"kind":"notes","id":"n","value":{}}]`)
	f.Add(`[{"Kind":"nothing","ID":"a"}] more`)
	f.Add(`{"contacts":[]}`)
	f.Fuzz(func(t *testing.T, text string) {
		r := startRaw(t)
		r.contact(`"email":"before@example.com"`)
		before := r.saved()
		if err := r.server.Load(strings.NewReader(text)); err != nil {
			require.Equal(t, before, r.saved())
			return
		}
		saved := r.saved()
		other, _ := contactstest.Start(t)
		require.NoError(t, other.Load(strings.NewReader(saved)))
		var again bytes.Buffer
		require.NoError(t, other.Save(&again))
		require.JSONEq(t, saved, again.String())
		status, _ := r.do("POST", "/contacts/search", `{"locationId":"LOCATION","pageLimit":5}`)
		assert.Equal(t, 200, status)
		r.server.Export()
	})
}
