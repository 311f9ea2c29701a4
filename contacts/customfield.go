package contacts

import (
	"github.com/contactlink/contactlink/internal/wire"
	"github.com/contactlink/contactlink/mapping/opt"
)

// CustomField is the definition of a custom field.
type CustomField struct {
	ID   string `json:"id,omitzero"`
	Name string `json:"name,omitzero"`
	// FieldKey is the key with its model: "contact.shirt_size".
	FieldKey    string   `json:"fieldKey,omitzero"`
	DataType    DataType `json:"dataType,omitzero"`
	Placeholder string   `json:"placeholder,omitzero"`
	// PicklistOptions are what an options field can be.
	PicklistOptions       []string `json:"picklistOptions,omitzero"`
	IsAllowedCustomOption bool     `json:"isAllowedCustomOption,omitzero"`
	IsMultiFileAllowed    bool     `json:"isMultiFileAllowed,omitzero"`
	MaxFileLimit          int      `json:"maxFileLimit,omitzero"`
	LocationID            string   `json:"locationId,omitzero"`
	// Model is contact or opportunity.
	Model string `json:"model,omitzero"`

	extra wire.Extra
}

func (f *CustomField) identity() string { return f.ID }

// CustomFieldCreate defines a custom field.
type CustomFieldCreate struct {
	Name     string   `json:"name"`
	DataType DataType `json:"dataType"`
	// Model is contact or opportunity. Unset is the service's default.
	Model           opt.Opt[string]   `json:"model,omitzero"`
	Placeholder     opt.Opt[string]   `json:"placeholder,omitzero"`
	Position        opt.Opt[int]      `json:"position,omitzero"`
	AcceptedFormats opt.Opt[[]string] `json:"acceptedFormat,omitzero"`
	IsMultipleFile  opt.Opt[bool]     `json:"isMultipleFile,omitzero"`
	MaxFiles        opt.Opt[int]      `json:"maxNumberOfFiles,omitzero"`
	// Options are what an options field can be. The specification lacks them; that
	// the service takes them by this name was observed.
	Options   opt.Opt[[]string]            `json:"options,omitzero"`
	TextBoxes opt.Opt[[]TextBoxDefinition] `json:"textBoxListOptions,omitzero"`
}

// CustomFieldUpdate changes the fields that are set. The service wants the name
// each time.
type CustomFieldUpdate struct {
	Name            string                       `json:"name"`
	Model           opt.Opt[string]              `json:"model,omitzero"`
	Placeholder     opt.Opt[string]              `json:"placeholder,omitzero"`
	Position        opt.Opt[int]                 `json:"position,omitzero"`
	AcceptedFormats opt.Opt[[]string]            `json:"acceptedFormat,omitzero"`
	IsMultipleFile  opt.Opt[bool]                `json:"isMultipleFile,omitzero"`
	MaxFiles        opt.Opt[int]                 `json:"maxNumberOfFiles,omitzero"`
	TextBoxes       opt.Opt[[]TextBoxDefinition] `json:"textBoxListOptions,omitzero"`
}

// TextBoxDefinition is one text box of a text-box list.
type TextBoxDefinition struct {
	Label   string `json:"label"`
	Prefill string `json:"prefillValue"`
}
