package contacts

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/contactlink/contactlink/internal/wire"
)

// Field is a field that a search can filter by, and some that it can sort by.
type Field string

// Fields of a search. Names are compared in lower case.
const (
	FieldID                Field = "id"
	FieldName              Field = "contactName"
	FieldFirstName         Field = "firstNameLowerCase" // sorts too
	FieldLastName          Field = "lastNameLowerCase"  // sorts too
	FieldEmail             Field = "email"              // sorts too
	FieldPhone             Field = "phone"
	FieldAddress           Field = "address"
	FieldCity              Field = "city"
	FieldState             Field = "state"
	FieldPostalCode        Field = "postalCode"
	FieldCountry           Field = "country"
	FieldWebsite           Field = "website"
	FieldTimezone          Field = "timezone"
	FieldType              Field = "type"
	FieldSource            Field = "source" // sorts too
	FieldTags              Field = "tags"
	FieldDND               Field = "dnd" // sorts too
	FieldAssignedTo        Field = "assignedTo"
	FieldFollowers         Field = "followers"
	FieldBusinessName      Field = "businessName" // sorts too
	FieldCompanyName       Field = "companyName"
	FieldValidEmail        Field = "validEmail"
	FieldDateOfBirth       Field = "dateOfBirth"
	FieldDateAdded         Field = "dateAdded"   // sorts too
	FieldDateUpdated       Field = "dateUpdated" // sorts too
	FieldActiveWorkflows   Field = "activeWorkflows"
	FieldFinishedWorkflows Field = "finishedWorkflows"
)

// FieldOfCustom is the field of a search for a custom field's id.
func FieldOfCustom(id string) Field { return Field("customFields." + id) }

// Operator is how a filter compares.
type Operator string

// Operators of filters. Not every field takes every one.
const (
	OpEqual       Operator = "eq"
	OpNotEqual    Operator = "not_eq"
	OpContains    Operator = "contains" // at least three characters
	OpNotContains Operator = "not_contains"
	OpExists      Operator = "exists"
	OpNotExists   Operator = "not_exists"
	OpRange       Operator = "range"
)

// Group says how a group joins its filters.
type Group string

// Groups.
const (
	And Group = "AND"
	Or  Group = "OR"
)

// Filter is a condition on a field, or a group of filters. The functions below
// make one.
type Filter struct {
	Field    Field    `json:"field,omitempty"`
	Operator Operator `json:"operator,omitempty"`
	Value    any      `json:"value,omitempty"`
	// Group joins Filters, its members.
	Group   Group    `json:"group,omitempty"`
	Filters []Filter `json:"filters,omitempty"`
}

// Equal chooses contacts whose field has a value.
func Equal(field Field, value any) Filter {
	return Filter{Field: field, Operator: OpEqual, Value: value}
}

// NotEqual chooses contacts whose field has another value.
func NotEqual(field Field, value any) Filter {
	return Filter{Field: field, Operator: OpNotEqual, Value: value}
}

// Contains chooses contacts whose field contains a text of at least three
// characters. FieldEmail does not take it.
func Contains(field Field, text string) Filter {
	return Filter{Field: field, Operator: OpContains, Value: text}
}

// Exists chooses contacts whose field is not empty.
func Exists(field Field) Filter { return Filter{Field: field, Operator: OpExists} }

// NotExists chooses contacts whose field is empty.
func NotExists(field Field) Filter { return Filter{Field: field, Operator: OpNotExists} }

// Between chooses contacts whose field, a time, is not before since and before
// until. A zero time is no bound.
//
// Quirk: the bounds are called gte and lt by those who use the API; one copy of
// its documentation has other names.
func Between(field Field, since, until time.Time) Filter {
	bounds := map[string]string{}
	if !since.IsZero() {
		bounds["gte"] = since.UTC().Format(wire.Format)
	}
	if !until.IsZero() {
		bounds["lt"] = until.UTC().Format(wire.Format)
	}
	return Filter{Field: field, Operator: OpRange, Value: bounds}
}

// AnyOf chooses contacts that one of the filters chooses.
func AnyOf(filters ...Filter) Filter { return Filter{Group: Or, Filters: filters} }

// AllOf chooses contacts that all of the filters choose.
func AllOf(filters ...Filter) Filter { return Filter{Group: And, Filters: filters} }

// maxSearchText is how many characters a text to look for has at most.
const maxSearchText = 75

// check refuses what the service is known to refuse.
func (f Filter) check() error {
	if f.Group != "" || len(f.Filters) > 0 {
		if f.Group != And && f.Group != Or {
			return fmt.Errorf("the group of a filter must be And or Or, not %q", f.Group)
		}
		if f.Field != "" || len(f.Filters) == 0 {
			return fmt.Errorf("a group of filters must have filters, and no field")
		}
		for _, member := range f.Filters {
			if err := member.check(); err != nil {
				return err
			}
		}
		return nil
	}
	if f.Field == "" || f.Operator == "" {
		return fmt.Errorf("a filter needs a Field and an Operator, or a Group")
	}
	text, isText := f.Value.(string)
	bounds, isRange := f.Value.(map[string]string)
	switch length := utf8.RuneCountInString(text); {
	case isText && length > maxSearchText:
		return fmt.Errorf("the value of the filter on %s is longer than %d characters", f.Field, maxSearchText)
	case f.Operator == OpRange && isRange && len(bounds) == 0:
		return fmt.Errorf("the filter on %s has no bound", f.Field)
	}
	return nil
}
