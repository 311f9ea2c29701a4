package sendapp

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/wire"
	"github.com/contactlink/contactlink/mapping/opt"
)

// TaskStatus says whether a task is done.
type TaskStatus string

// The states of a task. A new one is pending.
const (
	TaskPending   TaskStatus = "pending"
	TaskCompleted TaskStatus = "completed"
)

// Task is a task as the server answers it. It belongs to one contact.
type Task struct {
	// TaskID is the server's id of the task.
	TaskID    string `json:"taskId"`
	ContactID string `json:"contactId,omitzero"`
	// ExternalID is the caller's own id of the task, unique in the account.
	ExternalID string `json:"externalId,omitzero"`
	// OccurredAt is when the task came up, which may be long before CreatedAt if
	// it was copied from elsewhere.
	OccurredAt Time       `json:"occurredAt,omitzero"`
	TaskTitle  string     `json:"taskTitle,omitzero"`
	Body       string     `json:"body,omitzero"`
	DueDate    Time       `json:"dueDate,omitzero"`
	Status     TaskStatus `json:"status,omitzero"`
	Assignee   string     `json:"assignee,omitzero"`
	// CompletedAt is when the server saw the task become completed.
	CompletedAt Time `json:"completedAt,omitzero"`
	CreatedAt   Time `json:"createdAt,omitzero"`
	UpdatedAt   Time `json:"updatedAt,omitzero"`
	// Version is another after every change. It is opaque; see [WithIfMatch].
	Version string `json:"version,omitzero"`

	extra wire.Extra
}

func (t *Task) identity() string { return t.TaskID }

func (t *Task) field(name string) any {
	switch name {
	case "taskId":
		return &t.TaskID
	case "contactId":
		return &t.ContactID
	case "externalId":
		return &t.ExternalID
	case "occurredAt":
		return &t.OccurredAt
	case "taskTitle":
		return &t.TaskTitle
	case "body":
		return &t.Body
	case "dueDate":
		return &t.DueDate
	case "status":
		return &t.Status
	case "assignee":
		return &t.Assignee
	case "completedAt":
		return &t.CompletedAt
	case "createdAt":
		return &t.CreatedAt
	case "updatedAt":
		return &t.UpdatedAt
	case "version":
		return &t.Version
	default:
		return nil
	}
}

// Extra returns what the server sent beyond the fields above, and what had
// another type than they have.
func (t *Task) Extra() map[string]json.RawMessage { return t.extra.Clone() }

// UnmarshalJSON never fails on an unknown field or a wrong type.
func (t *Task) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, t.field, &t.extra) }

// UnmarshalJSONFrom is UnmarshalJSON for encoding/json/v2.
func (t *Task) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	return wire.Decode(d, t.field, &t.extra)
}

// MarshalJSON writes the task with its extra fields.
func (t Task) MarshalJSON() ([]byte, error) {
	type plain Task
	return wire.Marshal(plain(t), t.extra)
}

// TaskUpdate holds the fields of a task that can be written. A field that is
// unset is left as it is, one that is null is cleared.
type TaskUpdate struct {
	// ContactID moves the task to another contact. It can't be null.
	ContactID  opt.Opt[string] `json:"contactId,omitzero"`
	ExternalID opt.Opt[string] `json:"externalId,omitzero"`
	OccurredAt opt.Opt[Time]   `json:"occurredAt,omitzero"`
	TaskTitle  opt.Opt[string] `json:"taskTitle,omitzero"`
	Body       opt.Opt[string] `json:"body,omitzero"`
	DueDate    opt.Opt[Time]   `json:"dueDate,omitzero"`
	// Status that is null means pending.
	Status   opt.Opt[TaskStatus] `json:"status,omitzero"`
	Assignee opt.Opt[string]     `json:"assignee,omitzero"`
}

// TaskCreate holds the fields of a new task. None is required, and null means
// the same as unset. ContactID, if set, must be the contact that the task is
// created under.
type TaskCreate = TaskUpdate
