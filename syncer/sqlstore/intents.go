package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
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
	sent, err := encodeFields(intent.Sent)
	if err != nil {
		return err
	}
	return t.do(ctx, `INSERT INTO {p}intents (tenant, flow, id, parent, sent, idempotency_key, body, first, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, flow, id) DO UPDATE SET parent = excluded.parent, sent = excluded.sent,
			idempotency_key = excluded.idempotency_key, body = excluded.body, at = excluded.at`,
		intent.Tenant, intent.Flow, intent.ID, intent.Parent, sent, intent.IdempotencyKey, intent.Body, t.now, t.now)
}

// intentColumns are the columns of an intent, of the table with this alias.
func intentColumns(alias string) string {
	const columns = "parent, sent, idempotency_key, body, first, at"
	return alias + "." + strings.ReplaceAll(columns, ", ", ", "+alias+".")
}

// intentRow takes the columns of an intent, which are all NULL in an outer join.
type intentRow struct {
	parent, key, body sql.NullString
	sent              []byte
	first, at         sql.NullInt64
}

func (r *intentRow) fields() []any {
	return []any{&r.parent, &r.sent, &r.key, &r.body, &r.first, &r.at}
}

// intent is the intent, or nil if the row has none.
func (r *intentRow) intent(key syncer.Key, now int64) (*syncer.Intent, error) {
	if !r.at.Valid {
		return nil, nil
	}
	intent := &syncer.Intent{
		Key: key, Parent: r.parent.String, IdempotencyKey: r.key.String, Body: r.body.String,
		First: moment(r.first.Int64), Age: time.Duration(now-r.at.Int64) * time.Microsecond,
	}
	if err := decodeFields(r.sent, &intent.Sent); err != nil {
		return nil, fmt.Errorf("the intent of %s: %w", key, err)
	}
	return intent, nil
}
