package syncer

import (
	"context"
	"slices"
	"time"
)

// sweep returns a sweep's entry, which is made if there is none.
func (s *memoryStore) sweep(id SweepID) *storedSweep {
	if s.sweeps[id] == nil {
		s.sweeps[id] = &storedSweep{}
	}
	return s.sweeps[id]
}

// begin starts a new generation.
func (s *memoryStore) begin(sweep *storedSweep, now time.Time) {
	previous := sweep.Previous
	if sweep.Complete {
		previous = sweep.Generation
	}
	sweep.SweepState = SweepState{
		Generation: s.next(), Previous: previous, Watermark: sweep.Watermark, Started: now, Completed: sweep.Completed,
	}
	sweep.seen = map[string]bool{}
}

func (s *memoryStore) Sweep(ctx context.Context, id SweepID) (SweepState, error) {
	if err := s.enter(ctx); err != nil {
		return SweepState{}, err
	}
	defer s.mu.Unlock()
	if sweep := s.sweeps[id]; sweep != nil {
		return sweep.SweepState, nil
	}
	return SweepState{}, nil
}

func (s *memoryStore) BeginSweep(ctx context.Context, id SweepID, lease time.Duration) (SweepState, error) {
	if err := s.enter(ctx); err != nil {
		return SweepState{}, err
	}
	defer s.mu.Unlock()
	now := time.Now()
	sweep := s.sweep(id)
	if sweep.leasedUntil.After(now) {
		return SweepState{}, ErrSweeping
	}
	if sweep.Generation == 0 || sweep.Complete {
		s.begin(sweep, now)
	}
	sweep.Fence, sweep.leasedUntil = s.next(), now.Add(lease)
	return sweep.SweepState, nil
}

func (s *memoryStore) Observe(ctx context.Context, o Observation) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	now := time.Now()
	if o.Name != "" {
		sweep := s.sweep(o.SweepID)
		if sweep.Fence != o.State.Fence || sweep.Generation != o.State.Generation {
			return ErrFenced
		}
		for _, id := range o.Seen {
			sweep.seen[id] = true
		}
		state := o.State
		state.Previous, state.Started, state.Completed = sweep.Previous, sweep.Started, sweep.Completed
		if state.Complete && !sweep.Complete {
			state.Completed = now
		}
		sweep.SweepState, sweep.leasedUntil = state, now.Add(o.Lease)
	}
	for _, mark := range o.Marks {
		stored := s.links[mark.Key]
		fresh := s.marks[mark.Key] == nil && (stored == nil && !s.ended(mark.Key, o.Since) || stored != nil && stored.Touched <= o.Since)
		made := s.mark(mark, now)
		if fresh {
			made.rowNumber = made.number
		} else {
			made.Row, made.RowGone = nil, false
		}
	}
	return nil
}

func (s *memoryStore) Unseen(ctx context.Context, request UnseenRequest) ([]Link, error) {
	s.mu.Lock()
	var sweep storedSweep
	if known := s.sweeps[request.SweepID]; known != nil {
		sweep = *known
	}
	s.mu.Unlock()
	return s.walk(ctx, request.Tenant, request.Flow, request.After, request.N, func(link *memoryLink) bool {
		return link.State == Linked && sweep.Generation == request.Generation && link.Touched < request.Generation &&
			!link.at.After(sweep.Started.Add(-request.Lag)) && !s.worked(link.Key) && !sweep.seen[link.ID]
	})
}

// worked reports whether a key has a mark that is to be worked on.
func (s *memoryStore) worked(key Key) bool {
	mark := s.marks[key]
	if mark == nil {
		return false
	}
	status := mark.status()
	return status != MarkParked && status != MarkDead
}

// ended reports whether the log has a row of a key that is newer than a number:
// what is forgotten by now was still known then.
func (s *memoryStore) ended(key Key, since int64) bool {
	for _, event := range slices.Backward(s.events) {
		if event.Number <= since {
			return false
		}
		if event.Key == key {
			return true
		}
	}
	return false
}
