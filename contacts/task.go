package contacts

import (
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
	Completed  bool   `json:"completed,omitzero"`

	extra wire.Extra
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
