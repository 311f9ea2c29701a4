package syncer

import (
	"context"
	"time"
)

// Metrics takes what an engine measures, for the monitoring system of one's own.
// Its methods are called from many goroutines and must return soon.
type Metrics interface {
	// Add adds to a counter.
	Add(metric Metric, n float64)
	// Set sets a gauge.
	Set(metric Metric, value float64)
}

// Metric names one time series. What is empty does not apply.
type Metric struct {
	Name         MetricName
	Tenant, Flow string
	// Label is what tells series of a name apart: an Action for MetricOutcomes, a
	// status for MetricMarks, a state for MetricLinks, a sweep's name for
	// MetricSweepAge, a side for MetricLimit and MetricLimitLeft.
	Label string
}

// MetricName is the name of a metric, in the style of Prometheus. Times are in
// seconds.
type MetricName string

// The metrics. Counters end in "_total", the others are gauges, which are set
// every minute while Run is at work.
const (
	// MetricOutcomes counts attempts by how they ended.
	MetricOutcomes MetricName = "contactlink_outcomes_total"
	// MetricSeconds counts the seconds that attempts took.
	MetricSeconds MetricName = "contactlink_attempt_seconds_total"
	// MetricRequests counts requests, MetricFloor those that were needed at least.
	MetricRequests MetricName = "contactlink_requests_total"
	MetricFloor    MetricName = "contactlink_requests_floor_total"
	// MetricMarks is how many marks there are: "waiting", "claimed", "parked", "dead".
	MetricMarks MetricName = "contactlink_marks"
	// MetricOldest is how long the oldest mark has been waiting.
	MetricOldest MetricName = "contactlink_oldest_mark_seconds"
	// MetricLinks is how many records are known, by State.
	MetricLinks MetricName = "contactlink_links"
	// MetricPaused is 1 if a flow pauses, for whatever reason.
	MetricPaused MetricName = "contactlink_paused"
	// MetricSweepAge is how long ago a sweep of each sort was complete last. It is not
	// set before it first was.
	MetricSweepAge MetricName = "contactlink_sweep_age_seconds"
	// MetricLimit and MetricLimitLeft are a limiter's, if Tenant.Limits gives them.
	MetricLimit     MetricName = "contactlink_limit_requests"
	MetricLimitLeft MetricName = "contactlink_limit_left_requests"
)

// LimitState is what a limiter says of one side's budget.
type LimitState struct {
	// Label tells the budgets of a tenant apart: "source", "source, daily".
	Label string `json:"label"`
	// Limit is how many requests are allowed in its window, Left how many of them
	// are left now.
	Limit int `json:"limit"`
	Left  int `json:"left"`
}

// measure sets the gauges.
func (e *Engine) measure(ctx context.Context) error {
	metrics := e.config.Metrics
	if metrics == nil {
		return nil
	}
	for _, open := range e.opened() {
		t, err := e.statusOfTenant(ctx, open, Scope{})
		if err != nil {
			return err
		}
		for _, f := range t.Flows {
			set := func(name MetricName, label string, value float64) {
				metrics.Set(Metric{Name: name, Tenant: t.Tenant, Flow: f.Flow, Label: label}, value)
			}
			for label, n := range map[string]int{
				"waiting": f.Waiting, "claimed": f.Claimed, "parked": f.Parked, "dead": f.Dead,
			} {
				set(MetricMarks, label, float64(n))
			}
			set(MetricOldest, "", f.Oldest.Seconds())
			for _, state := range states {
				set(MetricLinks, string(state), float64(f.Links[state]))
			}
			paused := 0.0
			if len(f.Paused)+len(t.Paused) > 0 {
				paused = 1
			}
			set(MetricPaused, "", paused)
			for _, sweep := range f.Sweeps {
				if !sweep.Completed.IsZero() {
					set(MetricSweepAge, sweep.Name, time.Since(sweep.Completed).Seconds())
				}
			}
		}
		for _, limit := range t.Limits {
			metrics.Set(Metric{Name: MetricLimit, Tenant: t.Tenant, Label: limit.Label}, float64(limit.Limit))
			metrics.Set(Metric{Name: MetricLimitLeft, Tenant: t.Tenant, Label: limit.Label}, float64(limit.Left))
		}
	}
	return nil
}

// states are all of them.
var states = []State{Unlinked, Linked, Filtered, Leaving, Held, Detached, GoneAtTarget}

// counted adds an attempt to the counters.
func (e *Engine) counted(event Event, requests, floor int) {
	e.spent(event.Tenant, event.Flow, requests, floor)
	if metrics := e.config.Metrics; metrics != nil {
		metrics.Add(Metric{MetricOutcomes, event.Tenant, event.Flow, string(event.Action)}, 1)
		metrics.Add(Metric{MetricSeconds, event.Tenant, event.Flow, ""}, float64(event.Duration)/float64(time.Second))
	}
}

// spent adds requests to the counters.
func (e *Engine) spent(tenant, flow string, requests, floor int) {
	if metrics := e.config.Metrics; metrics != nil {
		metrics.Add(Metric{MetricRequests, tenant, flow, ""}, float64(requests))
		metrics.Add(Metric{MetricFloor, tenant, flow, ""}, float64(floor))
	}
}
