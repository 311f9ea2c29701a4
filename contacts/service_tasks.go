package contacts

import (
	"context"
	"iter"
	"strconv"

	"github.com/contactlink/contactlink/internal/rest"
)

// Tasks works on tasks.
type Tasks struct{ client *Client }

type taskAnswer struct {
	Task *Task `json:"task"`
}

type tasksAnswer struct {
	Tasks []*Task `json:"tasks"`
}

// List returns all tasks of a contact. The API has no pages here.
func (s *Tasks) List(ctx context.Context, contactID string, opts ...CallOption) ([]*Task, error) {
	var answer tasksAnswer
	err := s.client.send(ctx, rest.Call{Operation: operations.ListTasks, IDs: []string{contactID}}, opts, &answer)
	return answer.Tasks, err
}

// Get reads a task.
func (s *Tasks) Get(ctx context.Context, contactID, taskID string, opts ...CallOption) (*Task, error) {
	return s.one(ctx, rest.Call{Operation: operations.GetTask, IDs: []string{contactID, taskID}}, opts)
}

// Create creates a task. ErrUnknownOutcome: it may have been created.
func (s *Tasks) Create(ctx context.Context, contactID string, create TaskCreate, opts ...CallOption) (*Task, error) {
	return s.one(ctx, rest.Call{Operation: operations.CreateTask, IDs: []string{contactID}, Body: create}, opts)
}

// Update changes the fields that are set.
func (s *Tasks) Update(ctx context.Context, contactID, taskID string, update TaskUpdate, opts ...CallOption) (*Task, error) {
	return s.one(ctx, rest.Call{Operation: operations.UpdateTask, IDs: []string{contactID, taskID}, Body: update}, opts)
}

// Complete says whether a task is done.
func (s *Tasks) Complete(ctx context.Context, contactID, taskID string, completed bool, opts ...CallOption) (*Task, error) {
	body := struct {
		Completed bool `json:"completed"`
	}{completed}
	return s.one(ctx, rest.Call{Operation: operations.CompleteTask, IDs: []string{contactID, taskID}, Body: body}, opts)
}

// Delete deletes a task.
func (s *Tasks) Delete(ctx context.Context, contactID, taskID string, opts ...CallOption) error {
	return s.client.send(ctx, rest.Call{Operation: operations.DeleteTask, IDs: []string{contactID, taskID}}, opts, nil)
}

func (s *Tasks) one(ctx context.Context, call rest.Call, opts []CallOption) (*Task, error) {
	var answer taskAnswer
	if err := s.client.send(ctx, call, opts, &answer); err != nil {
		return nil, err
	}
	return whole(answer.Task), nil
}

// TaskQuery chooses tasks of a location. Empty fields choose everything.
type TaskQuery struct {
	ContactIDs []string
	Completed  *bool
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
	skip, err := offset(cursor)
	if err != nil {
		return nil, err
	}
	if query.Limit == 0 {
		query.Limit = 100
	}
	body := struct {
		ContactIDs []string `json:"contactId,omitempty"`
		Completed  *bool    `json:"completed,omitempty"`
		Query      string   `json:"query,omitempty"`
		Limit      int      `json:"limit"`
		Skip       int      `json:"skip"`
	}{query.ContactIDs, query.Completed, query.Query, query.Limit, skip}
	var answer tasksAnswer
	call := rest.Call{Operation: operations.SearchTasks, IDs: []string{s.client.settings.location}, Body: body}
	if err := s.client.send(ctx, call, opts, &answer); err != nil {
		return nil, err
	}
	page := &Page[Task]{Items: answer.Tasks}
	// The service may cap a page below the limit, so only an empty one is the end.
	if len(answer.Tasks) > 0 {
		page.Next = strconv.Itoa(skip + len(answer.Tasks))
	}
	return page, nil
}

// Search returns all tasks of the location that a query chooses.
func (s *Tasks) Search(ctx context.Context, query TaskQuery, opts ...CallOption) iter.Seq2[*Task, error] {
	return pages(ctx, func(cursor string) (*Page[Task], error) { return s.SearchPage(ctx, query, cursor, opts...) })
}
