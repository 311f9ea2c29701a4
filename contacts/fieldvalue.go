package contacts

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DataType is what a custom field holds.
type DataType string

// The data types of custom fields.
const (
	DataText            DataType = "TEXT"
	DataLargeText       DataType = "LARGE_TEXT"
	DataNumber          DataType = "NUMERICAL"
	DataPhone           DataType = "PHONE"
	DataEmail           DataType = "EMAIL"
	DataMoney           DataType = "MONETORY" // as the API spells it
	DataCheckbox        DataType = "CHECKBOX"
	DataSingleOption    DataType = "SINGLE_OPTIONS"
	DataMultipleOptions DataType = "MULTIPLE_OPTIONS"
	DataRadio           DataType = "RADIO"
	DataDate            DataType = "DATE"
	DataTextBoxes       DataType = "TEXTBOX_LIST"
	DataFiles           DataType = "FILE_UPLOAD"
)

// File is a file of a custom field of files.
type File struct {
	URL        string   `json:"url,omitempty"`
	DocumentID string   `json:"documentId,omitempty"`
	Meta       FileMeta `json:"meta"`
}

// FileMeta describes a File.
type FileMeta struct {
	FieldName    string `json:"fieldname,omitempty"`
	OriginalName string `json:"originalname,omitempty"`
	Encoding     string `json:"encoding,omitempty"`
	MIMEType     string `json:"mimetype,omitempty"`
	Size         int64  `json:"size,omitempty"` // bytes
	UUID         string `json:"uuid,omitempty"`
}

// FieldValue is the value of a custom field with its definition. Each of its
// methods reads it as one kind of value, and reports whether it is one; the data
// type says which to ask. Raw is what the API sent.
type FieldValue struct {
	Field *CustomField
	Raw   json.RawMessage
}

// Text is the value of a text, phone, e-mail, radio or single-option field, and
// of any other that is one text or number.
func (v FieldValue) Text() (string, bool) {
	var text string
	if json.Unmarshal(v.Raw, &text) == nil && !v.Null() {
		return text, true
	}
	if number, ok := v.Number(); ok {
		return number.String(), true
	}
	return "", false
}

// Number is the value of a number or money field. It keeps every digit.
func (v FieldValue) Number() (json.Number, bool) {
	var number json.Number // also takes a text that is a number
	if v.Null() || json.Unmarshal(v.Raw, &number) != nil || number == "" {
		return "", false
	}
	return number, true
}

// Date is the value of a date field.
func (v FieldValue) Date() (time.Time, bool) {
	var date Time
	if err := json.Unmarshal(v.Raw, &date); err != nil || date.Time.IsZero() {
		return time.Time{}, false
	}
	return date.Time, true
}

// Options are the values of a checkbox or multiple-options field, or the one of
// a single-option field.
func (v FieldValue) Options() ([]string, bool) {
	var options []string
	if json.Unmarshal(v.Raw, &options) == nil && options != nil {
		return options, true
	}
	if text, ok := v.Text(); ok {
		return []string{text}, true
	}
	return nil, false
}

// Files are the files of a files field, by their UUIDs.
func (v FieldValue) Files() (map[string]File, bool) {
	var files map[string]File
	return files, json.Unmarshal(v.Raw, &files) == nil && files != nil
}

// TextBoxes are the texts of a text-box list, by the ids of the boxes.
func (v FieldValue) TextBoxes() (map[string]string, bool) {
	var boxes map[string]string
	return boxes, json.Unmarshal(v.Raw, &boxes) == nil && boxes != nil
}

// Null reports whether there is no value.
func (v FieldValue) Null() bool { return len(v.Raw) == 0 || string(v.Raw) == "null" }

// Value is the value in the Go type of its data type: string, json.Number,
// time.Time, []string, map[string]File or map[string]string. It is the raw JSON
// if the API sent something else, and nil if there is none.
func (v FieldValue) Value() any {
	if v.Null() {
		return nil
	}
	var value any
	var ok bool
	switch v.Field.DataType {
	case DataNumber, DataMoney:
		value, ok = v.Number()
	case DataDate:
		value, ok = v.Date()
	case DataCheckbox, DataMultipleOptions:
		value, ok = v.Options()
	case DataFiles:
		value, ok = v.Files()
	case DataTextBoxes:
		value, ok = v.TextBoxes()
	default:
		value, ok = v.Text()
	}
	if !ok {
		return v.Raw
	}
	return value
}

// encodeField turns a Go value into what a field of a data type is written as.
// nil clears; raw JSON is taken as it is.
func encodeField(field *CustomField, value any) (any, error) {
	if value == nil {
		return nil, nil
	}
	if raw, ok := value.(json.RawMessage); ok && json.Valid(raw) {
		return raw, nil
	}
	wanted := "a string"
	switch field.DataType {
	case DataNumber, DataMoney:
		if number, ok := numberOf(value); ok {
			return number, nil
		}
		wanted = "a number"
	case DataDate:
		// The specification has no form for dates: that of dates of birth is sent.
		if date, ok := dateOf(value); ok {
			return date.Format(time.DateOnly), nil
		}
		wanted = "a time.Time or a date as YYYY-MM-DD"
	case DataCheckbox, DataMultipleOptions:
		switch options := value.(type) {
		case string:
			return checkOptions(field, []string{options})
		case []string:
			return checkOptions(field, append([]string{}, options...)) // nil is empty, not null
		}
		wanted = "a []string"
	case DataSingleOption, DataRadio:
		if option, ok := value.(string); ok {
			_, err := checkOptions(field, []string{option})
			return option, err
		}
	case DataFiles:
		if files, ok := value.(map[string]File); ok {
			return files, nil
		}
		wanted = "a map[string]File"
	case DataTextBoxes:
		if boxes, ok := value.(map[string]string); ok {
			return boxes, nil
		}
		wanted = "a map[string]string"
	default:
		if text, ok := textOf(value); ok {
			return text, nil
		}
	}
	return nil, fmt.Errorf("contacts: %w: the custom field %q is of type %s and takes %s, not a %T",
		ErrInvalid, field.FieldKey, field.DataType, wanted, value)
}

func checkOptions(field *CustomField, options []string) ([]string, error) {
	if len(field.PicklistOptions) == 0 || field.IsAllowedCustomOption {
		return options, nil
	}
	for _, option := range options {
		if !slices.Contains(field.PicklistOptions, option) && option != "" {
			return nil, fmt.Errorf("contacts: %w: the custom field %q has %d options, and this is none of them: see CustomField.PicklistOptions",
				ErrInvalid, field.FieldKey, len(field.PicklistOptions))
		}
	}
	return options, nil
}

func numberOf(value any) (json.Number, bool) {
	switch number := value.(type) {
	case json.Number:
		return number, isNumber(string(number))
	case string:
		number = strings.TrimSpace(number)
		return json.Number(number), isNumber(number)
	case int:
		return json.Number(strconv.Itoa(number)), true
	case int64:
		return json.Number(strconv.FormatInt(number, 10)), true
	case float64:
		return json.Number(strconv.FormatFloat(number, 'f', -1, 64)), !math.IsNaN(number) && !math.IsInf(number, 0)
	default:
		return "", false
	}
}

// isNumber reports whether a text is a number of JSON.
func isNumber(text string) bool {
	var number json.Number
	return text != "" && text[0] != '"' && json.Unmarshal([]byte(text), &number) == nil && number != ""
}

func dateOf(value any) (time.Time, bool) {
	switch date := value.(type) {
	case time.Time:
		return date, !date.IsZero()
	case Time:
		return date.Time, !date.Time.IsZero()
	case string:
		for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
			if parsed, err := time.Parse(layout, date); err == nil {
				return parsed, true
			}
		}
	}
	return time.Time{}, false
}

func textOf(value any) (string, bool) {
	if text, ok := value.(string); ok {
		return text, true
	}
	number, ok := numberOf(value)
	return string(number), ok
}
