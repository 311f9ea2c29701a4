package sendapp

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/wire"
	"github.com/contactlink/contactlink/mapping/opt"
)

// Contact is a contact as the server answers it.
type Contact struct {
	// ContactID is the server's id of the contact.
	ContactID string `json:"contactId"`
	// ExternalID is the caller's own id of the contact, unique in the account.
	ExternalID string `json:"externalId,omitzero"`
	Email      string `json:"email,omitzero"`
	FirstName  string `json:"firstName,omitzero"`
	LastName   string `json:"lastName,omitzero"`
	// Phone is in E.164 with a leading plus sign.
	Phone       string `json:"phone,omitzero"`
	CompanyName string `json:"companyName,omitzero"`
	Address1    string `json:"address1,omitzero"`
	City        string `json:"city,omitzero"`
	State       string `json:"state,omitzero"`
	PostalCode  string `json:"postalCode,omitzero"`
	// Country is an upper-case ISO 3166-1 alpha-2 code.
	Country string `json:"country,omitzero"`
	Website string `json:"website,omitzero"`
	// Timezone is a name of the IANA time zone database.
	Timezone string `json:"timezone,omitzero"`
	// DateOfBirth is a date, YYYY-MM-DD.
	DateOfBirth string `json:"dateOfBirth,omitzero"`
	Source      string `json:"source,omitzero"`
	// Tags is a set: lower case, sorted, each once.
	Tags []string `json:"tags,omitzero"`
	// CustomFields holds a string, number, boolean or array of strings for each
	// key, as JSON: a number keeps every digit.
	CustomFields map[string]json.RawMessage `json:"customFields,omitzero"`
	// DoNotDisturb says for each channel whether the contact refuses it.
	DoNotDisturb map[string]bool `json:"doNotDisturb,omitzero"`
	CreatedAt    Time            `json:"createdAt,omitzero"`
	UpdatedAt    Time            `json:"updatedAt,omitzero"`
	// Version is another after every change. It is opaque; see [WithIfMatch].
	Version string `json:"version,omitzero"`

	extra wire.Extra
}

func (c *Contact) identity() string { return c.ContactID }

func (c *Contact) field(name string) any {
	switch name {
	case "contactId":
		return &c.ContactID
	case "externalId":
		return &c.ExternalID
	case "email":
		return &c.Email
	case "firstName":
		return &c.FirstName
	case "lastName":
		return &c.LastName
	case "phone":
		return &c.Phone
	case "companyName":
		return &c.CompanyName
	case "address1":
		return &c.Address1
	case "city":
		return &c.City
	case "state":
		return &c.State
	case "postalCode":
		return &c.PostalCode
	case "country":
		return &c.Country
	case "website":
		return &c.Website
	case "timezone":
		return &c.Timezone
	case "dateOfBirth":
		return &c.DateOfBirth
	case "source":
		return &c.Source
	case "tags":
		return &c.Tags
	case "customFields":
		return &c.CustomFields
	case "doNotDisturb":
		return &c.DoNotDisturb
	case "createdAt":
		return &c.CreatedAt
	case "updatedAt":
		return &c.UpdatedAt
	case "version":
		return &c.Version
	default:
		return nil
	}
}

// Extra returns what the server sent beyond the fields above, and what had
// another type than they have.
func (c *Contact) Extra() map[string]json.RawMessage { return c.extra.Clone() }

// UnmarshalJSON never fails on an unknown field or a wrong type.
func (c *Contact) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, c.field, &c.extra) }

// UnmarshalJSONFrom is UnmarshalJSON for encoding/json/v2.
func (c *Contact) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	return wire.Decode(d, c.field, &c.extra)
}

// MarshalJSON writes the contact with its extra fields.
func (c Contact) MarshalJSON() ([]byte, error) {
	type plain Contact
	return wire.Marshal(plain(c), c.extra)
}

// ContactUpdate holds the fields of a contact that can be written. A field
// that is unset is left as it is, one that is null is cleared.
type ContactUpdate struct {
	ExternalID opt.Opt[string] `json:"externalId,omitzero"`
	Email      opt.Opt[string] `json:"email,omitzero"`
	FirstName  opt.Opt[string] `json:"firstName,omitzero"`
	LastName   opt.Opt[string] `json:"lastName,omitzero"`
	// Phone must be in E.164 with a leading plus sign.
	Phone       opt.Opt[string] `json:"phone,omitzero"`
	CompanyName opt.Opt[string] `json:"companyName,omitzero"`
	Address1    opt.Opt[string] `json:"address1,omitzero"`
	City        opt.Opt[string] `json:"city,omitzero"`
	State       opt.Opt[string] `json:"state,omitzero"`
	PostalCode  opt.Opt[string] `json:"postalCode,omitzero"`
	// Country must be an upper-case ISO 3166-1 alpha-2 code.
	Country opt.Opt[string] `json:"country,omitzero"`
	Website opt.Opt[string] `json:"website,omitzero"`
	// Timezone must be a name of the IANA time zone database.
	Timezone opt.Opt[string] `json:"timezone,omitzero"`
	// DateOfBirth must be a date, YYYY-MM-DD.
	DateOfBirth opt.Opt[string] `json:"dateOfBirth,omitzero"`
	Source      opt.Opt[string] `json:"source,omitzero"`
	// Tags replaces the whole set. The server makes it lower case.
	// [Tags.Add] and [Tags.Remove] change single ones.
	Tags opt.Opt[[]string] `json:"tags,omitzero"`
	// CustomFields is merged key by key (RFC 7396): a key that is missing stays,
	// one that is null is removed. A value is a string, a number, a boolean or an
	// array of strings, as JSON.
	CustomFields opt.Opt[map[string]json.RawMessage] `json:"customFields,omitzero"`
	// DoNotDisturb is merged channel by channel, as CustomFields is.
	DoNotDisturb opt.Opt[map[string]opt.Opt[bool]] `json:"doNotDisturb,omitzero"`
}

// ContactCreate holds the fields of a new contact. None is required, and null
// means the same as unset.
type ContactCreate = ContactUpdate
