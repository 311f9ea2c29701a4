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
	prepared map[string]*sql.Stmt // by the query; they end with the transaction

	// What Commit reads and writes once for all of its results.
	held    map[syncer.Key]*holding
	known   map[syncer.Key]*syncer.Link // nil: none
	holders map[syncer.Key]string       // by tenant, flow and target id: who holds it, or ""
	parked  *bool                       // whether any mark is parked under a record of the target
	done    []syncer.Key                // whose marks go
	events  []syncer.Event
}

// write runs f in a transaction, which no other of this store runs beside.
func (s *Store) write(ctx context.Context, doing string, f func(*tx) error) error {
	return s.failure(doing, s.transact(ctx, f))
}

func (s *Store) transact(ctx context.Context, f func(*tx) error) (err error) {
	if s.closed.Load() {
		return syncer.ErrStoreClosed
	}
	begun, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: s.dialect.isolation})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, rolledBack(begun))
		}
	}()
	t := &tx{Tx: begun, store: s}
	if err := t.enter(ctx); err != nil {
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
	if err := begun.Commit(); err != nil {
		return err
	}
	for query := range t.prepared {
		s.keep(ctx, query)
	}
	return nil
}

// enter takes the store's lock, and reads its sequence and clock.
func (t *tx) enter(ctx context.Context) error {
	if lock := t.store.dialect.lock; lock != "" {
		if err := t.do(ctx, lock); err != nil {
			return err
		}
	}
	begun := false
	err := t.each(ctx, func(rows scanner) error {
		begun = true
		return rows.Scan(&t.sequence, &t.now)
	}, t.store.dialect.begin)
	if err == nil && !begun {
		err = sql.ErrNoRows // the table was emptied
	}
	if err != nil {
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

// statement prepares a query, once; if it is kept, for this transaction.
func (t *tx) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if prepared := t.prepared[query]; prepared != nil {
		return prepared, nil
	}
	prepared := t.store.statements.get(query)
	if prepared != nil {
		prepared = t.StmtContext(ctx, prepared)
	} else {
		var err error
		if prepared, err = t.PrepareContext(ctx, t.store.sql(query)); err != nil {
			return nil, err
		}
	}
	if t.prepared == nil {
		t.prepared = map[string]*sql.Stmt{}
	}
	t.prepared[query] = prepared
	return prepared, nil
}

func (t *tx) exec(ctx context.Context, query string, args []any) (sql.Result, error) {
	args = t.store.args(args)
	if !t.store.dialect.prepare {
		return t.ExecContext(ctx, t.store.sql(query), args...)
	}
	prepared, err := t.statement(ctx, query) //nolint:sqlclosecheck // the transaction closes it
	if err != nil {
		return nil, err
	}
	return prepared.ExecContext(ctx, args...)
}

func (t *tx) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	args = t.store.args(args)
	if !t.store.dialect.prepare {
		return t.QueryContext(ctx, t.store.sql(query), args...)
	}
	prepared, err := t.statement(ctx, query) //nolint:sqlclosecheck // the transaction closes it
	if err != nil {
		return nil, err
	}
	return prepared.QueryContext(ctx, args...)
}

func (t *tx) do(ctx context.Context, query string, args ...any) error {
	_, err := t.exec(ctx, query, args)
	return err
}

// changed is do, and says how many rows there were.
func (t *tx) changed(ctx context.Context, query string, args ...any) (int64, error) {
	done, err := t.exec(ctx, query, args)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// one reads a single value; it stays as it is if there is no row.
func (t *tx) one(ctx context.Context, into any, query string, args ...any) error {
	return t.each(ctx, func(rows scanner) error { return rows.Scan(into) }, query, args...)
}

// scanner is a row of a result.
type scanner = *sql.Rows

// each calls scan for each row of a query.
func (t *tx) each(ctx context.Context, scan func(scanner) error, query string, args ...any) error {
	rows, err := t.query(ctx, query, args)
	if err != nil {
		return err
	}
	return all(rows, scan)
}

func all(rows *sql.Rows, scan func(scanner) error) (err error) {
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
	rows, err := s.query(ctx, query, s.args(args))
	if err == nil {
		err = all(rows, scan)
	}
	if err == nil {
		s.keep(ctx, query)
	}
	return s.failure(doing, err)
}

func (s *Store) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if prepared := s.statements.get(query); prepared != nil { //nolint:sqlclosecheck // Close does
		return prepared.QueryContext(ctx, args...)
	}
	return s.db.QueryContext(ctx, s.sql(query), args...)
}
