package sqlstore

import (
	"context"
	"encoding/json"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// log writes a row of the log.
func (t *tx) log(ctx context.Context, event syncer.Event) error {
	fields, err := names(event.Fields)
	if err != nil {
		return err
	}
	warnings, err := names(event.Warnings)
	if err != nil {
		return err
	}
	return t.do(ctx, `INSERT INTO {p}events (number, at, tenant, flow, id, action, cause, event_id, attempt, duration, kind, error, fields, warnings)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.next(), t.now, event.Tenant, event.Flow, event.ID, string(event.Action), event.Trigger, event.EventID,
		event.Attempt, event.Duration.Microseconds(), event.Kind, event.Error, fields, warnings)
}

func names(list []string) (string, error) {
	if list == nil {
		return "", nil
	}
	data, err := json.Marshal(list)
	return string(data), err
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
		if err := list(fields, &event.Fields); err != nil {
			return err
		}
		if err := list(warnings, &event.Warnings); err != nil {
			return err
		}
		events = append(events, event)
		return nil
	}, `SELECT number, at, tenant, flow, id, action, cause, event_id, attempt, duration, kind, error, fields, warnings FROM {p}events
		WHERE `+chosen.String()+` ORDER BY number LIMIT ?`, append(chosen.args, limit)...)
	return events, err
}

func list(text string, into *[]string) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), into)
}
