package contactstest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Export is what a location holds, in the API's own shapes.
type Export struct {
	// Source says where the records come from.
	Source     string `json:"source"`
	LocationID string `json:"locationId"`
	// CustomFields are the definitions of the location's custom fields.
	CustomFields []json.RawMessage `json:"customFields"`
	Contacts     []json.RawMessage `json:"contacts"`
	// Tasks and Notes are by contact id.
	Tasks map[string][]json.RawMessage `json:"tasks"`
	Notes map[string][]json.RawMessage `json:"notes"`
}

// ReadExport reads an export and checks it. An error is one line that begins
// with name and says where and what is wrong. Unknown keys inside records are
// kept; on the top level they are errors.
func ReadExport(r io.Reader, name string) (*Export, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	export := &Export{}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(export); err != nil {
		return nil, fmt.Errorf("%s: %s", name, place(data, decoder.InputOffset(), err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %s", name, place(data, decoder.InputOffset(), errors.New("there is more behind the export")))
	}
	if _, err := export.changes(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return export, nil
}

// place says at which line and column a JSON error is.
func place(data []byte, offset int64, err error) string {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &wrong):
		offset = wrong.Offset
	}
	before := data[:min(int(offset), len(data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("line %d, column %d: %v", line, column, err)
}

// changes are the export's records, definitions and contacts first.
func (e *Export) changes() ([]change, error) {
	var changes []change
	defined := map[string]bool{}
	for i, data := range e.CustomFields {
		r, err := readRecord(data, fmt.Sprintf("customFields[%d]", i), defined)
		if err != nil {
			return nil, err
		}
		changes = append(changes, change{Kind: kindField, ID: r.text("id"), Value: r})
	}
	known := map[string]bool{}
	for i, data := range e.Contacts {
		r, err := readRecord(data, fmt.Sprintf("contacts[%d]", i), known)
		if err != nil {
			return nil, err
		}
		changes = append(changes, change{Kind: kindContact, ID: r.text("id"), Value: r})
	}
	for _, child := range []struct {
		kind, name string
		records    map[string][]json.RawMessage
	}{{kindTask, "tasks", e.Tasks}, {kindNote, "notes", e.Notes}} {
		taken := map[string]bool{}
		for _, parent := range slices.Sorted(maps.Keys(child.records)) {
			if !known[parent] {
				continue // as the service does: children go with their contact
			}
			for i, data := range child.records[parent] {
				r, err := readRecord(data, fmt.Sprintf("%s[%q][%d]", child.name, parent, i), taken)
				if err != nil {
					return nil, err
				}
				r.set("contactId", parent)
				changes = append(changes, change{Kind: child.kind, ID: r.text("id"), Value: r})
			}
		}
	}
	return changes, nil
}

// Orphans counts the tasks and notes of contacts that the export does not have.
// Apply leaves them out: the service deletes a contact's children with it.
func (e *Export) Orphans() int {
	known := map[string]bool{}
	for _, data := range e.Contacts {
		var r record
		if json.Unmarshal(data, &r) == nil {
			known[r.text("id")] = true
		}
	}
	orphans := 0
	for _, records := range []map[string][]json.RawMessage{e.Tasks, e.Notes} {
		for parent, children := range records {
			if !known[parent] {
				orphans += len(children)
			}
		}
	}
	return orphans
}

func readRecord(data json.RawMessage, where string, taken map[string]bool) (record, error) {
	var r record
	if err := json.Unmarshal(data, &r); err != nil || r == nil {
		return nil, fmt.Errorf("%s: a record must be an object", where)
	}
	id := r.text("id")
	switch {
	case id == "":
		return nil, fmt.Errorf("%s: the record has no id", where)
	case taken[id]:
		return nil, fmt.Errorf("%s: the id %q stands twice", where, id)
	}
	taken[id] = true
	return r, nil
}

// Changes counts the contacts, tasks and notes that Apply changed.
type Changes struct{ Created, Updated, Deleted int }

// Apply brings the server to exactly the state of an export: it creates,
// updates and deletes. It goes past the rule for duplicates, counts as no
// request and sends no events. A contact that changes gets a new dateUpdated
// from the server's clock, whatever the export says; one that is as it was keeps
// its own.
func (s *Server) Apply(export *Export) (Changes, error) {
	wanted, err := export.changes()
	if err != nil {
		return Changes{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var counts Changes
	var changes []change
	count := func(kind string, of *int) {
		if kind != kindField {
			*of++
		}
	}
	kept := map[string]map[string]bool{kindField: {}, kindContact: {}, kindTask: {}, kindNote: {}}
	for _, c := range wanted {
		kept[c.Kind][c.ID] = true
		old := s.state.get(c.Kind, c.ID)
		switch {
		case old == nil:
			count(c.Kind, &counts.Created)
			s.complete(c)
		case sameRecord(old, c.Value):
			continue
		default:
			count(c.Kind, &counts.Updated)
			s.complete(c)
			if c.Kind == kindContact {
				c.Value.set("dateUpdated", s.now())
			}
		}
		changes = append(changes, c)
	}
	for _, kind := range []string{kindTask, kindNote, kindContact, kindField} {
		for _, id := range slices.Sorted(maps.Keys(s.state.tables[kind].records)) {
			if !kept[kind][id] {
				count(kind, &counts.Deleted)
				changes = append(changes, change{Kind: kind, ID: id})
			}
		}
	}
	if len(changes) == 0 {
		return counts, nil
	}
	// One entry: a kill leaves the former state or the new one.
	if err := s.commit(changes...); err != nil {
		return Changes{}, fmt.Errorf("contactstest: apply an export: %w", err)
	}
	return counts, nil
}

// complete adds what the service always has.
func (s *Server) complete(c change) {
	if c.Kind != kindContact {
		return
	}
	for name, value := range map[string]string{"locationId": s.location, "dateAdded": s.now(), "dateUpdated": s.now()} {
		if c.Value.text(name) == "" {
			c.Value.set(name, value)
		}
	}
}

// sameRecord compares an export's record with the server's: dateUpdated is the
// server's own, and what the export leaves out the server may have added.
func sameRecord(old, wanted record) bool {
	names := maps.Clone(wanted)
	maps.Copy(names, old)
	for name := range names {
		_, in := wanted[name]
		switch {
		case name == "dateUpdated", !in && (name == "dateAdded" || name == "locationId"):
		case !equalJSON(old[name], wanted[name]):
			return false
		}
	}
	return true
}

// equalJSON compares values, whatever the order of their members and the
// spelling of their strings. Numbers are compared as they are written.
func equalJSON(a, b json.RawMessage) bool { return bytes.Equal(canonical(a), canonical(b)) }

func canonical(value json.RawMessage) []byte {
	v := jsontext.Value(bytes.Clone(value))
	if v.Format(jsontext.ReorderRawObjects(true), jsontext.PreserveRawStrings(false), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) != nil {
		return value
	}
	return v
}

// Export is what the server holds.
func (s *Server) Export() *Export {
	s.mu.Lock()
	defer s.mu.Unlock()
	export := &Export{
		Source: "contactstest", LocationID: s.location,
		Tasks: map[string][]json.RawMessage{}, Notes: map[string][]json.RawMessage{},
	}
	for _, c := range s.state.all() {
		switch c.Kind {
		case kindField:
			export.CustomFields = append(export.CustomFields, raw(c.Value))
		case kindContact:
			export.Contacts = append(export.Contacts, raw(c.Value))
		case kindTask:
			export.Tasks[c.Value.text("contactId")] = append(export.Tasks[c.Value.text("contactId")], raw(c.Value))
		case kindNote:
			export.Notes[c.Value.text("contactId")] = append(export.Notes[c.Value.text("contactId")], raw(c.Value))
		}
	}
	return export
}
