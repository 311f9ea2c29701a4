package contacts

import (
	"context"
	"fmt"
	"net/url"
)

// CustomFields works on the definitions of the location's custom fields. Their
// values are fields of [Contact]; [CustomFields.Directory] joins the two.
type CustomFields struct {
	client *Client
	cache  directoryCache
}

// List returns all definitions for a model: "contact", "opportunity" or "all".
// Empty is the service's default.
func (s *CustomFields) List(ctx context.Context, model string, opts ...CallOption) ([]*CustomField, error) {
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	values := url.Values{}
	if model != "" {
		values.Set("model", model)
	}
	return list[CustomField](ctx, s.client, request{op: operations.ListCustomFields, ids: s.ids(), query: values, opts: opts}, "customFields")
}

// Get reads a definition, by its id or its key: "contact.shirt_size".
func (s *CustomFields) Get(ctx context.Context, idOrKey string, opts ...CallOption) (*CustomField, error) {
	return s.field(ctx, request{op: operations.GetCustomField, ids: s.ids(idOrKey), opts: opts})
}

// Create defines a custom field. ErrUnknownOutcome: it may have been defined.
func (s *CustomFields) Create(ctx context.Context, create CustomFieldCreate, opts ...CallOption) (*CustomField, error) {
	if create.Name == "" || create.DataType == "" {
		return nil, fmt.Errorf("contacts: %s: %w: a custom field needs a Name and a DataType", operations.CreateCustomField.Name, ErrInvalid)
	}
	defer s.Forget()
	return s.field(ctx, request{op: operations.CreateCustomField, ids: s.ids(), body: create, opts: opts, lookup: Lookup{Text: create.Name}})
}

// Update changes a definition.
func (s *CustomFields) Update(ctx context.Context, id string, update CustomFieldUpdate, opts ...CallOption) (*CustomField, error) {
	if update.Name == "" {
		return nil, fmt.Errorf("contacts: %s: %w: the service wants the Name each time", operations.UpdateCustomField.Name, ErrInvalid)
	}
	defer s.Forget()
	return s.field(ctx, request{op: operations.UpdateCustomField, ids: s.ids(id), body: update, opts: opts})
}

// Delete deletes a definition.
func (s *CustomFields) Delete(ctx context.Context, id string, opts ...CallOption) error {
	if err := s.client.needLocation(); err != nil {
		return err
	}
	defer s.Forget()
	return s.client.done(ctx, request{op: operations.DeleteCustomField, ids: s.ids(id), opts: opts})
}

func (s *CustomFields) field(ctx context.Context, r request) (*CustomField, error) {
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	return one[CustomField](ctx, s.client, r, "customField")
}

// ids are those of a path within the location.
func (s *CustomFields) ids(more ...string) []string {
	return append([]string{s.client.settings.location}, more...)
}
