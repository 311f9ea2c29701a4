package contactstest

import (
	"fmt"
	"maps"
	"slices"
)

// MergeContacts merges a contact into another, as a user does in the service: the
// other gets what it lacks, the e-mail as an additional one, and the tasks, notes
// and appointments. The first is gone.
//
// What events the service sends then is not known: here it is ContactUpdate for
// the one that stays and ContactDelete for the other.
func (s *Server) MergeContacts(into, gone string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	winner, loser := s.state.get(kindContact, into), s.state.get(kindContact, gone)
	if winner == nil || loser == nil || into == gone {
		return fmt.Errorf("contactstest: merge %q into %q: they must be two contacts", gone, into)
	}
	merged := maps.Clone(winner)
	for name, value := range loser {
		if empty(merged[name]) {
			merged[name] = value
		}
	}
	if tags := lowerCased(append(winner.texts("tags"), loser.texts("tags")...)); len(tags) > 0 {
		merged.set("tags", tags)
	}
	others := additionalEmails(winner)
	for _, email := range emails(loser) {
		if !slices.Contains(emails(merged), email) {
			others = append(others, email)
		}
	}
	if len(others) > 0 {
		merged.set("additionalEmails", emailObjects(others))
	}
	merged.set("dateUpdated", s.now())
	var changes []change
	for _, kind := range []string{kindTask, kindNote, kindAppointment} {
		for _, child := range s.state.listOf(kind, gone) {
			changes = append(changes, change{Kind: kind, ID: child.text("id"), Value: child.with("contactId", into)})
		}
	}
	for _, kind := range []string{kindCampaign, kindWorkflow} {
		for id := range s.state.tables[kind].of(gone).all() {
			changes = append(changes, change{Kind: kind, ID: id})
		}
	}
	changes = append(changes, change{Kind: kindContact, ID: gone}, change{Kind: kindContact, ID: into, Value: merged})
	if err := s.commit(changes...); err != nil {
		return fmt.Errorf("contactstest: merge contacts: %w", err)
	}
	s.event("ContactUpdate", contactPayload(merged))
	s.event("ContactDelete", contactPayload(loser))
	return nil
}
