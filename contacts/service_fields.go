package contacts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/url"
	"strconv"

	"github.com/contactlink/contactlink/internal/rest"
	"github.com/contactlink/contactlink/internal/wire"
	"github.com/contactlink/contactlink/mapping/opt"
)

// CustomFields works on the definitions of the location's custom fields. Their
// values are fields of [Contact]; [CustomFields.Directory] joins the two.
type CustomFields struct {
	client *Client
	cache  directoryCache
}

// CustomField is the definition of a custom field.
type CustomField struct {
	ID   string `json:"id,omitzero"`
	Name string `json:"name,omitzero"`
	// FieldKey is the key with its model: "contact.shirt_size".
	FieldKey    string   `json:"fieldKey,omitzero"`
	DataType    DataType `json:"dataType,omitzero"`
	Placeholder string   `json:"placeholder,omitzero"`
	// PicklistOptions are what an options field can be.
	PicklistOptions       []string `json:"picklistOptions,omitzero"`
	IsAllowedCustomOption bool     `json:"isAllowedCustomOption,omitzero"`
	IsMultiFileAllowed    bool     `json:"isMultiFileAllowed,omitzero"`
	MaxFileLimit          int      `json:"maxFileLimit,omitzero"`
	LocationID            string   `json:"locationId,omitzero"`
	// Model is contact or opportunity.
	Model string `json:"model,omitzero"`

	extra wire.Extra
}

func (f *CustomField) identity() string { return f.ID }

// CustomFieldCreate defines a custom field.
type CustomFieldCreate struct {
	Name     string   `json:"name"`
	DataType DataType `json:"dataType"`
	// Model is contact or opportunity. Unset is the service's default.
	Model           opt.Opt[string]   `json:"model,omitzero"`
	Placeholder     opt.Opt[string]   `json:"placeholder,omitzero"`
	Position        opt.Opt[int]      `json:"position,omitzero"`
	AcceptedFormats opt.Opt[[]string] `json:"acceptedFormat,omitzero"`
	IsMultipleFile  opt.Opt[bool]     `json:"isMultipleFile,omitzero"`
	MaxFiles        opt.Opt[int]      `json:"maxNumberOfFiles,omitzero"`
	// Options are what an options field can be. The specification lacks them; that
	// the service takes them by this name was observed.
	Options   opt.Opt[[]string]            `json:"options,omitzero"`
	TextBoxes opt.Opt[[]TextBoxDefinition] `json:"textBoxListOptions,omitzero"`
}

// CustomFieldUpdate changes the fields that are set. The service wants the name
// each time.
type CustomFieldUpdate struct {
	Name            string                       `json:"name"`
	Model           opt.Opt[string]              `json:"model,omitzero"`
	Placeholder     opt.Opt[string]              `json:"placeholder,omitzero"`
	Position        opt.Opt[int]                 `json:"position,omitzero"`
	AcceptedFormats opt.Opt[[]string]            `json:"acceptedFormat,omitzero"`
	IsMultipleFile  opt.Opt[bool]                `json:"isMultipleFile,omitzero"`
	MaxFiles        opt.Opt[int]                 `json:"maxNumberOfFiles,omitzero"`
	TextBoxes       opt.Opt[[]TextBoxDefinition] `json:"textBoxListOptions,omitzero"`
}

// TextBoxDefinition is one text box of a text-box list.
type TextBoxDefinition struct {
	Label   string `json:"label"`
	Prefill string `json:"prefillValue"`
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
	return s.field(ctx, request{op: operations.CreateCustomField, ids: s.ids(), body: create, opts: opts})
}

// Update changes a definition.
func (s *CustomFields) Update(ctx context.Context, id string, update CustomFieldUpdate, opts ...CallOption) (*CustomField, error) {
	if update.Name == "" {
		return nil, fmt.Errorf("contacts: %s: %w: the service wants the Name each time", operations.UpdateCustomField.Name, ErrInvalid)
	}
	defer s.Forget()
	return s.field(ctx, request{op: operations.UpdateCustomField, ids: s.ids(id), body: update, opts: opts})
}

// Delete deletes a definition, and the values that contacts have of it.
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

// Upload is a file to upload.
type Upload struct {
	Name    string
	Content io.Reader
}

// maxUpload is how many bytes are uploaded at most: they are held in memory, to
// be sent again.
const maxUpload = 50 << 20

// Upload uploads files for a custom field of files. id is that of the contact, the
// opportunity or the field. It returns the files' addresses by their names; what
// is uploaded belongs to a contact only when its field is set to it.
// ErrUnknownOutcome: they may have been uploaded.
func (s *CustomFields) Upload(ctx context.Context, id string, files []Upload, opts ...CallOption) (map[string]string, error) {
	op := operations.UploadCustomField
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	if id == "" || len(files) == 0 {
		return nil, fmt.Errorf("contacts: %s: %w: there must be an id and a file", op.Name, ErrInvalid)
	}
	form, err := uploadForm(id, files)
	if err != nil {
		return nil, fmt.Errorf("contacts: %s: %w", op.Name, err)
	}
	uploaded := map[string]string(nil)
	answer := envelope{members: map[string]any{"uploadedFiles": &uploaded}}
	r := request{op: op, ids: s.ids(), body: form, opts: opts}
	if err := s.client.do(ctx, r, &answer); err != nil {
		return nil, err
	}
	if uploaded == nil {
		return nil, s.client.incomplete(op, "uploadedFiles")
	}
	return uploaded, nil
}

func uploadForm(id string, files []Upload) (rest.Raw, error) {
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	err := errors.Join(writer.WriteField("id", id), writer.WriteField("maxFiles", strconv.Itoa(len(files))))
	for _, file := range files {
		if file.Content == nil || file.Name == "" {
			return rest.Raw{}, fmt.Errorf("%w: a file needs a Name and Content", ErrInvalid)
		}
		part, formErr := writer.CreateFormFile(file.Name, file.Name)
		if formErr != nil {
			return rest.Raw{}, formErr
		}
		left := int64(maxUpload - body.Len())
		n, readErr := io.Copy(part, io.LimitReader(file.Content, left+1))
		if readErr != nil {
			return rest.Raw{}, fmt.Errorf("read the file: %w", readErr)
		}
		if n > left {
			return rest.Raw{}, fmt.Errorf("%w: the files are larger than %d bytes together", ErrInvalid, maxUpload)
		}
	}
	err = errors.Join(err, writer.Close())
	return rest.Raw{ContentType: writer.FormDataContentType(), Data: body.Bytes()}, err
}

// ids are those of a path within the location.
func (s *CustomFields) ids(more ...string) []string {
	return append([]string{s.client.settings.location}, more...)
}
