package syncer

import (
	"context"
	"encoding/json"
	"time"
)

const (
	// screenOver is how many marks of a flow may wait before they are screened.
	screenOver = 50
	// screenPages is how many pages of a screen may find nothing that waits. Beyond
	// them, it goes on as long as a page spares two reads or more.
	screenPages = 2
	// screenMost is how many records a screen knows at most.
	screenMost = 50_000
	// screenAsk is how often it is asked at most how many marks wait.
	screenAsk = time.Second
)

// screen spares reads when many marks of a flow wait, such as after an import: it
// lists what changed last, and knows which of those records are as they were read
// last. Their marks end without a read by id (P7).
type screen struct {
	mu lock // guards what follows, and is held while pages are requested
	// since is a number that was drawn, and asked a time, before the first page was
	// requested: the screen says nothing of marks that came later.
	since    int64
	asked    time.Time
	standing map[string]bool // ids of records that are as they were read last
	served   int             // how many marks were looked up since
}

// flooded reports whether more marks of a flow wait than are worth to be read one
// by one. That is looked at only when a claim got all that it might: full.
func (e *Engine) flooded(ctx context.Context, t *tenant, f *flow, full bool) {
	now := time.Now()
	t.mu.Lock()
	can := t.can[f.name].source.LatestFirst
	before, asked := t.floods[f.name], t.counted[f.name]
	t.mu.Unlock()
	if !can || !full && !before || full && now.Sub(asked) < screenAsk {
		return
	}
	flood := false
	if full {
		marks, err := e.store.Marks(ctx, MarkQuery{Tenant: t.id, Flow: f.name, Status: MarkWaiting, N: screenOver + 1})
		flood = err == nil && len(marks) > screenOver
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.floods[f.name], t.counted[f.name] = flood, now
	if s := t.screens[f.name]; !flood {
		select {
		case s.mu <- struct{}{}:
			s.since, s.asked, s.standing, s.served = 0, time.Time{}, nil, 0
			s.mu.Unlock()
		default: // the next one looks anew in any case
		}
	}
}

// watch looks for floods among claims of a request.
func (e *Engine) watch(ctx context.Context, request ClaimRequest, claims []Claim) {
	most := request.N
	if request.PerTenant > 0 {
		most = min(most, request.PerTenant)
	}
	of := map[string]int{}
	for _, claim := range claims {
		of[claim.Tenant]++
	}
	done := map[Scope]bool{}
	for _, claim := range claims {
		scope := Scope{claim.Tenant, claim.Flow}
		if !claim.fresh() || done[scope] {
			continue
		}
		done[scope] = true
		e.mu.Lock()
		t := e.tenants[claim.Tenant]
		e.mu.Unlock()
		if t != nil && t.named[claim.Flow] != nil {
			e.flooded(ctx, t, t.named[claim.Flow], of[claim.Tenant] >= most)
		}
	}
}

// fresh reports whether nothing is known of a claim but that its record may have
// changed at the source.
func (c Claim) fresh() bool {
	return c.Lane == RealTime && c.Attempt == 0 && c.Snoozes == 0 && c.Row == nil && !c.RowGone &&
		!c.Gone && !c.Drift && !c.Doubt && !c.Released && c.Intent == nil
}

// screened ends the job if a page shows that nothing changed, and its mark is
// older than the lag of the pages.
func (j *job) screened(ctx context.Context) (result Result, ended bool) {
	j.tenant.mu.Lock()
	flood := j.tenant.floods[j.flow.name]
	j.tenant.mu.Unlock()
	if !flood || j.flow.parent != "" || !j.claim.fresh() || !standsStill(j.link) {
		return Result{}, false
	}
	s := j.tenant.screens[j.flow.name]
	timer := time.NewTimer(time.Until(j.lease) - j.config.RequestTimeout)
	defer timer.Stop()
	select {
	case s.mu <- struct{}{}:
	case <-timer.C:
		return Result{}, false // the read prolongs the lease
	case <-ctx.Done():
		return Result{}, false
	}
	defer s.mu.Unlock()
	visible := j.started.Add(j.sourceCan.Lag - j.claim.Age) // when pages show what was marked
	shows := func() bool { return j.claim.Number < s.since && !visible.After(s.asked) }
	if !shows() && !visible.After(time.Now()) && (s.since == 0 || s.served > screenOver) {
		if err := j.screen(ctx, s); err != nil {
			return j.failed(ctx, err), true
		}
	}
	s.served++
	if !shows() || !s.standing[j.claim.ID] || !j.flow.agreed(ctx, j.link.Base.Source, j.link) {
		return Result{}, false
	}
	j.spared = true
	if j.link.State == Filtered {
		return j.result(LeftOut), true
	}
	return j.result(Unchanged), true
}

// standsStill reports whether a key is in a state that stays as long as its
// record does not change.
func standsStill(link Link) bool {
	return (link.State == Linked && link.Base.Sent != nil || link.State == Filtered) && link.Refused == nil
}

// screen requests pages, the latest change first, as long as that spares reads.
func (j *job) screen(ctx context.Context, s *screen) (err error) {
	s.asked, s.standing, s.served = time.Now(), map[string]bool{}, 0
	if s.since, err = j.store.Draw(ctx); err != nil {
		return err
	}
	counts, err := j.store.Counts(ctx, j.claim.Tenant, j.claim.Flow)
	if err != nil {
		return err
	}
	waiting, found := counts[j.flow.name].Waiting+counts[j.flow.name].Claimed, 0
	before := &trail[json.RawMessage]{side: sourceSide}
	for cursor, pages := "", 0; pages < screenPages+found/2 && found < waiting && len(s.standing) < screenMost; pages++ {
		var page Page[json.RawMessage]
		err := j.callSource(ctx, func(ctx context.Context) (err error) {
			if page, err = j.flow.sides.scan(ctx, Query{LatestFirst: true}, cursor); err == nil {
				err = before.leads(cursor, page)
			}
			return err
		})
		if err != nil {
			return err
		}
		j.pages++
		n, err := j.sift(ctx, s, page.Records)
		if err != nil || page.Next == "" {
			return err
		}
		found += n
		cursor = page.Next
	}
	return nil
}

// sift notes which records of a page are as they were read last. It returns how
// many of the page have marks.
func (j *job) sift(ctx context.Context, s *screen, records []Record[json.RawMessage]) (marked int, err error) {
	ids := make([]string, len(records))
	for i, record := range records {
		ids[i] = record.ID
	}
	if len(ids) == 0 {
		return 0, nil
	}
	links, err := j.store.Links(ctx, j.claim.Tenant, j.claim.Flow, ids)
	if err != nil {
		return 0, err
	}
	for _, record := range records {
		link, known := links[record.ID]
		if !known || !standsStill(link) {
			continue
		}
		same, err := j.unchanged(ctx, j.tenant, j.flow, record, link)
		if err != nil {
			return 0, err
		}
		if same {
			s.standing[record.ID] = true
		}
	}
	marks, err := j.store.Marks(ctx, MarkQuery{Tenant: j.claim.Tenant, Flow: j.claim.Flow, IDs: ids, N: len(ids)})
	return len(marks), err
}
