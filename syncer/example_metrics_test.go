package syncer_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/contactlink/contactlink/syncer"
)

// Prometheus keeps what an engine measures, and serves it in the text format that
// Prometheus reads.
type Prometheus struct {
	mu     sync.Mutex
	values map[syncer.Metric]float64
}

// Add implements syncer.Metrics.
func (p *Prometheus) Add(metric syncer.Metric, n float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.values == nil {
		p.values = map[syncer.Metric]float64{}
	}
	p.values[metric] += n
}

// Set implements syncer.Metrics.
func (p *Prometheus) Set(metric syncer.Metric, value float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.values == nil {
		p.values = map[syncer.Metric]float64{}
	}
	p.values[metric] = value
}

// WriteTo writes one line for each time series, in order.
func (p *Prometheus) WriteTo(w io.Writer) (int64, error) {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	p.mu.Lock()
	lines := map[string]float64{}
	for metric, value := range p.values {
		lines[fmt.Sprintf(`%s{tenant="%s",flow="%s",label="%s"}`, metric.Name,
			escape.Replace(metric.Tenant), escape.Replace(metric.Flow), escape.Replace(metric.Label))] = value
	}
	p.mu.Unlock()
	var written int64
	for _, line := range slices.Sorted(maps.Keys(lines)) {
		n, err := fmt.Fprintln(w, line, lines[line])
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// ServeHTTP is for the path /metrics.
func (p *Prometheus) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = p.WriteTo(w)
}

// An adapter from Metrics to a monitoring system: a handler for Prometheus.
func ExampleMetrics() {
	metrics := &Prometheus{}
	http.NewServeMux().Handle("/metrics", metrics)
	engine := labels(Club{"1": "Ann", "2": "Bob"}, Printer{}, func(config *syncer.Config) { config.Metrics = metrics })
	if _, err := engine.Backfill(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	var text strings.Builder
	if _, err := metrics.WriteTo(&text); err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(text.String()) {
		if !strings.Contains(line, "seconds") {
			fmt.Print(line)
		}
	}
	// Output:
	// contactlink_outcomes_total{tenant="club",flow="labels",label="created"} 2
	// contactlink_requests_floor_total{tenant="club",flow="labels",label=""} 3
	// contactlink_requests_total{tenant="club",flow="labels",label=""} 3
}
