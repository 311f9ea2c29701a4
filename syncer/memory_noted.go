package syncer

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

// keepNotes is how long a note of a record of the target is kept.
const keepNotes = 48 * time.Hour

// memoryNote is a note of a record of the target.
type memoryNote struct {
	id     string
	number int64
	at     time.Time
}

func (s *memoryStore) NoteTargets(ctx context.Context, tenant, flow string, targetIDs []string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(s.noted, func(_ Key, note memoryNote) bool { return now.Sub(note.at) > keepNotes })
	for _, id := range targetIDs {
		s.noted[Key{tenant, flow, id}] = memoryNote{id, s.next(), now}
	}
	return nil
}

func (s *memoryStore) NotedTargets(ctx context.Context, tenant, flow string, after int64) ([]string, int64, error) {
	if err := s.enter(ctx); err != nil {
		return nil, 0, err
	}
	defer s.mu.Unlock()
	var notes []memoryNote
	for key, note := range s.noted {
		if key.Tenant == tenant && key.Flow == flow && note.number > after {
			notes = append(notes, note)
		}
	}
	slices.SortFunc(notes, func(a, b memoryNote) int { return cmp.Compare(a.number, b.number) })
	var ids []string
	for _, note := range notes {
		ids, after = append(ids, note.id), note.number
	}
	return ids, after, nil
}
