package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// chapter tells a chapter, and lets time pass until the next one.
func (d *day) chapter(ctx context.Context, number int, c chapter) error {
	_, _ = fmt.Fprintf(d.out, "\n%d. %s (%s.go)\n\n", number, c.title, strings.ReplaceAll(c.name, "-", "_"))
	if err := c.tell(ctx, d); err != nil {
		return err
	}
	return d.skip(ctx)
}

// skip lets time pass until soon after the next quarter of an hour.
func (d *day) skip(ctx context.Context) error {
	const past = 2*time.Minute + 3*time.Second // no sweep begins then
	now := time.Now()
	if err := pass(ctx, now.Truncate(time.Hour/4).Add(time.Hour/4+past).Sub(now)); err != nil {
		return err
	}
	d.forget(ctx)
	return nil
}

// clock is the time of day.
func clock() string { return time.Now().Format("15:04") }

// say prints a line. who says whose it is.
func (d *day) say(who, format string, args ...any) {
	const width = 8
	_, _ = fmt.Fprintf(d.out, "%-*s%s\n", width, who, fmt.Sprintf(format, args...))
}

// wrong says what goes wrong, you what you do.
func (d *day) wrong(format string, args ...any) { d.say(clock(), format, args...) }
func (d *day) you(format string, args ...any)   { d.say(" you", format, args...) }

// hear is the engine's OnAlert.
func (d *day) hear(alert syncer.Alert) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.alerts = append(d.alerts, alert)
}

// heard prints the alerts that came since.
func (d *day) heard() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, alert := range d.alerts {
		word := "alert"
		if alert.Ended {
			word = "ended"
		}
		d.say(" "+word, "%s: %s", alert.Kind, withoutTrace(alert.Text))
	}
	d.alerts = nil
}

var trace = regexp.MustCompile(` \(trace [^)]*\)`)

// withoutTrace leaves out what the service calls a request: its support asks for it.
func withoutTrace(text string) string { return trace.ReplaceAllString(text, "") }

// alerted reports whether there was an alert since.
func (d *day) alerted() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.alerts) > 0
}

// ended reports whether an alert of this kind ended since.
func (d *day) ended(kind syncer.AlertKind) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.alerts, func(alert syncer.Alert) bool { return alert.Kind == kind && alert.Ended })
}

// seconds are those of a time of a minute or more: they depend on who came first.
var seconds = regexp.MustCompile(`([0-9]m)[0-9]+s`)

// status prints how the engine says that things stand, but for its sweeps and what
// is left of its limits.
func (d *day) status(ctx context.Context) error {
	status, err := d.engine.Status(ctx)
	if err != nil {
		return err
	}
	for line := range strings.Lines(status.String()) {
		if strings.HasPrefix(line, "  ") && !strings.Contains(line, "sweep") && !strings.Contains(line, "requests left") {
			d.say(" status", "%s", seconds.ReplaceAllString(withoutTrace(strings.TrimSpace(line)), "$1"))
		}
	}
	return nil
}

// quiet waits until nothing is being tried at this moment.
func (d *day) quiet(ctx context.Context) error {
	return until(ctx, "nothing is being tried", func() bool {
		counts, err := d.store.Counts(ctx, "", "")
		return err == nil && counts[flows.Contacts].Claimed+counts[flows.Tasks].Claimed == 0
	})
}

// log prints what the engine's log has since, counted.
func (d *day) log(ctx context.Context) error {
	counts := map[string]int{}
	for event, err := range d.engine.Events(ctx, syncer.EventQuery{After: d.row}) {
		if err != nil {
			return err
		}
		d.row = event.Number
		switch event.Action {
		case syncer.Snoozed, syncer.Retried, syncer.Unchanged, syncer.ListedAction: // on the way
		default:
			trigger := strings.TrimPrefix(event.Trigger, "target ") // which of both sweeps comes first depends
			counts[fmt.Sprintf("%s: %s, by %s", event.Flow, event.Action, trigger)]++
		}
	}
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		d.say(" log", "%s: %d", what, counts[what])
	}
	return nil
}

// end prints the log and the proof.
func (d *day) end(ctx context.Context) error { return errors.Join(d.log(ctx), d.proof(ctx)) }

// forget leaves out what was not printed of alerts and log.
func (d *day) forget(ctx context.Context) {
	d.mu.Lock()
	d.alerts = nil
	d.mu.Unlock()
	for event, err := range d.engine.Events(ctx, syncer.EventQuery{After: d.row}) {
		if err != nil {
			return
		}
		d.row = event.Number
	}
}

// errDiffer is what a chapter ends with that does not end well.
var errDiffer = errors.New("both sides differ")

// proof verifies that both sides agree.
func (d *day) proof(ctx context.Context) error {
	verification, err := d.engine.Verify(ctx)
	if err != nil {
		return err
	}
	var parts []string
	excepted := 0
	for _, name := range slices.Sorted(maps.Keys(verification.Flows)) {
		flow := verification.Flows[name]
		parts = append(parts, fmt.Sprintf("%d of %d %s", flow.Equal, flow.Equal+len(flow.Differences), name))
		excepted += len(flow.Excepted)
	}
	d.say(" proof", "At %s both sides agree on %s.", clock(), strings.Join(parts, " and "))
	if verification.Differing()+excepted > 0 {
		return fmt.Errorf("%w:\n%s", errDiffer, verification)
	}
	return nil
}

// within is a time in words, rounded up.
func within(d time.Duration) string {
	if d <= time.Minute {
		return "a minute"
	}
	return fmt.Sprintf("%d minutes", 5*int((d+5*time.Minute-1)/(5*time.Minute)))
}

// fewer is a round number that is more than n: what depends on who comes first is
// told so.
func fewer(n, than int) string { return fmt.Sprintf("fewer than %d", (n/than+1)*than) }

// requests adds up what a service counted.
func requests(byOperation map[string]int) (n int) {
	for _, count := range byOperation {
		n += count
	}
	return n
}
