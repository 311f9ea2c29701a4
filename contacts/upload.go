package contacts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"strconv"

	"github.com/contactlink/contactlink/internal/rest"
)

// Upload is a file to upload.
type Upload struct {
	Name    string
	Content io.Reader
}

// maxUpload is how many bytes are uploaded at most: they are held in memory, to
// be sent again.
const maxUpload = 50 << 20

// Upload uploads files for a custom field of files. id is that of the contact, the
// opportunity or the field. It returns the files' addresses by their names.
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
		return nil, s.client.incomplete(r, "uploadedFiles")
	}
	return uploaded, nil
}

func uploadForm(id string, files []Upload) (rest.Raw, error) {
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	personal := []string{id}
	err := errors.Join(writer.WriteField("id", id), writer.WriteField("maxFiles", strconv.Itoa(len(files))))
	for _, file := range files {
		if file.Content == nil || file.Name == "" {
			return rest.Raw{}, fmt.Errorf("%w: a file needs a Name and Content", ErrInvalid)
		}
		personal = append(personal, file.Name)
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
	return rest.Raw{ContentType: writer.FormDataContentType(), Data: body.Bytes(), Personal: personal}, err
}
