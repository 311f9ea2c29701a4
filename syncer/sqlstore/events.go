package sqlstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// log notes a row of the log, which writeLog writes.
func (t *tx) log(event syncer.Event) {
	event.Number = t.next()
	t.events = append(t.events, event)
}

// writeLog writes all rows at once.
func (t *tx) writeLog(ctx context.Context) error {
	for some := range slices.Chunk(t.events, maxIDs) {
		var args []any
		for _, event := range some {
			args = append(args, event.Number, t.now, event.Tenant, event.Flow, event.ID, string(event.Action), event.Trigger, event.EventID,
				event.Attempt, event.Duration.Microseconds(), event.Kind, event.Error, encodeList(event.Fields), encodeList(event.Warnings))
		}
		const row = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
		err := t.do(ctx, `INSERT INTO {p}events (number, at, tenant, flow, id, action, cause, event_id, attempt, duration, kind, error, fields, warnings)
			VALUES `+row+strings.Repeat(", "+row, len(some)-1), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// defaultEvents is how many rows Events returns if the query does not say.
const defaultEvents = 100

// Events implements syncer.EventStore.
func (s *Store) Events(ctx context.Context, query syncer.EventQuery) ([]syncer.Event, error) {
	limit := query.Limit
	if limit <= 0 {
		limit = defaultEvents
	}
	var chosen where
	chosen.add("number > ?", query.After)
	chosen.equal("tenant", query.Tenant)
	chosen.equal("flow", query.Flow)
	chosen.equal("id", query.ID)
	chosen.equal("action", string(query.Action))
	var events []syncer.Event
	err := s.read(ctx, "read the log", func(rows scanner) error {
		var event syncer.Event
		var at, duration int64
		var fields, warnings string
		err := rows.Scan(&event.Number, &at, &event.Tenant, &event.Flow, &event.ID, &event.Action, &event.Trigger,
			&event.EventID, &event.Attempt, &duration, &event.Kind, &event.Error, &fields, &warnings)
		if err != nil {
			return err
		}
		event.Time, event.Duration = time.UnixMicro(at).UTC(), time.Duration(duration)*time.Microsecond
		if event.Fields, err = decodeList(fields); err != nil {
			return err
		}
		if event.Warnings, err = decodeList(warnings); err != nil {
			return err
		}
		events = append(events, event)
		return nil
	}, `SELECT number, at, tenant, flow, id, action, cause, event_id, attempt, duration, kind, error, fields, warnings FROM {p}events
		WHERE `+chosen.String()+` ORDER BY number LIMIT ?`, append(chosen.args, limit)...)
	return events, err
}
