package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/contactlink/contactlink/syncer"
)

// NotifyTx marks records that may have changed, in a transaction of the caller's
// own on the store's database: the marks are there if it commits, and never were
// if it rolls back. So a change of the application's and its mark can't be torn
// apart.
//
// The engine sees the changes when it looks for work the next time after the
// commit, which it does once a second at least; to be faster, call its Notify
// with no changes. Until then Counts does not count them. The transaction takes
// no lock that the engine waits for, and may be long.
//
// Unlike the engine's Notify, it does not know the tenants' flows: a change of a
// flow that there is not becomes a dead letter.
func (s *Store) NotifyTx(ctx context.Context, transaction *sql.Tx, changes ...syncer.Change) error {
	if s.closed.Load() {
		return syncer.ErrStoreClosed
	}
	for _, change := range changes {
		if err := s.note(ctx, transaction, change); err != nil {
			return s.failure("note a change", err)
		}
	}
	return nil
}

func (s *Store) note(ctx context.Context, transaction *sql.Tx, change syncer.Change) error {
	if err := errors.Join(lacks(change.Tenant, "tenant"), lacks(change.Flow, "flow"), lacks(change.Ref.ID, "id")); err != nil {
		return err
	}
	if longest := max(len(change.Ref.ID), len(change.Ref.Parent), len(change.EventID)); longest > syncer.MaxID {
		return fmt.Errorf("an id of the change has %d bytes: it can have %d", longest, syncer.MaxID)
	}
	cause := "notify"
	if change.EventID != "" {
		cause = "webhook"
	}
	evidence := change.Evidence[:min(len(change.Evidence), syncer.MaxEvidence)]
	_, err := transaction.ExecContext(ctx, s.sql(`INSERT INTO {p}inbox (tenant, flow, id, parent, gone, event_id, cause, evidence)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`), s.args([]any{
		change.Tenant, change.Flow, change.Ref.ID, change.Ref.Parent, flag(change.Gone), change.EventID, cause, blob(evidence),
	})...)
	return err
}

func lacks(value, name string) error {
	if value == "" {
		return fmt.Errorf("the change has no %s", name)
	}
	return nil
}

// maxDrain is how many noted changes become marks in one transaction.
const maxDrain = 1000

// drain makes marks of what NotifyTx noted, in the order in which it was noted.
func (t *tx) drain(ctx context.Context) error {
	type noted struct {
		number int64
		syncer.Mark
	}
	var inbox []noted
	err := t.each(ctx, func(rows scanner) error {
		n := noted{Mark: syncer.Mark{Lane: syncer.RealTime}}
		err := rows.Scan(&n.number, &n.Tenant, &n.Flow, &n.ID, &n.Parent, &n.Gone, &n.EventID, &n.Trigger, &n.Evidence)
		inbox = append(inbox, n)
		return err
	}, `DELETE FROM {p}inbox WHERE number IN (SELECT number FROM {p}inbox ORDER BY number LIMIT ?)
		RETURNING number, tenant, flow, id, parent, gone, event_id, cause, evidence`, maxDrain)
	if err != nil || len(inbox) == 0 {
		return err
	}
	slices.SortFunc(inbox, func(a, b noted) int { return cmp.Compare(a.number, b.number) })
	marks := make([]syncer.Mark, len(inbox))
	for i, n := range inbox {
		marks[i] = n.Mark
	}
	if err := t.notify(ctx, marks); err != nil {
		return err
	}
	return t.forgetEventIDs(ctx)
}
