package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
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

const eventColumns = `number, at, tenant, flow, id, action, cause, event_id, attempt, duration, kind, error, fields, warnings, content, related, trace_id`

// writeLog writes all rows at once.
func (t *tx) writeLog(ctx context.Context) error {
	for some := range slices.Chunk(t.events, maxIDs) {
		var args []any
		for _, event := range some {
			values, err := encodeValues(event.Values)
			if err != nil {
				return err
			}
			args = append(args, event.Number, t.now, event.Tenant, event.Flow, event.ID, string(event.Action), event.Trigger, event.EventID,
				event.Attempt, event.Duration.Microseconds(), event.Kind, event.Error, encodeList(event.Fields), encodeList(event.Warnings),
				values, event.Correlation, event.TraceID)
		}
		const row = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
		err := t.do(ctx, `INSERT INTO {p}events (`+eventColumns+`) VALUES `+row+strings.Repeat(", "+row, len(some)-1), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

func encodeValues(values map[string]syncer.FieldValues) (any, error) {
	if values == nil {
		return nil, nil
	}
	return json.Marshal(values)
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
	chosen.equal("kind", query.Kind)
	if query.EventID != "" {
		chosen.add("event_id = ? AND event_id <> ''", query.EventID)
	}
	if !query.Since.IsZero() {
		chosen.add("at >= ?", query.Since.UnixMicro())
	}
	if !query.Until.IsZero() {
		chosen.add("at < ?", query.Until.UnixMicro())
	}
	var events []syncer.Event
	err := s.read(ctx, "read the log", func(rows scanner) error {
		event, err := scanEvent(rows)
		events = append(events, event)
		return err
	}, `SELECT `+eventColumns+` FROM {p}events WHERE `+chosen.String()+` ORDER BY number LIMIT ?`, append(chosen.args, limit)...)
	return events, err
}

func scanEvent(rows scanner) (event syncer.Event, err error) {
	var at, duration int64
	var fields, warnings string
	var values []byte
	err = rows.Scan(&event.Number, &at, &event.Tenant, &event.Flow, &event.ID, &event.Action, &event.Trigger,
		&event.EventID, &event.Attempt, &duration, &event.Kind, &event.Error, &fields, &warnings, &values, &event.Correlation, &event.TraceID)
	if err != nil {
		return event, err
	}
	event.Time, event.Duration = time.UnixMicro(at).UTC(), time.Duration(duration)*time.Microsecond
	if event.Fields, err = decodeList(fields); err != nil {
		return event, err
	}
	if event.Warnings, err = decodeList(warnings); err != nil || values == nil {
		return event, err
	}
	return event, json.Unmarshal(values, &event.Values)
}

// KnownEvents implements syncer.EventStore.
func (s *Store) KnownEvents(ctx context.Context, tenant string, ids []string) (map[string]bool, error) {
	known := map[string]bool{}
	for some := range slices.Chunk(ids, maxIDs) {
		for table, column := range map[string]string{"event_ids": "id", "marks": "event_id", "inbox": "event_id", "events": "event_id"} {
			var chosen where
			chosen.equal("tenant", tenant)
			chosen.add(column + " <> ''")
			among, values := in(column, some)
			err := s.read(ctx, "look for events", func(rows scanner) error {
				var id string
				err := rows.Scan(&id)
				known[id] = true
				return err
			}, `SELECT DISTINCT `+column+` FROM {p}`+table+` WHERE `+chosen.String()+among, append(chosen.args, values...)...)
			if err != nil {
				return nil, err
			}
		}
	}
	return known, nil
}

// EventsBeyond implements syncer.EventStore.
func (s *Store) EventsBeyond(ctx context.Context, age time.Duration, rows int) (int64, error) {
	var beyond sql.NullInt64
	newest := func(query string, args ...any) error {
		return s.read(ctx, "measure the log", func(row scanner) error {
			var number sql.NullInt64
			err := row.Scan(&number)
			beyond.Int64 = max(beyond.Int64, number.Int64)
			return err
		}, query, args...)
	}
	if age > 0 {
		err := newest(`SELECT number FROM {p}events WHERE at < `+s.clock()+` - ? ORDER BY at DESC, number DESC LIMIT 1`, age.Microseconds())
		if err != nil {
			return 0, err
		}
	}
	if rows > 0 {
		err := newest(`SELECT number FROM {p}events ORDER BY number DESC LIMIT 1 OFFSET ?`, rows)
		if err != nil {
			return 0, err
		}
	}
	return beyond.Int64, nil
}

// TrimEvents implements syncer.EventStore.
func (s *Store) TrimEvents(ctx context.Context, upTo int64, n int) (int, error) {
	var dropped int64
	err := s.write(ctx, "trim the log", func(t *tx) (err error) {
		dropped, err = t.changed(ctx, `DELETE FROM {p}events WHERE number IN
			(SELECT number FROM {p}events WHERE number <= ? ORDER BY number LIMIT ?)`, upTo, n)
		return err
	})
	return int(dropped), err
}
