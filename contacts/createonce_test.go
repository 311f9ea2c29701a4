package contacts

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
)

// TestCreateOnce plays what the service answers, one after the other: d is a
// lookup, p a create.
func TestCreateOnce(t *testing.T) {
	t.Parallel()
	found := reply{body: `{"contact":{"id":"c1","email":"ADA@example.com","phone":"+15551234567"}}`}
	none := reply{body: `{"contact":null,"traceId":"x"}`}
	made := reply{status: 201, body: `{"contact":{"id":"c2"}}`}
	lost := reply{status: 500, body: `{}`}
	refused := reply{status: 422, body: `{"message":["email must be an email"]}`}
	duplicate := reply{status: 400, body: `{"message":"This location does not allow duplicated contacts.","meta":{"contactId":"c3"}}`}
	for name, test := range map[string]struct {
		answers []reply
		id      string
		created bool
		err     error
	}{
		"there is one":                   {[]reply{found}, "c1", false, nil},
		"there is none":                  {[]reply{none, made}, "c2", true, nil},
		"the answer is lost, it is made": {[]reply{none, lost, found}, "c1", true, nil},
		"the answer is lost for good":    {[]reply{none, lost, none}, "", false, ErrUnknownOutcome},
		"lost, and the lookup fails":     {[]reply{none, lost, lost}, "", false, ErrUnknownOutcome},
		"a 422 that made it":             {[]reply{none, refused, found}, "c1", true, nil},
		"a 422 that did not":             {[]reply{none, refused, none}, "", false, ErrInvalid},
		"somebody was faster":            {[]reply{none, duplicate, {body: `{"contact":{"id":"c3"}}`}}, "c3", false, nil},
		"the first lookup fails":         {[]reply{lost}, "", false, ErrUnavailable},
		"another is found":               {[]reply{none, lost, {body: `{"contact":{"id":"c9","email":"eve@example.com"}}`}}, "", false, ErrUnknownOutcome},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			client := stubbed(t, func(s sent) reply {
				asked++
				if asked > len(test.answers) {
					t.Errorf("%s %s is one too many", s.Method, s.URL.Path)
					return reply{status: 500}
				}
				if s.URL.Path == "/contacts/search/duplicate" {
					assert.Equal(t, "ada@example.com", s.URL.Query().Get("email"))
					assert.Equal(t, "+15551234567", s.URL.Query().Get("number"))
				}
				return test.answers[asked-1]
			})
			contact, created, err := client.Contacts.CreateOnce(t.Context(), ContactCreate{
				Email: opt.Set("ada@example.com"), Phone: opt.Set("+15551234567"),
			})
			require.ErrorIs(t, err, test.err)
			assert.Equal(t, len(test.answers), asked)
			assert.Equal(t, test.created, created)
			if test.err != nil {
				assert.Nil(t, contact)
				return
			}
			assert.Equal(t, test.id, contact.ID)
		})
	}
}

func TestAPhoneIsComparedByItsDigits(t *testing.T) {
	t.Parallel()
	for phone, same := range map[string]bool{"(555) 123-4567": true, "+1 555 123 4567": true, "0555 123 4567": true, "5551234568": false, "no phone": false, "0": false} {
		assert.Equal(t, same, sameIdentity(&Contact{Phone: "+15551234567"}, Lookup{Phone: phone}), phone)
	}
	assert.False(t, sameIdentity(&Contact{}, Lookup{}))
}

func TestAnUpsertIsRepeatedIfItCanBeFound(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		upsert ContactUpsert
		want   error
	}{
		"by e-mail":           {ContactUpsert{ContactCreate: ContactCreate{Email: opt.Set("ada@example.com")}}, ErrUnavailable},
		"by phone":            {ContactUpsert{ContactCreate: ContactCreate{Phone: opt.Set("+15551234567")}}, ErrUnavailable},
		"by nothing":          {ContactUpsert{ContactCreate: ContactCreate{FirstName: opt.Set("Ada")}}, ErrUnknownOutcome},
		"a duplicate allowed": {ContactUpsert{ContactCreate: ContactCreate{Email: opt.Set("ada@example.com")}, CreateNewIfDuplicateAllowed: opt.Set(true)}, ErrUnknownOutcome},
	} {
		asked := 0
		client := stubbed(t, func(sent) reply {
			asked++
			return reply{status: 500}
		}, WithRetry(RetryPolicy{Retries: 1}))
		_, _, err := client.Contacts.Upsert(t.Context(), test.upsert)
		require.ErrorIs(t, err, test.want, name)
		if test.want == ErrUnavailable { //nolint:errorlint // a value of this table
			assert.Equal(t, 2, asked, name)
		} else {
			assert.Equal(t, 1, asked, name)
		}
	}
}
