package syncer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// eventLine is a row of the log as it is exported. The names are stable.
type eventLine struct {
	Number      int64                  `json:"number"`
	Time        time.Time              `json:"time"`
	Tenant      string                 `json:"tenant"`
	Flow        string                 `json:"flow"`
	ID          string                 `json:"id"`
	Trigger     string                 `json:"trigger"`
	EventID     string                 `json:"eventId,omitempty"`
	Action      Action                 `json:"action"`
	Attempt     int                    `json:"attempt"`
	Duration    float64                `json:"durationMs"`
	Kind        string                 `json:"kind,omitempty"`
	Error       string                 `json:"error,omitempty"`
	Fields      []string               `json:"fields,omitempty"`
	Values      map[string]FieldValues `json:"values,omitempty"`
	Warnings    []string               `json:"warnings,omitempty"`
	Correlation string                 `json:"correlation,omitempty"`
	TraceID     string                 `json:"traceId,omitempty"`
}

// plainWriter writes lines of JSON so that a terminal shows all of them.
type plainWriter struct{ to io.Writer }

// Write implements io.Writer. An Encoder gives it whole values.
func (p plainWriter) Write(data []byte) (int, error) {
	if bytes.IndexFunc(data, hidden) < 0 {
		return p.to.Write(data)
	}
	var plain []byte
	for _, r := range string(data) {
		if !hidden(r) {
			plain = utf8.AppendRune(plain, r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			plain = fmt.Appendf(plain, `\u%04x`, unit)
		}
	}
	if _, err := p.to.Write(plain); err != nil {
		return 0, err
	}
	return len(data), nil
}

func hidden(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }

// WriteEvents writes the rows of the log that a query chooses as JSON, one a
// line, in the order in which they were written. Durations are in milliseconds.
// What moves a cursor or turns the direction of writing is written as JSON's \u.
func (e *Engine) WriteEvents(ctx context.Context, w io.Writer, query EventQuery) error {
	lines := json.NewEncoder(plainWriter{w})
	lines.SetEscapeHTML(false)
	for event, err := range e.Events(ctx, query) {
		if err != nil {
			return err
		}
		err := lines.Encode(eventLine{
			Number: event.Number, Time: event.Time.UTC(), Tenant: event.Tenant, Flow: event.Flow, ID: event.ID,
			Trigger: event.Trigger, EventID: event.EventID, Action: event.Action, Attempt: event.Attempt,
			Duration: float64(event.Duration.Microseconds()) / 1000, Kind: event.Kind, Error: event.Error,
			Fields: event.Fields, Values: event.Values, Warnings: event.Warnings,
			Correlation: event.Correlation, TraceID: event.TraceID,
		})
		if err != nil {
			return fmt.Errorf("syncer: write the log: %w", err)
		}
	}
	return nil
}
