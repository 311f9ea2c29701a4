package sendapp

import (
	"context"
	"iter"
	"time"
)

// Tasks has the operations on tasks. A task is found under its own contact
// only; the listings of the whole account find it wherever it is.
type Tasks struct{ client *Client }

// TaskQuery says which tasks are listed: those that match all that is set.
type TaskQuery struct {
	// ContactID lists the tasks of one contact; empty: those of the whole account.
	ContactID  string
	ExternalID string
	// Status needs a ContactID.
	Status TaskStatus
	// UpdatedSince lists what changed then or later.
	UpdatedSince time.Time
	// Limit is the size of a page: 1 to 200, 50 if it is 0.
	Limit int
}

type tasksAnswer struct {
	Tasks []*Task `json:"tasks"`
	Next  string  `json:"nextCursor"`
}

// Get returns a task of a contact.
func (s *Tasks) Get(ctx context.Context, contactID, taskID string, opts ...CallOption) (*Task, error) {
	return one[Task](ctx, s.client, request{op: operations.tasks.get, ids: []string{contactID, taskID}, opts: opts})
}

// ListPage returns one page of tasks, ordered by the time they changed and their
// ids. An empty cursor is the first page.
func (s *Tasks) ListPage(ctx context.Context, q TaskQuery, cursor string, opts ...CallOption) (*Page[Task], error) {
	if err := checkLimit(q.Limit); err != nil {
		return nil, err
	}
	if q.Status != "" && q.ContactID == "" {
		return nil, errStatusOfAccount
	}
	values, err := parameters(struct {
		ExternalID   string `url:"externalId,omitempty"`
		Status       string `url:"status,omitempty"`
		UpdatedSince string `url:"updatedSince,omitempty"`
		Limit        int    `url:"limit,omitempty"`
		Cursor       string `url:"cursor,omitempty"`
	}{q.ExternalID, string(q.Status), since(q.UpdatedSince), q.Limit, cursor})
	if err != nil {
		return nil, err
	}
	r := request{op: operations.tasks.listAll, query: values, opts: opts}
	if q.ContactID != "" {
		r.op, r.ids = operations.tasks.list, []string{q.ContactID}
	}
	answer, err := call[tasksAnswer](ctx, s.client, r)
	if err != nil {
		return nil, err
	}
	return newPage(r.op, "tasks", answer.Tasks, answer.Next)
}

// List returns all tasks of a query, page by page as they are wanted.
func (s *Tasks) List(ctx context.Context, q TaskQuery, opts ...CallOption) iter.Seq2[*Task, error] {
	return pages(ctx, func(cursor string) (*Page[Task], error) {
		return s.ListPage(ctx, q, cursor, opts...)
	})
}

// ListDeletedPage returns one page of what was deleted in the whole account, in
// the order of deletion. An empty cursor is the first page.
func (s *Tasks) ListDeletedPage(ctx context.Context, q DeletedQuery, cursor string, opts ...CallOption) (*Page[Tombstone], error) {
	return deletedPage(ctx, s.client, operations.tasks.listAll, q, cursor, opts)
}

// ListDeleted returns all that was deleted in the whole account, page by page as
// it is wanted.
func (s *Tasks) ListDeleted(ctx context.Context, q DeletedQuery, opts ...CallOption) iter.Seq2[*Tombstone, error] {
	return deleted(ctx, s.client, operations.tasks.listAll, q, opts)
}

// Create makes a task of a contact. An externalId that is taken is an
// [ErrDuplicate] with the holder's id in [Error].ConflictingID.
func (s *Tasks) Create(ctx context.Context, contactID string, task TaskCreate, opts ...CallOption) (*Task, error) {
	return one[Task](ctx, s.client, request{op: operations.tasks.create, ids: []string{contactID}, body: task, opts: opts})
}

// Update changes a task, and returns it as it is then.
func (s *Tasks) Update(ctx context.Context, contactID, taskID string, task TaskUpdate, opts ...CallOption) (*Task, error) {
	return one[Task](ctx, s.client, request{op: operations.tasks.update, ids: []string{contactID, taskID}, body: task, opts: opts})
}

// Complete marks a task as completed, or as pending again.
func (s *Tasks) Complete(ctx context.Context, contactID, taskID string, completed bool, opts ...CallOption) (*Task, error) {
	body := struct {
		Completed bool `json:"completed"`
	}{completed}
	return one[Task](ctx, s.client, request{op: operations.completeTask, ids: []string{contactID, taskID}, body: body, opts: opts})
}

// Delete deletes a task.
func (s *Tasks) Delete(ctx context.Context, contactID, taskID string, opts ...CallOption) error {
	return s.client.send(ctx, request{op: operations.tasks.delete, ids: []string{contactID, taskID}, opts: opts}, nil)
}
