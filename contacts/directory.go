package contacts

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/contactlink/contactlink/internal/rest"
)

// FieldDirectory knows the custom fields of a location's contacts. It does not
// change once it is made.
type FieldDirectory struct {
	fields []*CustomField
	byID   map[string]*CustomField
	byName map[string][]*CustomField // keys and names in lower case
}

// directoryAge is how long a directory is used before it is read anew.
const directoryAge = 10 * time.Minute

// directoryCache holds the directory of a client. Its lock is a channel, so that
// who waits for it can give up.
type directoryCache struct {
	lock chan struct{}
	dir  *FieldDirectory
	read time.Time
	// stale says that dir is to be read anew.
	stale atomic.Bool
}

// Directory returns the definitions of the location's contact fields. It is read
// once and again after ten minutes, or after [CustomFields.Forget].
func (s *CustomFields) Directory(ctx context.Context) (*FieldDirectory, error) {
	if ctx == nil {
		return nil, fmt.Errorf("contacts: %w: the context is nil", ErrInvalid)
	}
	select {
	case s.cache.lock <- struct{}{}:
		defer func() { <-s.cache.lock }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s.cache.stale.Swap(false) {
		s.cache.dir = nil
	}
	if s.cache.dir != nil && time.Since(s.cache.read) < directoryAge {
		return s.cache.dir, nil
	}
	fields, err := s.List(ctx, "contact")
	if err != nil {
		return nil, err
	}
	s.cache.dir, s.cache.read = NewFieldDirectory(fields), time.Now()
	return s.cache.dir, nil
}

// Forget makes the next Directory read the definitions anew: after a field that
// was not found, as somebody may have just added it.
func (s *CustomFields) Forget() { s.cache.stale.Store(true) }

// NewFieldDirectory makes a directory of definitions.
func NewFieldDirectory(fields []*CustomField) *FieldDirectory {
	d := &FieldDirectory{fields: fields, byID: map[string]*CustomField{}, byName: map[string][]*CustomField{}}
	for _, field := range fields {
		d.byID[field.ID] = field
		keys := map[string]bool{}
		for _, name := range []string{field.FieldKey, strings.TrimPrefix(field.FieldKey, "contact."), field.Name} {
			if name = strings.ToLower(name); name != "" && !keys[name] {
				keys[name] = true
				d.byName[name] = append(d.byName[name], field)
			}
		}
	}
	return d
}

// Fields returns all fields.
func (d *FieldDirectory) Fields() []*CustomField { return append([]*CustomField{}, d.fields...) }

// Field finds a field by its id, its key ("contact.shirt_size" or "shirt_size")
// or its name ("Shirt size"), without regard to case but for the id. A name that
// several fields have is an error that says so, one that none has is
// ErrNotFound and tells the nearest.
func (d *FieldDirectory) Field(name string) (*CustomField, error) {
	if field, ok := d.byID[name]; ok {
		return field, nil
	}
	found := d.byName[strings.ToLower(name)]
	if len(found) > 1 {
		// A key is unique; a field may be named like the key of another.
		for _, field := range found {
			if key := strings.ToLower(name); field.FieldKey == key || field.FieldKey == "contact."+key {
				return field, nil
			}
		}
		return nil, fmt.Errorf("contacts: %w: %d custom fields are called %q: use a key or an id", ErrInvalid, len(found), name)
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(d.fields) == 0 {
		return nil, fmt.Errorf("contacts: %w: there is no custom field %q: the location has none", ErrNotFound, name)
	}
	return nil, fmt.Errorf("contacts: %w: there is no custom field %q, the nearest is %q", ErrNotFound, name, rest.Nearest(strings.ToLower(name), d.byName))
}

// Value returns what a contact has in a field, found as by Field. It is
// [FieldValue.Null] if the contact has nothing there.
func (d *FieldDirectory) Value(contact *Contact, name string) (FieldValue, error) {
	field, err := d.Field(name)
	if err != nil {
		return FieldValue{}, err
	}
	for _, value := range contact.CustomFields {
		if value.ID == field.ID {
			return FieldValue{Field: field, Raw: value.Value}, nil
		}
	}
	return FieldValue{Field: field}, nil
}

// Values returns all values of a contact by the keys of their fields, without
// "contact." A field that the directory does not know keeps its id.
func (d *FieldDirectory) Values(contact *Contact) map[string]FieldValue {
	values := make(map[string]FieldValue, len(contact.CustomFields))
	for _, value := range contact.CustomFields {
		field, key := d.byID[value.ID], value.ID
		if field == nil {
			field = &CustomField{ID: value.ID}
		} else if field.FieldKey != "" {
			key = strings.TrimPrefix(field.FieldKey, "contact.")
		}
		values[key] = FieldValue{Field: field, Raw: value.Value}
	}
	return values
}

// Input sets a field, found as by Field. The value must fit the data type, or be
// raw JSON:
//
//	text, large text, phone, e-mail    string, or a number
//	number, money                      int, int64, float64, json.Number, or a string that is one
//	date                               time.Time, or a string: YYYY-MM-DD or RFC 3339
//	single option, radio               string
//	checkbox, multiple options         []string, or a string
//	files                              map[string]File
//	text-box list                      map[string]string
//
// nil clears the field; the API does not document how, and null is sent.
func (d *FieldDirectory) Input(name string, value any) (CustomFieldInput, error) {
	field, err := d.Field(name)
	if err != nil {
		return CustomFieldInput{}, err
	}
	encoded, err := encodeField(field, value)
	if err != nil {
		return CustomFieldInput{}, err
	}
	return CustomFieldInput{ID: field.ID, Value: encoded}, nil
}
