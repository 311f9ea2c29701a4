package contacts

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
)

// Tasks works on tasks.
type Tasks struct{ client *Client }

func (t *Task) identity() string { return t.ID }

// List returns all tasks of a contact. The API has no pages here.
func (s *Tasks) List(ctx context.Context, contactID string, opts ...CallOption) ([]*Task, error) {
	return list[Task](ctx, s.client, request{op: operations.ListTasks, ids: []string{contactID}, opts: opts}, "tasks")
}

// Get reads a task.
func (s *Tasks) Get(ctx context.Context, contactID, taskID string, opts ...CallOption) (*Task, error) {
	return one[Task](ctx, s.client, request{op: operations.GetTask, ids: []string{contactID, taskID}, opts: opts}, "task")
}

// Create creates a task. ErrUnknownOutcome: it may have been created.
func (s *Tasks) Create(ctx context.Context, contactID string, create TaskCreate, opts ...CallOption) (*Task, error) {
	if create.Title == "" || create.DueDate.IsZero() {
		return nil, fmt.Errorf("contacts: %s: %w: a task needs a Title and a DueDate", operations.CreateTask.Name, ErrInvalid)
	}
	return one[Task](ctx, s.client, request{
		op: operations.CreateTask, ids: []string{contactID}, body: create, opts: opts,
		lookup: Lookup{ContactID: contactID, Text: create.Title},
	}, "task")
}

// Update changes the fields that are set.
func (s *Tasks) Update(ctx context.Context, contactID, taskID string, update TaskUpdate, opts ...CallOption) (*Task, error) {
	return one[Task](ctx, s.client, request{op: operations.UpdateTask, ids: []string{contactID, taskID}, body: update, opts: opts}, "task")
}

// Complete says whether a task is done.
func (s *Tasks) Complete(ctx context.Context, contactID, taskID string, completed bool, opts ...CallOption) (*Task, error) {
	body := struct {
		Completed bool `json:"completed"`
	}{completed}
	return one[Task](ctx, s.client, request{op: operations.CompleteTask, ids: []string{contactID, taskID}, body: body, opts: opts}, "task")
}

// Delete deletes a task.
func (s *Tasks) Delete(ctx context.Context, contactID, taskID string, opts ...CallOption) error {
	return s.client.done(ctx, request{op: operations.DeleteTask, ids: []string{contactID, taskID}, opts: opts})
}

// TaskQuery chooses tasks of a location. Empty fields choose everything.
type TaskQuery struct {
	ContactIDs []string
	Completed  *bool
	// AssignedTo are ids of users.
	AssignedTo []string
	BusinessID string
	// Query is free text, matched with titles.
	Query string
	// Limit is the size of a page. The API's default is 25; how much it allows is
	// not documented. 0 means 100.
	Limit int
}

// SearchPage returns one page of the location's tasks. The API pages by offset:
// what is created or deleted meanwhile shifts the pages.
func (s *Tasks) SearchPage(ctx context.Context, query TaskQuery, cursor string, opts ...CallOption) (*Page[Task], error) {
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	at, err := parseOffset(cursor)
	if err != nil {
		return nil, err
	}
	if query.Limit < 0 {
		return nil, fmt.Errorf("contacts: %w: TaskQuery.Limit must not be negative", ErrInvalid)
	}
	if query.Limit == 0 {
		query.Limit = 100
	}
	body := struct {
		ContactIDs []string `json:"contactId,omitempty"`
		Completed  *bool    `json:"completed,omitempty"`
		AssignedTo []string `json:"assignedTo,omitempty"`
		BusinessID string   `json:"businessId,omitempty"`
		Query      string   `json:"query,omitempty"`
		Limit      int      `json:"limit"`
		Skip       int      `json:"skip"`
	}{query.ContactIDs, query.Completed, query.AssignedTo, query.BusinessID, query.Query, query.Limit, at.skip}
	var tasks taskList
	answer := envelope{members: map[string]any{"tasks": &tasks}}
	r := request{op: operations.SearchTasks, ids: []string{s.client.settings.location}, body: body, opts: opts}
	if err := s.client.do(ctx, r, &answer); err != nil {
		return nil, err
	}
	if tasks == nil {
		return nil, s.client.incomplete(r, "tasks")
	}
	page := &Page[Task]{Items: tasks}
	if page.Next, err = next(at, page.Items); err != nil {
		return nil, err
	}
	return page, nil
}

// Search returns all tasks of the location that a query chooses.
func (s *Tasks) Search(ctx context.Context, query TaskQuery, opts ...CallOption) iter.Seq2[*Task, error] {
	return pages(ctx, func(cursor string) (*Page[Task], error) { return s.SearchPage(ctx, query, cursor, opts...) })
}

// taskList are the tasks of a search.
//
// Quirk: the specification says that they are a list of lists. A list is what
// comes. Both are read.
type taskList []*Task

// UnmarshalJSON reads a list of tasks, or of lists of tasks.
func (l *taskList) UnmarshalJSON(data []byte) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(data, &elements); err != nil {
		return err
	}
	*l = make(taskList, 0, len(elements))
	for _, element := range elements {
		if element[0] != '[' {
			element = append(append(json.RawMessage{'['}, element...), ']')
		}
		var tasks []*Task
		if err := json.Unmarshal(element, &tasks); err != nil {
			return err
		}
		*l = append(*l, present(tasks)...)
	}
	return nil
}
