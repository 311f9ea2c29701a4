package contacts

import (
	"context"
	"time"
)

// Workflows adds contacts to workflows.
type Workflows struct{ client *Client }

// workflowBody is sent with both operations: the service wants it for a DELETE
// too.
type workflowBody struct {
	EventStartTime string `json:"eventStartTime,omitempty"`
}

// Add adds a contact to a workflow, from a time on; the zero time is not sent.
// ErrUnknownOutcome: it may have been added.
func (s *Workflows) Add(ctx context.Context, contactID, workflowID string, from time.Time, opts ...CallOption) error {
	var body workflowBody
	if !from.IsZero() {
		body.EventStartTime = from.Format(time.RFC3339) // the specification's example has an offset
	}
	return s.client.done(ctx, request{
		op: operations.AddWorkflow, ids: []string{contactID, workflowID}, body: body, opts: opts,
		lookup: Lookup{ContactID: contactID},
	})
}

// Remove removes a contact from a workflow.
func (s *Workflows) Remove(ctx context.Context, contactID, workflowID string, opts ...CallOption) error {
	return s.client.done(ctx, request{op: operations.RemoveWorkflow, ids: []string{contactID, workflowID}, body: workflowBody{}, opts: opts})
}
