package syncer

import (
	"cmp"
	"context"
	"slices"
	"time"
)

func (s *memoryStore) Events(ctx context.Context, query EventQuery) ([]Event, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	limit := cmp.Or(query.Limit, defaultEvents)
	var events []Event
	for _, event := range s.events[s.eventsUpTo(query.After):] {
		if len(events) < limit && query.matches(event) {
			events = append(events, event)
		}
	}
	return events, nil
}

// defaultEvents is how many rows a listing returns if the query does not say.
const defaultEvents = 100

// eventsUpTo is how many rows of the log have numbers up to this one.
func (s *memoryStore) eventsUpTo(number int64) int {
	n, _ := slices.BinarySearchFunc(s.events, number+1, func(e Event, n int64) int { return cmp.Compare(e.Number, n) })
	return n
}

func (q EventQuery) matches(e Event) bool {
	return (q.Tenant == "" || q.Tenant == e.Tenant) && (q.Flow == "" || q.Flow == e.Flow) &&
		(q.ID == "" || q.ID == e.ID) && (q.Action == "" || q.Action == e.Action) &&
		(q.Kind == "" || q.Kind == e.Kind) && (q.EventID == "" || q.EventID == e.EventID) &&
		(q.Since.IsZero() || !e.Time.Before(q.Since)) && (q.Until.IsZero() || e.Time.Before(q.Until))
}

func (s *memoryStore) KnownEvents(ctx context.Context, tenant string, ids []string) (map[string]bool, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	known := map[string]bool{}
	note := func(of, id string) {
		if id != "" && (tenant == "" || of == tenant) && slices.Contains(ids, id) {
			known[id] = true
		}
	}
	for key := range s.eventIDs {
		note(key.Tenant, key.ID)
	}
	for key, mark := range s.marks {
		note(key.Tenant, mark.EventID)
	}
	for _, event := range s.events {
		note(event.Tenant, event.EventID)
	}
	return known, nil
}

func (s *memoryStore) EventsBeyond(ctx context.Context, age time.Duration, rows int) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	n := 0
	if rows > 0 {
		n = max(0, len(s.events)-rows)
	}
	oldest := time.Now().Add(-age)
	for age > 0 && n < len(s.events) && s.events[n].Time.Before(oldest) {
		n++
	}
	if n == 0 {
		return 0, nil
	}
	return s.events[n-1].Number, nil
}

func (s *memoryStore) TrimEvents(ctx context.Context, upTo int64, n int) (int, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	n = min(n, s.eventsUpTo(upTo))
	s.events = slices.Clone(s.events[n:])
	return n, nil
}

func (s *memoryStore) Pause(ctx context.Context, pause Pause) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	of := Key{Tenant: pause.Tenant, Flow: pause.Flow}
	pause.Time = time.Now()
	if before, paused := s.pauses[of]; paused {
		pause.Time = before.Time
	}
	s.pauses[of] = pause
	return nil
}

func (s *memoryStore) Resume(ctx context.Context, tenant, flow string) (bool, error) {
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	of := Key{Tenant: tenant, Flow: flow}
	_, paused := s.pauses[of]
	delete(s.pauses, of)
	return paused, nil
}

func (s *memoryStore) Pauses(ctx context.Context) ([]Pause, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var pauses []Pause
	for _, pause := range s.pauses {
		pauses = append(pauses, pause)
	}
	slices.SortFunc(pauses, func(a, b Pause) int {
		return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Flow, b.Flow))
	})
	return pauses, nil
}

func (s *memoryStore) Oldest(ctx context.Context, tenant, flow string) (time.Duration, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	now, oldest := time.Now(), time.Duration(0)
	for key, mark := range s.marks {
		status := mark.status()
		if key.Tenant == tenant && key.Flow == flow && (status == MarkWaiting || status == MarkClaimed) {
			oldest = max(oldest, now.Sub(mark.made))
		}
	}
	return oldest, nil
}
