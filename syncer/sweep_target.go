package syncer

import "context"

// target walks everything that the target has, and marks what others changed,
// deleted, or made with our external ids.
func (s *sweep) target(ctx context.Context) error {
	before := &trail[Fields]{side: targetSide}
	for cursor := s.begun.Cursor; ; {
		since, err := s.store.Draw(ctx)
		if err != nil {
			return err
		}
		page, err := s.heldPage(ctx, cursor, before)
		if err != nil {
			return err
		}
		marks, seen, err := s.compareHeld(ctx, since, page.Records)
		if err != nil {
			return err
		}
		err = s.advance(ctx, Observation{Since: since, Marks: marks, Seen: seen}, func(state *SweepState) { state.Cursor = page.Next })
		if err != nil {
			return err
		}
		if page.Next == "" {
			break
		}
		cursor = page.Next
	}
	return s.absent(ctx)
}

// compareHeld returns the marks of the records that are not as they were
// answered, and the source ids of all that are linked.
func (s *sweep) compareHeld(ctx context.Context, since int64, records []Record[Fields]) (marks []Mark, seen []string, err error) {
	ids := make([]string, len(records))
	for i, record := range records {
		ids[i] = record.ID
	}
	links, err := s.store.LinksOf(ctx, s.tenant.id, s.flow.name, ids)
	if err != nil {
		return nil, nil, err
	}
	var news []string // for the index of other processes
	for _, record := range records {
		link, linked := links[record.ID]
		switch {
		case linked && link.Touched > since: // the page may be older than what was written
			seen = append(seen, link.ID)
		case linked && link.State == Linked:
			seen = append(seen, link.ID)
			if !s.flow.asAnswered(record, link) {
				marks = append(marks, s.driftOf(link.ID, link.Parent))
			}
		case linked: // held, detached or leaving: it is as it is
			seen = append(seen, link.ID)
		case record.ExternalID != "":
			marks = append(marks, s.driftOf(record.ExternalID, ""))
		case s.flow.existing == ExistingMatch:
			keys, err := s.flow.sides.naturalKeys(record.Value)
			if err != nil {
				return nil, nil, err
			}
			if s.tenant.matchers[s.flow.name].see(entry{ref: record.Ref, external: record.ExternalID, keys: keys}) {
				news = append(news, record.ID)
			}
		}
	}
	if len(news) > 0 {
		err = s.store.NoteTargets(ctx, s.tenant.id, s.flow.name, news)
	}
	return marks, seen, err
}

// asAnswered reports whether the target holds a record as it was answered.
func (f *flow) asAnswered(record Record[Fields], link Link) bool {
	same := link.Base.Version != "" && link.Base.Version == record.Version ||
		sameFields(record.Value.only(link.Base.Sent), link.Base.Answered)
	return same && (f.parent == "" || record.Parent == link.Target.Parent)
}

// absent marks the links whose records the target did not list, dead letters
// among them. P10: their reads say whether they are gone.
func (s *sweep) absent(ctx context.Context) error {
	for after := ""; ; {
		links, err := s.store.Unseen(ctx, UnseenRequest{
			SweepID: s.id, Generation: s.begun.Generation, Lag: s.can.target.Lag, After: after, N: candidateBatch,
		})
		if err != nil {
			return err
		}
		var marks []Mark
		for _, link := range links {
			marks = append(marks, s.driftOf(link.ID, link.Parent))
			after = link.ID
		}
		done := len(links) < candidateBatch
		err = s.advance(ctx, Observation{Marks: marks}, func(state *SweepState) { state.Complete = done })
		if err != nil || done {
			return err
		}
	}
}

func (s *sweep) driftOf(id, parent string) Mark {
	return Mark{
		Key:    Key{Tenant: s.tenant.id, Flow: s.flow.name, ID: id},
		Parent: parent, Lane: Sweep, Trigger: "target sweep", Drift: true,
	}
}
