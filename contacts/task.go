package contacts

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/wire"
	"github.com/contactlink/contactlink/mapping/opt"
)

// Task is a task of a contact. The API tells neither when it was added nor when
// it changed.
type Task struct {
	ID         string `json:"id,omitzero"`
	ContactID  string `json:"contactId,omitzero"`
	Title      string `json:"title,omitzero"`
	Body       string `json:"body,omitzero"`
	AssignedTo string `json:"assignedTo,omitzero"`
	DueDate    Time   `json:"dueDate,omitzero"`
	Completed  bool   `json:"completed"`

	extra wire.Extra
}

func (t *Task) field(name string) any {
	switch name {
	case "id":
		return &t.ID
	case "contactId":
		return &t.ContactID
	case "title":
		return &t.Title
	case "body":
		return &t.Body
	case "assignedTo":
		return &t.AssignedTo
	case "dueDate":
		return &t.DueDate
	case "completed":
		return &t.Completed
	default:
		return nil
	}
}

// Extra returns what the API sent beyond the fields above.
func (t *Task) Extra() map[string]json.RawMessage { return t.extra.Clone() }

// UnmarshalJSON never fails on an unknown field or a wrong type.
func (t *Task) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, t.field, &t.extra) }

// UnmarshalJSONFrom is UnmarshalJSON for encoding/json/v2.
func (t *Task) UnmarshalJSONFrom(d *jsontext.Decoder) error { return wire.Decode(d, t.field, &t.extra) }

// MarshalJSON writes the task with its extra fields.
func (t Task) MarshalJSON() ([]byte, error) {
	type plain Task
	return wire.Marshal(plain(t), t.extra)
}

// TaskCreate is a new task.
type TaskCreate struct {
	Title      string          `json:"title"`
	DueDate    Time            `json:"dueDate"`
	Completed  bool            `json:"completed"`
	Body       opt.Opt[string] `json:"body,omitzero"`
	AssignedTo opt.Opt[string] `json:"assignedTo,omitzero"`
}

// TaskUpdate changes the fields that are set.
type TaskUpdate struct {
	Title      opt.Opt[string] `json:"title,omitzero"`
	DueDate    opt.Opt[Time]   `json:"dueDate,omitzero"`
	Completed  opt.Opt[bool]   `json:"completed,omitzero"`
	Body       opt.Opt[string] `json:"body,omitzero"`
	AssignedTo opt.Opt[string] `json:"assignedTo,omitzero"`
}
