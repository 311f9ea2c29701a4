package sendapptest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/sendapp"
)

// getContact answers a contact, with what its parameter include names.
func (s *Server) getContact(c call, r *record) reply {
	k := s.state.kinds[contacts]
	values := c.URL.Query()
	include := values["include"]
	delete(values, "include")
	for name := range values {
		return refused(invalid(fieldProblem{name, "is not a parameter of this path"}))
	}
	if include == nil {
		return reply{status: http.StatusOK, body: r.encode(k)}
	}
	if !s.has(sendapp.FeatureProfiles) {
		return refused(invalid(fieldProblem{"include", "is not a parameter of this path"}))
	}
	profile := r.encode(k)
	profile = profile[:len(profile)-1]
	var incomplete []string
	parts := strings.Split(strings.Join(include, ","), ",")
	slices.Sort(parts)
	for _, part := range slices.Compact(parts) {
		items, more, known := s.part(r.id, part)
		if !known {
			return refused(invalid(fieldProblem{"include", "may name tasks, notes, appointments and activity"}))
		}
		profile = append(append(profile, ',', '"'), part+`":`...)
		profile = append(profile, encodeArray(items)...)
		if more {
			incomplete = append(incomplete, part)
		}
	}
	if incomplete != nil {
		profile = append(append(profile, `,"incomplete":`...), encodeList(incomplete)...)
	}
	return reply{status: http.StatusOK, body: append(profile, '}')}
}

// part is one list of a profile, newest first, and whether there is more of it.
func (s *Server) part(contactID, name string) (items []jsontext.Value, more, known bool) {
	if s.config.without[name] {
		return nil, false, false
	}
	if name == activityFeed {
		list := s.state.activities[contactID]
		for _, a := range slices.Backward(list[max(0, len(list)-maxPage):]) {
			items = append(items, a.encode())
		}
		return items, len(list) > maxPage, true
	}
	k := s.state.kinds[name]
	if k == nil || !k.child {
		return nil, false, false
	}
	list := s.state.collections[name].of(contactID)
	for _, r := range slices.Backward(list[max(0, len(list)-maxPage):]) {
		items = append(items, r.encode(k))
	}
	return items, len(list) > maxPage, true
}
