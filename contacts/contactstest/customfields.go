package contactstest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"slices"
	"strings"
	"unicode"
)

const fieldWritable = " placeholder acceptedFormat:texts isMultipleFile:bool maxNumberOfFiles:number textBoxListOptions:list" +
	" position:number model options:texts parentId fieldKey description"

var (
	fieldCreate = fields("name! dataType!" + fieldWritable)
	fieldUpdate = fields("name!" + fieldWritable)
	dataTypes   = strings.Fields("TEXT LARGE_TEXT NUMERICAL PHONE MONETORY CHECKBOX SINGLE_OPTIONS MULTIPLE_OPTIONS DATE" +
		" TEXTBOX_LIST FILE_UPLOAD RADIO EMAIL")
)

// field is the definition in the path.
//
// Quirk: its key will do for its id.
func (s *Server) field(c call) (record, answer) {
	id := c.PathValue("id")
	r := s.state.get(kindField, id)
	if r == nil {
		r = s.fieldByKey(id)
	}
	if r == nil {
		return nil, notFound("Custom field", id)
	}
	return r, answer{}
}

// fieldByKey finds a definition by its key, with or without "contact.".
func (s *Server) fieldByKey(key string) record {
	for _, r := range s.state.list(kindField) {
		if r.text("fieldKey") == key || r.text("fieldKey") == "contact."+key {
			return r
		}
	}
	return nil
}

func (s *Server) listFields(c call) answer {
	model := c.URL.Query().Get("model")
	if model != "" && !slices.Contains([]string{"contact", "opportunity", "all"}, model) {
		return invalid("model must be one of the following values: contact, opportunity, all")
	}
	list := s.state.list(kindField)
	if model == "contact" || model == "opportunity" {
		list = slices.DeleteFunc(list, func(r record) bool { return r.text("model") != model })
	}
	return ok(map[string]any{"customFields": list})
}

func (s *Server) getField(c call) answer {
	r, refused := s.field(c)
	if r == nil {
		return refused
	}
	return ok(map[string]any{"customField": r})
}

func (s *Server) createField(c call) answer {
	messages := fieldCreate.check(c.body)
	if kind := c.body.text("dataType"); kind != "" && !slices.Contains(dataTypes, kind) {
		messages = append(messages, "dataType must be one of the following values: "+strings.Join(dataTypes, ", "))
	}
	if len(messages) > 0 {
		return invalid(messages...)
	}
	r := record{"locationId": raw(s.location), "dataType": c.body["dataType"], "model": raw("contact"), "position": raw(0)}
	r.set("id", s.newID(kindField))
	if refused, is := s.writeField(r, c.body); is {
		return refused
	}
	return created(map[string]any{"customField": r})
}

func (s *Server) updateField(c call) answer {
	old, refused := s.field(c)
	if old == nil {
		return refused
	}
	if messages := fieldUpdate.check(c.body); len(messages) > 0 {
		return invalid(messages...)
	}
	r := maps.Clone(old)
	if refused, is := s.writeField(r, c.body); is {
		return refused
	}
	return ok(map[string]any{"customField": r})
}

// writeField writes a request's fields into a definition.
//
// Quirk: what is written as options, isMultipleFile and maxNumberOfFiles is read
// by other names.
func (s *Server) writeField(r, body record) (answer, bool) {
	readAs := map[string]string{
		"options": "picklistOptions", "isMultipleFile": "isMultiFileAllowed", "maxNumberOfFiles": "maxFileLimit",
	}
	for name, value := range body {
		if as, other := readAs[name]; other {
			name = as
		}
		if r[name] = value; empty(value) {
			delete(r, name)
		}
	}
	if r["fieldKey"] == nil {
		r.set("fieldKey", r.text("model")+"."+slug(r.text("name")))
	}
	if err := s.commit(change{Kind: kindField, ID: r.text("id"), Value: r}); err != nil {
		return failed(err), true
	}
	return answer{}, false
}

// slug is a name as it stands in a key.
func slug(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r = unicode.ToLower(r); unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '_'
	}, name), "_")
}

// deleteField deletes a definition. Contacts keep their values: what the service
// does with them is not known.
func (s *Server) deleteField(c call) answer {
	r, refused := s.field(c)
	if r == nil {
		return refused
	}
	if err := s.commit(change{Kind: kindField, ID: r.text("id")}); err != nil {
		return failed(err)
	}
	return done()
}

// uploadFiles takes files and says where they are. They are not kept.
func (s *Server) uploadFiles(c call) answer {
	_, params, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return refuse(400, "Multipart: Boundary not found")
	}
	uploaded, meta := map[string]string{}, []json.RawMessage{}
	values := map[string]string{}
	for reader := multipart.NewReader(bytes.NewReader(c.data), params["boundary"]); ; {
		part, err := reader.NextPart()
		if err == io.EOF { //nolint:errorlint // as the reader documents
			break
		}
		if err != nil {
			return refuse(400, "Unexpected end of form")
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return refuse(400, "Unexpected end of form")
		}
		name := part.FileName()
		if name == "" {
			values[part.FormName()] = string(data)
			continue
		}
		id := s.uuid()
		url := "https://storage.example/" + s.location + "/" + id
		uploaded[name] = url
		meta = append(meta, raw(map[string]any{
			"fieldname": part.FormName(), "originalname": name, "encoding": "7bit", "mimetype": part.Header.Get("Content-Type"),
			"size": len(data), "uuid": id, "url": url,
		}))
	}
	if values["id"] == "" || len(uploaded) == 0 {
		return invalid("id should not be empty", "files should not be empty")
	}
	return ok(map[string]any{"uploadedFiles": uploaded, "meta": meta})
}
