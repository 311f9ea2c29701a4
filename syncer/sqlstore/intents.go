package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// Intend implements syncer.IntentStore.
func (s *Store) Intend(ctx context.Context, intents []syncer.Intent) []error {
	errs := make([]error, len(intents))
	err := s.write(ctx, "store intents", func(t *tx) error {
		for i, intent := range intents {
			errs[i] = t.intend(ctx, intent)
			if errs[i] != nil && !errors.Is(errs[i], syncer.ErrFenced) {
				return errs[i]
			}
		}
		return nil
	})
	return allOr(errs, err)
}

func (t *tx) intend(ctx context.Context, intent syncer.Intent) error {
	_, held, err := t.holder(ctx, intent.Key, intent.Fence)
	if err != nil {
		return err
	}
	if !held {
		return syncer.ErrFenced
	}
	sent, err := fieldsBlob(intent.Sent)
	if err != nil {
		return err
	}
	return t.do(ctx, `INSERT INTO {p}intents (tenant, flow, id, parent, sent, idempotency_key, body, first, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, flow, id) DO UPDATE SET parent = excluded.parent, sent = excluded.sent,
			idempotency_key = excluded.idempotency_key, body = excluded.body, at = excluded.at`,
		intent.Tenant, intent.Flow, intent.ID, intent.Parent, sent, intent.IdempotencyKey, intent.Body, t.now, t.now)
}

// intent reads a key's intent, nil if it has none.
func (t *tx) intent(ctx context.Context, key syncer.Key) (intent *syncer.Intent, err error) {
	err = t.store.each(ctx, t, func(rows scanner) error {
		var sent []byte
		var first, at int64
		found := syncer.Intent{Key: key}
		if err := rows.Scan(&found.Parent, &sent, &found.IdempotencyKey, &found.Body, &first, &at); err != nil {
			return err
		}
		found.First, found.Age = moment(first), time.Duration(t.now-at)*time.Microsecond
		intent = &found
		if sent == nil {
			return nil
		}
		return json.Unmarshal(sent, &found.Sent)
	}, `SELECT parent, sent, idempotency_key, body, first, at FROM {p}intents WHERE tenant = ? AND flow = ? AND id = ?`,
		key.Tenant, key.Flow, key.ID)
	return intent, err
}

// Spec implements syncer.SpecStore.
func (s *Store) Spec(ctx context.Context, tenant, flow string) (spec syncer.Spec, err error) {
	err = s.read(ctx, "read the mapping in force", func(rows scanner) error {
		return rows.Scan(&spec.Number, &spec.Version)
	}, `SELECT number, version FROM {p}specs WHERE tenant = ? AND flow = ?`, tenant, flow)
	return spec, err
}

// Enforce implements syncer.SpecStore.
func (s *Store) Enforce(ctx context.Context, tenant, flow, version string, expected int64) (spec syncer.Spec, err error) {
	err = s.write(ctx, "put a mapping into force", func(t *tx) error {
		var number int64
		if err := t.one(ctx, &number, `SELECT number FROM {p}specs WHERE tenant = ? AND flow = ?`, tenant, flow); err != nil {
			return err
		}
		if number != expected {
			return syncer.ErrSpecMoved
		}
		spec = syncer.Spec{Number: t.next(), Version: version}
		return t.do(ctx, `INSERT INTO {p}specs (tenant, flow, number, version) VALUES (?, ?, ?, ?)
			ON CONFLICT (tenant, flow) DO UPDATE SET number = excluded.number, version = excluded.version`,
			tenant, flow, spec.Number, spec.Version)
	})
	return spec, err
}
