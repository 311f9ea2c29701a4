package contacts

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/wire"
	"github.com/contactlink/contactlink/mapping/opt"
)

// Contact is a contact as the API answers it. A field that is empty there is
// absent from the answer, and zero here.
type Contact struct {
	ID         string `json:"id,omitzero"`
	LocationID string `json:"locationId,omitzero"`
	// FirstName and LastName are in lower case in the rows of a search: take names
	// from Get.
	FirstName string `json:"firstName,omitzero"`
	LastName  string `json:"lastName,omitzero"`
	// Name is the full name. Rows of a search have it as contactName, in lower
	// case.
	Name        string `json:"name,omitzero"`
	Email       string `json:"email,omitzero"`
	Phone       string `json:"phone,omitzero"`
	CompanyName string `json:"companyName,omitzero"`
	// Address1 is called address in the rows of a search.
	Address1   string `json:"address1,omitzero"`
	City       string `json:"city,omitzero"`
	State      string `json:"state,omitzero"`
	PostalCode string `json:"postalCode,omitzero"`
	// Country is an ISO 3166-1 alpha-2 code.
	Country string `json:"country,omitzero"`
	Website string `json:"website,omitzero"`
	// Timezone is a name of the IANA time zone database.
	Timezone string `json:"timezone,omitzero"`
	// DateOfBirth is a date, or a time at midnight UTC: endpoints differ.
	DateOfBirth string `json:"dateOfBirth,omitzero"`
	Gender      string `json:"gender,omitzero"`
	Source      string `json:"source,omitzero"`
	Type        string `json:"type,omitzero"`
	AssignedTo  string `json:"assignedTo,omitzero"`
	BusinessID  string `json:"businessId,omitzero"`
	// Tags are in lower case, whatever was sent.
	Tags         []string              `json:"tags,omitzero"`
	CustomFields []CustomFieldValue    `json:"customFields,omitzero"`
	DND          bool                  `json:"dnd,omitzero"`
	DNDSettings  map[string]DNDSetting `json:"dndSettings,omitzero"`
	DateAdded    Time                  `json:"dateAdded,omitzero"`
	DateUpdated  Time                  `json:"dateUpdated,omitzero"`
	// SearchAfter is a row's place in a search.
	SearchAfter json.RawMessage `json:"searchAfter,omitzero"`

	extra wire.Extra
}

// field says where a member of the JSON object belongs.
func (c *Contact) field(name string) any {
	switch name {
	case "id":
		return &c.ID
	case "locationId":
		return &c.LocationID
	case "firstName":
		return &c.FirstName
	case "lastName":
		return &c.LastName
	case "name", "contactName":
		return &c.Name
	case "email":
		return &c.Email
	case "phone":
		return &c.Phone
	case "companyName":
		return &c.CompanyName
	case "address1", "address": // quirk: search says address
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
	case "gender":
		return &c.Gender
	case "source":
		return &c.Source
	case "type":
		return &c.Type
	case "assignedTo":
		return &c.AssignedTo
	case "businessId":
		return &c.BusinessID
	case "tags":
		return &c.Tags
	case "customFields":
		return &c.CustomFields
	case "dnd":
		return &c.DND
	case "dndSettings":
		return &c.DNDSettings
	case "dateAdded":
		return &c.DateAdded
	case "dateUpdated":
		return &c.DateUpdated
	case "searchAfter":
		return &c.SearchAfter
	default:
		return nil
	}
}

// Extra returns what the API sent beyond the fields above, and values that have
// another type than they should.
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

// CustomFieldValue is the value of a custom field. The API names the field by
// its id only.
type CustomFieldValue struct {
	ID string `json:"id"`
	// Value is a text, a number, or a list of texts.
	Value json.RawMessage `json:"value,omitzero"`
}

// DNDSetting says whether a contact refuses a channel.
type DNDSetting struct {
	// Status is active (it refuses), inactive or permanent.
	Status  string `json:"status,omitzero"`
	Message string `json:"message,omitzero"`
	Code    string `json:"code,omitzero"`
}

// CustomFieldInput sets a custom field.
type CustomFieldInput struct {
	ID    string `json:"id"`
	Value any    `json:"field_value"`
}

// ContactCreate is a new contact. The location is the client's.
type ContactCreate struct {
	FirstName    opt.Opt[string]             `json:"firstName,omitzero"`
	LastName     opt.Opt[string]             `json:"lastName,omitzero"`
	Name         opt.Opt[string]             `json:"name,omitzero"`
	Email        opt.Opt[string]             `json:"email,omitzero"`
	Phone        opt.Opt[string]             `json:"phone,omitzero"`
	Gender       opt.Opt[string]             `json:"gender,omitzero"`
	CompanyName  opt.Opt[string]             `json:"companyName,omitzero"`
	Address1     opt.Opt[string]             `json:"address1,omitzero"`
	City         opt.Opt[string]             `json:"city,omitzero"`
	State        opt.Opt[string]             `json:"state,omitzero"`
	PostalCode   opt.Opt[string]             `json:"postalCode,omitzero"`
	Country      opt.Opt[string]             `json:"country,omitzero"`
	Website      opt.Opt[string]             `json:"website,omitzero"`
	Timezone     opt.Opt[string]             `json:"timezone,omitzero"`
	DateOfBirth  opt.Opt[string]             `json:"dateOfBirth,omitzero"`
	Source       opt.Opt[string]             `json:"source,omitzero"`
	AssignedTo   opt.Opt[string]             `json:"assignedTo,omitzero"`
	Tags         opt.Opt[[]string]           `json:"tags,omitzero"`
	CustomFields opt.Opt[[]CustomFieldInput] `json:"customFields,omitzero"`
	DND          opt.Opt[bool]               `json:"dnd,omitzero"`
}

// ContactUpsert creates a contact, or updates the one that the location's rule
// for duplicates finds. Tags replace all tags.
type ContactUpsert struct {
	ContactCreate
	// CreateNewIfDuplicateAllowed creates without looking, if the location allows
	// duplicates.
	CreateNewIfDuplicateAllowed opt.Opt[bool] `json:"createNewIfDuplicateAllowed,omitzero"`
}

// ContactUpdate changes the fields that are set. Null clears, where the API
// allows it: its specification marks postalCode, country, tags, customFields
// and dnd as not nullable. Tags replace all tags.
type ContactUpdate struct {
	FirstName    opt.Opt[string]             `json:"firstName,omitzero"`
	LastName     opt.Opt[string]             `json:"lastName,omitzero"`
	Name         opt.Opt[string]             `json:"name,omitzero"`
	Email        opt.Opt[string]             `json:"email,omitzero"`
	Phone        opt.Opt[string]             `json:"phone,omitzero"`
	Address1     opt.Opt[string]             `json:"address1,omitzero"`
	City         opt.Opt[string]             `json:"city,omitzero"`
	State        opt.Opt[string]             `json:"state,omitzero"`
	PostalCode   opt.Opt[string]             `json:"postalCode,omitzero"`
	Country      opt.Opt[string]             `json:"country,omitzero"`
	Website      opt.Opt[string]             `json:"website,omitzero"`
	Timezone     opt.Opt[string]             `json:"timezone,omitzero"`
	DateOfBirth  opt.Opt[string]             `json:"dateOfBirth,omitzero"`
	Source       opt.Opt[string]             `json:"source,omitzero"`
	AssignedTo   opt.Opt[string]             `json:"assignedTo,omitzero"`
	Tags         opt.Opt[[]string]           `json:"tags,omitzero"`
	CustomFields opt.Opt[[]CustomFieldInput] `json:"customFields,omitzero"`
	DND          opt.Opt[bool]               `json:"dnd,omitzero"`
}
