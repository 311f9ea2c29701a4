package contactstest

import "encoding/json"

var workflowSchema = fields("eventStartTime")

// membershipID is the id under which a contact's membership is kept.
func membershipID(contact, of string) string { return contact + "/" + of }

// join puts a contact into a campaign or workflow. Whether these exist is not
// checked.
func (s *Server) join(kind, param string) func(call) answer {
	return func(c call) answer {
		contact, refused := s.contact(c)
		if contact == nil {
			return refused
		}
		if kind == kindWorkflow {
			if messages := workflowSchema.check(c.body); len(messages) > 0 {
				return invalid(messages...)
			}
		}
		of, id := c.PathValue(param), contact.text("id")
		member := record{"id": raw(of), "contactId": raw(id)}
		if err := s.commit(change{Kind: kind, ID: membershipID(id, of), Value: member}); err != nil {
			return failed(err)
		}
		a := done()
		if kind == kindCampaign {
			a.status = 201 // quirk: a workflow answers 200
		}
		return a
	}
}

// leave takes a contact out of a campaign or workflow.
func (s *Server) leave(kind, param string) func(call) answer {
	return func(c call) answer {
		contact, refused := s.contact(c)
		if contact == nil {
			return refused
		}
		if kind == kindWorkflow && c.body == nil {
			return refuse(400, "Unexpected end of JSON input") // quirk: this delete needs a body
		}
		if err := s.commit(change{Kind: kind, ID: membershipID(contact.text("id"), c.PathValue(param))}); err != nil {
			return failed(err)
		}
		return done()
	}
}

func (s *Server) leaveAllCampaigns(c call) answer {
	contact, refused := s.contact(c)
	if contact == nil {
		return refused
	}
	var changes []change
	for id := range s.state.tables[kindCampaign].of(contact.text("id")).all() {
		changes = append(changes, change{Kind: kindCampaign, ID: id})
	}
	if err := s.commit(changes...); err != nil {
		return failed(err)
	}
	return done()
}

// Memberships are the ids of the campaigns and of the workflows that a contact
// is in. The API has no way to ask.
func (s *Server) Memberships(contactID string) (campaigns, workflows []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := func(kind string) []string {
		var ids []string
		for _, member := range s.state.listOf(kind, contactID) {
			ids = append(ids, member.text("id"))
		}
		return ids
	}
	return ids(kindCampaign), ids(kindWorkflow)
}

var null = json.RawMessage("null")
