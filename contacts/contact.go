package contacts

import (
	"encoding/json"

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
	Name        string `json:"name,omitzero" also:"contactName"`
	Email       string `json:"email,omitzero"`
	Phone       string `json:"phone,omitzero"`
	CompanyName string `json:"companyName,omitzero"`
	// Address1 is called address in the rows of a search.
	Address1   string `json:"address1,omitzero" also:"address"`
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
	Tags         []string           `json:"tags,omitzero"`
	CustomFields []CustomFieldValue `json:"customFields,omitzero"`
	// Followers are ids of users.
	Followers []string `json:"followers,omitzero"`
	// DND says that the contact refuses all channels, DNDSettings and
	// InboundDNDSettings say it for single ones.
	DND                bool        `json:"dnd,omitzero"`
	DNDSettings        DNDSettings `json:"dndSettings,omitzero"`
	InboundDNDSettings DNDSettings `json:"inboundDndSettings,omitzero"`
	DateAdded          Time        `json:"dateAdded,omitzero"`
	DateUpdated        Time        `json:"dateUpdated,omitzero"`
	LastActivity       Time        `json:"lastActivity,omitzero"`
	// SearchAfter is a row's place in a search.
	SearchAfter json.RawMessage `json:"searchAfter,omitzero"`

	extra wire.Extra
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
	// DNDSettings changes the channels that it names.
	DNDSettings        opt.Opt[DNDSettings] `json:"dndSettings,omitzero"`
	InboundDNDSettings opt.Opt[DNDSettings] `json:"inboundDndSettings,omitzero"`
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
	// DNDSettings changes the channels that it names.
	DNDSettings        opt.Opt[DNDSettings] `json:"dndSettings,omitzero"`
	InboundDNDSettings opt.Opt[DNDSettings] `json:"inboundDndSettings,omitzero"`
}
