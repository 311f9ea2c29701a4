package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/contactlink/contactlink/syncer"
)

// tx is one transaction, with the store's time and sequence.
type tx struct {
	*sql.Tx
	store    *Store
	now      int64 // microseconds
	sequence int64
	drawn    bool
}

// write runs f in a transaction, which no other of this store runs beside.
func (s *Store) write(ctx context.Context, doing string, f func(*tx) error) error {
	return s.failure(doing, s.transact(ctx, f))
}

func (s *Store) transact(ctx context.Context, f func(*tx) error) (err error) {
	if s.closed.Load() {
		return syncer.ErrStoreClosed
	}
	begun, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, rolledBack(begun))
		}
	}()
	t := &tx{Tx: begun, store: s}
	if err := t.begin(ctx); err != nil {
		return err
	}
	if err := f(t); err != nil {
		return err
	}
	if t.drawn {
		if err := t.do(ctx, `UPDATE {p}sequence SET number = ?`, t.sequence); err != nil {
			return err
		}
	}
	return begun.Commit()
}

// begin takes the store's lock, and reads its sequence and clock.
func (t *tx) begin(ctx context.Context) error {
	if lock := t.store.dialect.lock; lock != "" {
		if err := t.do(ctx, lock); err != nil {
			return err
		}
	}
	row := t.QueryRowContext(ctx, t.store.sql(t.store.dialect.begin))
	if err := row.Scan(&t.sequence, &t.now); err != nil {
		return err
	}
	if t.store.now != nil {
		t.now = t.store.now().UnixMicro()
	}
	return nil
}

// rolledBack rolls back. That a transaction is over already is no news.
func rolledBack(begun *sql.Tx) error {
	if err := begun.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

// next draws a number.
func (t *tx) next() int64 {
	t.drawn = true
	t.sequence++
	return t.sequence
}

func (t *tx) do(ctx context.Context, query string, args ...any) error {
	_, err := t.ExecContext(ctx, t.store.sql(query), t.store.args(args)...)
	return err
}

// changed is do, and says how many rows there were.
func (t *tx) changed(ctx context.Context, query string, args ...any) (int64, error) {
	done, err := t.ExecContext(ctx, t.store.sql(query), t.store.args(args)...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// one reads a single value; it stays as it is if there is no row.
func (t *tx) one(ctx context.Context, into any, query string, args ...any) error {
	err := t.QueryRowContext(ctx, t.store.sql(query), t.store.args(args)...).Scan(into)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// each calls scan for each row of a query.
func (t *tx) each(ctx context.Context, scan func(scanner) error, query string, args ...any) error {
	return t.store.each(ctx, t, scan, query, args...)
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// scanner is a row of a result.
type scanner = *sql.Rows

func (s *Store) each(ctx context.Context, in querier, scan func(scanner) error, query string, args ...any) (err error) {
	rows, err := in.QueryContext(ctx, s.sql(query), s.args(args)...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// read runs a query outside a transaction.
func (s *Store) read(ctx context.Context, doing string, scan func(scanner) error, query string, args ...any) error {
	if s.closed.Load() {
		return syncer.ErrStoreClosed
	}
	return s.failure(doing, s.each(ctx, s.db, scan, query, args...))
}
