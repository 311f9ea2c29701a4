package contactstest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// filter is a condition, or a group of them.
type filter struct {
	Field    string          `json:"field"`
	Operator string          `json:"operator"`
	Value    json.RawMessage `json:"value"`
	Group    string          `json:"group"`
	Filters  []filter        `json:"filters"`

	text   string           // the value in lower case
	bounds map[string]int64 // of a range
}

const (
	// exact fields take eq, not_eq, exists and not_exists, matched ones contains and
	// not_contains too, dates a range.
	exact   = " id contactName assignedTo country website timezone type dnd validEmail isValidWhatsapp followers email activeWorkflows finishedWorkflows "
	matched = " firstNameLowerCase lastNameLowerCase phone address city state postalCode businessName companyName source tags "
	dates   = " dateOfBirth dateAdded dateUpdated lastAppointment lastEmailClickedDate lastEmailOpenedDate "
)

// prepare checks a filter and reads its value. It says what is wrong.
func (s *Server) prepare(f *filter) string {
	if f.Group != "" {
		for i := range f.Filters {
			if message := s.prepare(&f.Filters[i]); message != "" {
				return message
			}
		}
		return ""
	}
	custom := false
	if name, is := strings.CutPrefix(f.Field, "customFields."); is {
		field := s.state.get(kindField, name)
		if field == nil {
			field = s.fieldByKey(name)
		}
		if field == nil {
			return "Invalid Filter field type - custom_fields." + name + "! Check if custom field exists"
		}
		f.Field, custom = "customFields."+field.text("id"), true
	}
	in := func(fields string) bool { return strings.Contains(fields, " "+f.Field+" ") }
	if !custom && !in(exact) && !in(matched) && !in(dates) {
		return "Invalid field " + f.Field
	}
	if f.text = textOf(f.Value); f.text == "" {
		f.text = string(f.Value)
	}
	f.text = strings.ToLower(f.text)
	wrong := fmt.Sprintf("Invalid value for '%s' operator for '%s' field", f.Operator, f.Field)
	operator := fmt.Sprintf("Invalid Operator (%s) passed for field %s", f.Operator, f.Field)
	switch f.Operator {
	case "exists", "not_exists":
	case "eq", "not_eq":
		if in(dates) {
			return operator
		}
		if len(f.text) > maxQuery {
			return wrong
		}
	case "contains", "not_contains":
		switch {
		case !custom && !in(matched):
			return operator
		case len(f.text) < 3:
			return "Min. 3 characters required for applying contains filter"
		case len(f.text) > maxQuery:
			return wrong
		}
	case "range":
		if f.bounds = readBounds(f.Value); f.bounds == nil || !custom && !in(dates) {
			return wrong
		}
	default:
		return operator
	}
	return ""
}

// readBounds reads {gte, gt, lte, lt} with ISO texts or milliseconds.
func readBounds(data json.RawMessage) map[string]int64 {
	var values map[string]json.RawMessage
	if json.Unmarshal(data, &values) != nil || len(values) == 0 {
		return nil
	}
	bounds := map[string]int64{}
	for name, value := range values {
		if !strings.Contains(" gte gt lte lt ", " "+name+" ") {
			return nil
		}
		var ms int64
		if json.Unmarshal(value, &ms) != nil {
			t, fine := parseTime(textOf(value))
			if !fine {
				return nil
			}
			ms = t.UnixMilli()
		}
		bounds[name] = ms
	}
	return bounds
}

func (f filter) passes(contact record) bool {
	switch f.Group {
	case "AND":
		for _, inner := range f.Filters {
			if !inner.passes(contact) {
				return false
			}
		}
		return true
	case "OR":
		for _, inner := range f.Filters {
			if inner.passes(contact) {
				return true
			}
		}
		return false
	}
	holds := value(contact, f.Field)
	switch f.Operator {
	case "exists":
		return holds != ""
	case "not_exists":
		return holds == ""
	case "contains":
		return strings.Contains(strings.ToLower(holds), f.text)
	case "not_contains":
		return !strings.Contains(strings.ToLower(holds), f.text)
	case "range":
		return f.within(holds)
	}
	return f.equals(contact, holds) == (f.Operator == "eq")
}

// equals compares without regard to case. Of tags and followers one is meant.
func (f filter) equals(contact record, holds string) bool {
	if f.Field != "tags" && f.Field != "followers" {
		// dnd is absent where it is false.
		return strings.ToLower(holds) == f.text || f.Field == "dnd" && holds == "" && f.text == "false"
	}
	return slices.ContainsFunc(contact.texts(f.Field), func(one string) bool { return strings.ToLower(one) == f.text })
}

func (f filter) within(text string) bool {
	t, fine := parseTime(text)
	if !fine {
		return false
	}
	ms := t.UnixMilli()
	for name, bound := range f.bounds {
		if name == "gte" && ms < bound || name == "gt" && ms <= bound || name == "lte" && ms > bound || name == "lt" && ms >= bound {
			return false
		}
	}
	return true
}
