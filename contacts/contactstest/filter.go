package contactstest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// filter is a condition, or a group of them.
type filter struct {
	Field    string          `json:"field"`
	Operator string          `json:"operator"`
	Value    json.RawMessage `json:"value"`
	Group    string          `json:"group"`
	Filters  []filter        `json:"filters"`
}

const filterable = " id contactName firstNameLowerCase lastNameLowerCase email phone address city state postalCode country" +
	" website timezone source type assignedTo companyName tags dateOfBirth dateAdded dateUpdated dnd "

// matching are the contacts that pass all filters. message says what is wrong
// with a filter.
func (s *Server) matching(filters []filter, query string) (found []record, message string) {
	query = strings.ToLower(query)
	for _, f := range filters {
		if message := f.check(); message != "" {
			return nil, message
		}
	}
	for _, id := range s.state.order {
		contact := s.state.contacts[id]
		text := strings.ToLower(contact.text("name") + " " + contact.text("email") + " " + contact.text("phone"))
		if strings.Contains(text, query) && (filter{Group: "AND", Filters: filters}).passes(contact) {
			found = append(found, contact)
		}
	}
	return found, ""
}

func (f filter) check() string {
	if f.Group != "" {
		for _, inner := range f.Filters {
			if message := inner.check(); message != "" {
				return message
			}
		}
		return ""
	}
	if !strings.Contains(filterable, " "+f.Field+" ") {
		return "Invalid field " + f.Field
	}
	switch f.Operator {
	case "eq", "not_eq", "exists", "not_exists":
	case "contains", "not_contains":
		if f.Field == "email" {
			return fmt.Sprintf("Invalid Operator (%s) passed for field %s", f.Operator, f.Field)
		}
		if len(f.text()) < 3 {
			return "Min. 3 characters required for applying contains filter"
		}
	case "range":
		if f.bounds() == nil || !strings.HasPrefix(f.Field, "date") {
			return fmt.Sprintf("Invalid value for 'range' operator for '%s' field", f.Field)
		}
	default:
		return fmt.Sprintf("Invalid Operator (%s) passed for field %s", f.Operator, f.Field)
	}
	return ""
}

func (f filter) text() string {
	var text string
	if json.Unmarshal(f.Value, &text) != nil {
		return string(f.Value)
	}
	return text
}

// bounds reads {gte, gt, lte, lt} with ISO texts or milliseconds.
func (f filter) bounds() map[string]int64 {
	var values map[string]json.RawMessage
	if json.Unmarshal(f.Value, &values) != nil || len(values) == 0 {
		return nil
	}
	bounds := map[string]int64{}
	for name, value := range values {
		var ms int64
		var text string
		if json.Unmarshal(value, &ms) != nil {
			if json.Unmarshal(value, &text) != nil {
				return nil
			}
			t, fine := parseTime(text)
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
	if f.Field == "tags" || f.Field == "dnd" {
		holds = string(contact[f.Field])
	}
	switch f.Operator {
	case "exists":
		return holds != ""
	case "not_exists":
		return holds == ""
	case "contains":
		return strings.Contains(strings.ToLower(holds), strings.ToLower(f.text()))
	case "not_contains":
		return !strings.Contains(strings.ToLower(holds), strings.ToLower(f.text()))
	case "range":
		return f.within(holds)
	}
	equal := strings.EqualFold(holds, f.text())
	if f.Field == "tags" {
		equal = strings.Contains(holds, string(raw(strings.ToLower(f.text()))))
	}
	return equal == (f.Operator == "eq")
}

func (f filter) within(text string) bool {
	t, fine := parseTime(text)
	if !fine {
		return false
	}
	ms := t.UnixMilli()
	for name, bound := range f.bounds() {
		if name == "gte" && ms < bound || name == "gt" && ms <= bound || name == "lte" && ms > bound || name == "lt" && ms >= bound {
			return false
		}
	}
	return true
}
