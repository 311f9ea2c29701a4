package sendapptest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/sendapp"
)

// decodeBody reads the object that every body of a request is. Bodies that
// aren't well formed are malformed: repeated names and invalid UTF-8 too.
func decodeBody(body []byte) (map[string]jsontext.Value, *problem) {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, malformed("The body must be one JSON object in UTF-8, without repeated names.")
	}
	return members, nil
}

// changed returns r with the fields of a request changed, or what is wrong with
// them, field by field. It does not change r.
func (k *kind) changed(r *record, request map[string]jsontext.Value) (*record, *problem) {
	next := r.copy()
	var wrong []fieldProblem
	for _, name := range slices.Sorted(maps.Keys(request)) {
		value := request[name]
		if name == "contactId" && k.child {
			id, ok := unquote(value)
			if !ok || id == "" {
				wrong = append(wrong, fieldProblem{name, "must be the id of a contact"})
			}
			next.contactID = id
			continue
		}
		f, known := k.field(name)
		switch {
		case !known:
			wrong = append(wrong, fieldProblem{name, "is not a field that can be written"})
			continue
		case value.Kind() == 'n':
			delete(next.fields, name)
			continue
		}
		stored, problem := f.normalise(value)
		if problem != "" {
			wrong = append(wrong, fieldProblem{name, problem})
			continue
		}
		if f.merge {
			stored = mergeObject(next.fields[name], stored)
		}
		if stored == nil || slices.Equal(stored, f.absent) {
			delete(next.fields, name)
		} else {
			next.fields[name] = stored
		}
	}
	if k.check != nil {
		wrong = append(wrong, k.check(next)...)
	}
	if wrong != nil {
		return nil, invalid(wrong...)
	}
	return next, nil
}

// checkUnique refuses what another record of the kind holds.
func (s *Server) checkUnique(k *kind, r *record) *problem {
	var unique []struct{ field, code string }
	if s.has(sendapp.FeatureExternalIDs) {
		unique = append(unique, struct{ field, code string }{"externalId", sendapp.CodeExternalIDTaken})
	}
	if !k.child && s.config.uniquePhone {
		unique = append(unique, struct{ field, code string }{"phone", sendapp.CodePhoneTaken})
	}
	if !k.child && s.config.uniqueEmail {
		unique = append(unique, struct{ field, code string }{"email", sendapp.CodeEmailTaken})
	}
	for _, u := range unique {
		if holder, found := s.state.collections[k.name].holder(u.field, r.text(u.field), r.id); found {
			return taken(u.code, u.field, holder)
		}
	}
	return nil
}

// stamp sets what the server itself writes into a record.
func stamp(k *kind, old, next *record, now time.Time) {
	completed := k.name == tasks && next.text("status") == string(sendapp.TaskCompleted)
	switch {
	case !completed:
		next.completedAt = time.Time{}
	case old == nil || old.completedAt.IsZero():
		next.completedAt = now
	}
	if old == nil {
		next.createdAt = now
	}
	next.updatedAt = now
	next.version++
}

// now is the clock's time in milliseconds. It never goes back, or who lists what
// changed since would miss a change.
func (s *Server) now() time.Time {
	now := s.config.clock().UTC().Truncate(time.Millisecond)
	if !now.After(s.last) {
		now = s.last
	}
	s.last = now
	return now
}

func (s *Server) newID(k *kind) string {
	return k.prefix + s.ids.Next(func(id string) bool { return s.state.collections[k.name].everHad[k.prefix+id] })
}

// create makes a record of a request's body.
func (s *Server) create(k *kind, contactID string, body map[string]jsontext.Value) (entry, *problem) {
	fresh := &record{id: s.newID(k), contactID: contactID, fields: map[string]jsontext.Value{}}
	next, p := k.changed(fresh, body)
	if p != nil {
		return entry{}, p
	}
	if next.contactID != contactID {
		return entry{}, invalid(fieldProblem{"contactId", "is not the contact of the path"})
	}
	if p := s.checkUnique(k, next); p != nil {
		return entry{}, p
	}
	if p := s.checkQuota(k); p != nil {
		return entry{}, p
	}
	stamp(k, nil, next, s.now())
	e := putEntry(k, next)
	e.Activities = happened(k, nil, next)
	return e, nil
}

// update changes a record. No entry means that nothing changes.
func (s *Server) update(k *kind, old *record, body map[string]jsontext.Value) (*entry, *problem) {
	next, p := k.changed(old, body)
	if p != nil {
		return nil, p
	}
	if next.same(old) {
		return nil, nil
	}
	if next.contactID != old.contactID && !s.has(sendapp.FeatureMoves) {
		return nil, invalid(fieldProblem{"contactId", "can't be changed: this server moves no records"})
	}
	if k.child && next.contactID != old.contactID && s.state.collections[contacts].byID[next.contactID] == nil {
		return nil, invalid(fieldProblem{"contactId", "there is no such contact"})
	}
	if p := s.checkUnique(k, next); p != nil {
		return nil, p
	}
	stamp(k, old, next, s.now())
	e := putEntry(k, next)
	e.Activities = happened(k, old, next)
	return &e, nil
}

// checkQuota refuses a contact that the plan does not hold.
func (s *Server) checkQuota(k *kind) *problem {
	if k.child || s.config.contactLimit == 0 || len(s.state.collections[contacts].byID) < s.config.contactLimit {
		return nil
	}
	return newProblem(http.StatusUnprocessableEntity, sendapp.CodeContactLimitReached,
		fmt.Sprintf("The plan holds %d contacts, and all are used.", s.config.contactLimit))
}

// checkMatch is the condition of If-Match. The contract writes the bare
// version; quotes are accepted, since HTTP has them.
func checkMatch(header string, r *record) *problem {
	if header == "" || header == "*" {
		return nil
	}
	if strings.Trim(header, `"`) != strconv.FormatInt(r.version, 10) {
		return newProblem(http.StatusPreconditionFailed, sendapp.CodeVersionMismatch,
			fmt.Sprintf("The record has version %d now.", r.version))
	}
	return nil
}
