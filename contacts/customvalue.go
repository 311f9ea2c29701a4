package contacts

import (
	"encoding/json"

	"github.com/contactlink/contactlink/internal/wire"
)

// CustomFieldValue is the value of a custom field. The API names the field by
// its id only: [CustomFields.Directory] knows its key and name.
type CustomFieldValue struct {
	ID string `json:"id,omitzero"`
	// Value is a text, a number, a list of texts, or an object: see FieldValue.
	Value json.RawMessage `json:"value,omitzero"`

	extra wire.Extra
}

// CustomFieldInput sets a custom field. [FieldDirectory.Input] makes one by key
// or name and checks the value.
type CustomFieldInput struct {
	ID string `json:"id"`
	// Value is written as JSON: a text, a number, a list of texts, or an object.
	//
	// Quirk: it is called field_value here, and fieldValue in version v3.
	Value any `json:"field_value"`
}
