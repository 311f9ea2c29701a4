package contactstest

import (
	"encoding/json"
	"fmt"
	"io"
)

// Save writes everything that the server holds, for Load.
func (s *Server) Save(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := json.NewEncoder(w).Encode(s.state.all()); err != nil {
		return fmt.Errorf("contactstest: save: %w", err)
	}
	return nil
}

// Load brings the server to exactly what Save wrote: a state from which tests
// begin. It counts as no request and sends no events. Export and Apply, in
// contrast, have the API's own shapes.
func (s *Server) Load(r io.Reader) error {
	var wanted []change
	if err := json.NewDecoder(r).Decode(&wanted); err != nil {
		return fmt.Errorf("contactstest: load: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var changes []change
	for _, old := range s.state.all() {
		changes = append(changes, change{Kind: old.Kind, ID: old.ID})
	}
	for _, c := range wanted {
		if s.state.tables[c.Kind] == nil || c.ID == "" || c.Value == nil {
			return fmt.Errorf("contactstest: load: %q is no kind of record, or one has no id", c.Kind)
		}
	}
	// One entry: a kill leaves the former state or the new one.
	if err := s.commit(append(changes, wanted...)...); err != nil {
		return fmt.Errorf("contactstest: load: %w", err)
	}
	return nil
}
