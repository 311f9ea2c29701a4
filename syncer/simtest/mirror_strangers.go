package simtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// strangers is what others did to the record of an origin.
type strangers struct {
	deleted bool
	values  map[string][]json.RawMessage    // by field
	took    map[string]map[string]int       // how often an element was taken out of a set, by field
	put     map[string]map[string]time.Time // when an element was put into a set last, by field
}

func (m *Mirror[T]) some(r *rand.Rand) *mirrored {
	n := r.IntN(1 << 20)
	if ids := slices.Sorted(maps.Keys(m.records)); len(ids) > 0 {
		return m.records[ids[n%len(ids)]]
	}
	return nil
}

func (m *Mirror[T]) strangersOf(origin string) *strangers {
	if m.strange[origin] == nil {
		m.strange[origin] = &strangers{
			values: map[string][]json.RawMessage{}, took: map[string]map[string]int{}, put: map[string]map[string]time.Time{},
		}
	}
	return m.strange[origin]
}

// changed notes what a stranger made of a field.
func (s *strangers) changed(name string, before, now json.RawMessage) {
	s.values[name] = append(s.values[name], now)
	if s.took[name] == nil {
		s.took[name], s.put[name] = map[string]int{}, map[string]time.Time{}
	}
	was, is := elements(before), elements(now)
	for element := range was {
		if !is[element] {
			s.took[name][element]++
		}
	}
	for element := range is {
		if _, theirs := s.put[name][element]; !theirs || !was[element] {
			s.put[name][element] = time.Now()
		}
	}
}

func (m *Mirror[T]) edit(r *rand.Rand) string {
	fields := fieldsOf(m.o.Edit(r))
	h := m.some(r)
	if h == nil || m.taken(h.id, fields) != "" {
		return ""
	}
	before := maps.Clone(h.fields)
	m.apply(h, fields)
	of := m.strangersOf(h.origin)
	for name := range fields {
		of.changed(name, before[name], h.fields[name])
	}
	m.tell(h)
	return fmt.Sprintf("%s of %s %s", h.id, h.origin, encode(fields))
}

func (m *Mirror[T]) remove(r *rand.Rand) string {
	h := m.some(r)
	if h == nil {
		return ""
	}
	m.drop(h, true)
	return h.id + " of " + h.origin
}

func (m *Mirror[T]) add(r *rand.Rand) string {
	fields := fieldsOf(m.o.Edit(r))
	if m.taken("", fields) != "" {
		return ""
	}
	h := m.make("", fields)
	m.tell(h)
	return h.id
}

// kept asks whether what strangers put into sets is still there after a write.
// Without versions, nobody can know of what they put there between a read and the
// write that follows it.
func (m *Mirror[T]) kept(h *mirrored, before map[string]json.RawMessage) {
	for name, put := range m.strangersOf(h.origin).put {
		was, is := elements(before[name]), elements(h.fields[name])
		for _, element := range slices.Sorted(maps.Keys(put)) {
			unseen := !m.o.Can.Versions && put[element].After(h.read)
			if was[element] && !is[element] && !unseen && m.sourced != nil && !m.sourced(h.origin, name, element) {
				m.sim.fail("P4: %s was taken out of %s of %s, where a stranger had put it", element, name, h.id)
			}
		}
	}
}
