package contactstest

import (
	"maps"
	"strings"
)

var tagSchema = fields("name!")

// getLocation describes the location.
func (s *Server) getLocation(call) answer {
	return ok(map[string]any{"location": map[string]any{
		"id": s.location, "companyId": s.app.CompanyID, "name": s.state.get(kindLocation, s.location).text("name"),
		"country": "US", "timezone": s.zone.String(),
		"settings": map[string]any{
			"allowDuplicateContact": s.duplicates, "allowDuplicateOpportunity": false, "allowFacebookNameMerge": false,
			"disableContactTimezone": false,
		},
	}})
}

func (s *Server) listTags(call) answer {
	return ok(map[string]any{"tags": s.state.list(kindTag)})
}

// tag is the tag in the path.
func (s *Server) tag(c call) (record, answer) {
	r := s.state.get(kindTag, c.PathValue("tagId"))
	if r == nil {
		return nil, notFound("Tag", c.PathValue("tagId"))
	}
	return r, answer{}
}

func (s *Server) getTag(c call) answer {
	r, refused := s.tag(c)
	if r == nil {
		return refused
	}
	return ok(map[string]any{"tag": r})
}

// createTag adds a tag to the location's list. There may be two of one name.
//
// Quirk: it answers 200.
func (s *Server) createTag(c call) answer {
	r := record{"locationId": raw(s.location)}
	r.set("id", s.newID(kindTag))
	return s.writeTag(r, c)
}

func (s *Server) updateTag(c call) answer {
	r, refused := s.tag(c)
	if r == nil {
		return refused
	}
	return s.writeTag(maps.Clone(r), c)
}

func (s *Server) writeTag(r record, c call) answer {
	if messages := tagSchema.check(c.body); len(messages) > 0 {
		return invalid(messages...)
	}
	r.set("name", strings.ToLower(c.body.text("name")))
	if err := s.commit(change{Kind: kindTag, ID: r.text("id"), Value: r}); err != nil {
		return failed(err)
	}
	return ok(map[string]any{"tag": r})
}

func (s *Server) deleteTag(c call) answer {
	r, refused := s.tag(c)
	if r == nil {
		return refused
	}
	if err := s.commit(change{Kind: kindTag, ID: r.text("id")}); err != nil {
		return failed(err)
	}
	return done()
}
