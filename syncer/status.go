package syncer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Status says how things stand. It can be printed, and encoded as JSON: times are
// RFC 3339, durations nanoseconds.
type Status struct {
	At      time.Time      `json:"at"`
	Tenants []TenantStatus `json:"tenants"`
}

// TenantStatus is one tenant's part of a Status.
type TenantStatus struct {
	Tenant string `json:"tenant"`
	// Paused are the reasons for which nothing of the tenant is done.
	Paused []string `json:"paused,omitempty"`
	// CreatesPaused is why no records are created; the rest goes on.
	CreatesPaused string       `json:"createsPaused,omitempty"`
	Flows         []FlowStatus `json:"flows"`
	// Limits are what Tenant.Limits says.
	Limits []LimitState `json:"limits,omitempty"`
}

// FlowStatus is one flow's part of a Status.
type FlowStatus struct {
	Flow string `json:"flow"`
	// Skipped: a side lacks what the flow needs, and it is left out.
	Skipped bool `json:"skipped,omitempty"`
	// Paused are the reasons for which nothing of this flow is done.
	Paused []string `json:"paused,omitempty"`
	// MarkCounts are the changes that are not done yet. The dead letters wait for
	// Replay.
	MarkCounts
	// Oldest is how long the oldest change has been waiting.
	Oldest time.Duration `json:"oldest"`
	// Links are how many records are known, by what they are at the target. Those
	// that are Held wait for Release.
	Links  map[State]int `json:"links"`
	Sweeps []SweepStatus `json:"sweeps,omitempty"`
	// Operations are those that go on in this process.
	Operations []OperationStatus `json:"operations,omitempty"`
}

// SweepStatus says how a sort of sweep stands.
type SweepStatus struct {
	Name string `json:"name"`
	// Unfinished: one is on its way, or was cut short and goes on when it is due.
	Unfinished bool `json:"unfinished,omitempty"`
	// Started is when it began, Completed when one was complete last; zero if never.
	Started   time.Time `json:"started,omitzero"`
	Completed time.Time `json:"completed,omitzero"`
}

// OperationStatus is how far an operation has come with a flow.
type OperationStatus struct {
	Name string `json:"name"`
	Progress
}

// Status says how things stand, from the store alone: it asks neither side.
func (e *Engine) Status(ctx context.Context, scope ...Scope) (*Status, error) {
	within, err := scopeOf(scope)
	if err != nil {
		return nil, err
	}
	if err := e.heedPauses(ctx); err != nil {
		return nil, err
	}
	status := &Status{At: time.Now()}
	err = e.each(ctx, within, func(t *tenant) error {
		of, err := e.statusOfTenant(ctx, t, within)
		status.Tenants = append(status.Tenants, of)
		return err
	})
	return status, err
}

func (e *Engine) statusOfTenant(ctx context.Context, t *tenant, within Scope) (TenantStatus, error) {
	counts, err := e.store.Counts(ctx, t.id, "")
	if err != nil {
		return TenantStatus{}, fmt.Errorf("syncer: count marks: %w", err)
	}
	of := TenantStatus{Tenant: t.id, Paused: t.reasons()}
	if by := e.pausedBy(t.id, ""); by != nil {
		of.Paused = append([]string{by.Error()}, of.Paused...)
	}
	if full := t.full(); full != nil {
		of.CreatesPaused = full.Error()
	}
	of.Limits = t.limitStates()
	for _, f := range t.flows {
		if within.holds(t.id, f.name) {
			flow, err := e.statusOf(ctx, t, f)
			if err != nil {
				return of, fmt.Errorf("syncer: status of %s/%s: %w", t.id, f.name, err)
			}
			flow.MarkCounts = counts[f.name]
			of.Flows = append(of.Flows, flow)
		}
	}
	return of, nil
}

func (e *Engine) statusOf(ctx context.Context, t *tenant, f *flow) (status FlowStatus, err error) {
	status = FlowStatus{Flow: f.name, Skipped: t.skips(f.name)}
	e.mu.Lock()
	if p, paused := e.paused[Scope{t.id, f.name}]; paused {
		status.Paused = []string{errPaused{p}.Error()}
	}
	for r := range e.runs {
		if r.scope.holds(t.id, f.name) && r.flows[f.name] != nil {
			status.Operations = append(status.Operations, OperationStatus{Name: r.name, Progress: r.progress(t.id, f.name)})
		}
	}
	e.mu.Unlock()
	for _, reason := range []error{t.lacks(f.name), t.outdated(f.name)} {
		if reason != nil {
			status.Paused = append(status.Paused, reason.Error())
		}
	}
	slices.SortFunc(status.Operations, func(a, b OperationStatus) int { return strings.Compare(a.Name, b.Name) })
	if status.Oldest, err = e.store.Oldest(ctx, t.id, f.name); err != nil {
		return status, err
	}
	if status.Links, err = e.store.CountLinks(ctx, t.id, f.name); err != nil {
		return status, err
	}
	for _, name := range []string{SweepFull, SweepChanges, SweepTarget, SweepCrawl} {
		state, err := e.store.Sweep(ctx, SweepID{Tenant: t.id, Flow: f.name, Name: name})
		if err != nil {
			return status, err
		}
		if state.Generation != 0 {
			status.Sweeps = append(status.Sweeps, SweepStatus{
				Name: name, Unfinished: !state.Complete, Started: state.Started, Completed: state.Completed,
			})
		}
	}
	return status, nil
}

// reasons are why nothing of the tenant is done, persons' pauses aside.
func (t *tenant) reasons() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var reasons []string
	for i := range t.pauses {
		if reason := t.pauses[i].reason; reason != nil {
			reasons = append(reasons, reason.Error())
		}
	}
	for i := range t.circuits {
		if t.circuits[i].reason != nil {
			reasons = append(reasons, fmt.Sprintf("%s fails for many records; it is tried from time to time", sideNames[i]))
		}
	}
	return reasons
}

// limitStates says how the tenant's limiters stand.
func (t *tenant) limitStates() []LimitState {
	if t.limits != nil {
		return t.limits()
	}
	var all []LimitState
	for _, f := range t.flows {
		if f.limits == nil {
			continue
		}
		for _, limit := range f.limits() {
			if !slices.ContainsFunc(all, func(other LimitState) bool { return other.Label == limit.Label }) {
				all = append(all, limit)
			}
		}
	}
	return all
}

// String is the status in plain words, a line for each fact.
func (s *Status) String() string {
	var text lines
	line := text.add
	for _, t := range s.Tenants {
		line("%s", t.Tenant)
		for _, reason := range t.Paused {
			line("  paused: %s", reason)
		}
		if t.CreatesPaused != "" {
			line("  creates pause: %s", t.CreatesPaused)
		}
		for _, limit := range t.Limits {
			line("  %s: %d of %d requests left", limit.Label, limit.Left, limit.Limit)
		}
		for _, f := range t.Flows {
			line("  %s: %s", f.Flow, f.summary())
			for _, reason := range f.Paused {
				line("    paused: %s", reason)
			}
			for _, sweep := range f.Sweeps {
				line("    %s", sweep.words(s.At))
			}
			for _, op := range f.Operations {
				line("    %s", op.words())
			}
		}
	}
	return text.text.String()
}

func (f FlowStatus) summary() string {
	if f.Skipped {
		return "left out: a side lacks what it needs"
	}
	parts := []string{fmt.Sprintf("%d linked", f.Links[Linked])}
	for _, part := range []struct {
		n    int
		word string
	}{
		{f.Waiting, "waiting"}, {f.Claimed, "at work"}, {f.Parked, "parked"}, {f.Dead, "dead letters"}, {f.Links[Held], "held"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.word))
		}
	}
	if f.Oldest > 0 {
		parts = append(parts, "the oldest for "+f.Oldest.Round(time.Second).String())
	}
	return strings.Join(parts, ", ")
}

func (s SweepStatus) words(now time.Time) string {
	words := "sweep " + s.Name + ": never complete"
	if !s.Completed.IsZero() {
		words = fmt.Sprintf("sweep %s: complete %v ago", s.Name, now.Sub(s.Completed).Round(time.Second))
	}
	if s.Unfinished {
		words += fmt.Sprintf(", one began %v ago", now.Sub(s.Started).Round(time.Second))
	}
	return words
}

func (o OperationStatus) words() string {
	words := fmt.Sprintf("%s: %d done", o.Name, o.Done)
	if o.Total > 0 {
		words += fmt.Sprintf(" of %d", o.Total)
	}
	if o.Left > 0 {
		words += fmt.Sprintf(", about %v left", o.Left.Round(time.Second))
	}
	return words
}
