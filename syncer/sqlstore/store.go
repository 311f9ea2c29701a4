// Package sqlstore keeps the engine's state in a database that the caller
// opened. It imports no driver: syncer/sqlite opens the embedded default.
//
// All tables have a prefix, so that they can live in an application's own
// database.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// Store is a syncer.Store in a database.
type Store struct {
	db     *sql.DB
	prefix string
	now    func() time.Time
	closed func() error
}

var _ syncer.Store = (*Store)(nil)

// Option is an option of Open.
type Option func(*Store) error

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)

// WithPrefix sets the prefix of the tables' names: a lower-case letter, then
// lower-case letters, digits and underscores. The default is "contactlink_".
func WithPrefix(prefix string) Option {
	return func(s *Store) error {
		if !identifier.MatchString(prefix) {
			return fmt.Errorf("the prefix %q is not of the form %s", prefix, identifier)
		}
		s.prefix = prefix
		return nil
	}
}

// WithClock sets the clock, for tests. The default is time.Now.
func WithClock(now func() time.Time) Option {
	return func(s *Store) error {
		if now == nil {
			return errors.New("the clock is nil")
		}
		s.now = now
		return nil
	}
}

// WithClose makes Close call f: what opened the database for the store closes
// it so. Without it, the database stays open.
func WithClose(f func() error) Option {
	return func(s *Store) error {
		s.closed = f
		return nil
	}
}

// Open prepares a SQLite database and returns its store. It creates the tables,
// or brings them up to date. A transaction of db must take the write lock when
// it begins (BEGIN IMMEDIATE), which the driver's options set.
func Open(ctx context.Context, db *sql.DB, opts ...Option) (*Store, error) {
	s := &Store{db: db, prefix: "contactlink_", now: time.Now}
	for _, option := range opts {
		if err := option(s); err != nil {
			return nil, fmt.Errorf("sqlstore: %w", err)
		}
	}
	if err := s.migrate(ctx); err != nil {
		return nil, fmt.Errorf("sqlstore: prepare the tables: %w", err)
	}
	return s, nil
}

// Close ends the use of the store. It closes the database only if WithClose
// says so.
func (s *Store) Close() error {
	if s.closed == nil {
		return nil
	}
	return s.closed()
}

// tx is one transaction, with the store's time and sequence.
type tx struct {
	*sql.Tx
	store    *Store
	now      int64 // microseconds
	sequence int64
	drawn    bool
}

// write runs f in a transaction.
func (s *Store) write(ctx context.Context, doing string, f func(*tx) error) error {
	err := s.transact(ctx, f)
	switch {
	case err == nil, errors.Is(err, syncer.ErrFenced):
		return err
	case errors.Is(err, sql.ErrConnDone) || strings.Contains(err.Error(), "sql: database is closed"):
		return syncer.ErrStoreClosed
	default:
		return fmt.Errorf("sqlstore: %s: %w", doing, err)
	}
}

func (s *Store) transact(ctx context.Context, f func(*tx) error) (err error) {
	begun, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, rolledBack(begun))
		}
	}()
	t := &tx{Tx: begun, store: s, now: s.now().UnixMicro()}
	if err := t.one(ctx, &t.sequence, `SELECT number FROM {p}sequence`); err != nil {
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

func (s *Store) sql(query string) string { return strings.ReplaceAll(query, "{p}", s.prefix) }

func (t *tx) do(ctx context.Context, query string, args ...any) error {
	_, err := t.ExecContext(ctx, t.store.sql(query), args...)
	return err
}

// one reads a single value; it stays as it is if there is no row.
func (t *tx) one(ctx context.Context, into any, query string, args ...any) error {
	err := t.QueryRowContext(ctx, t.store.sql(query), args...).Scan(into)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each calls scan for each row of a query.
func (s *Store) each(ctx context.Context, in querier, scan func(scanner) error, query string, args ...any) (err error) {
	rows, err := in.QueryContext(ctx, s.sql(query), args...)
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

// read runs f on the database, outside a transaction.
func (s *Store) read(ctx context.Context, doing string, scan func(scanner) error, query string, args ...any) error {
	err := s.each(ctx, s.db, scan, query, args...)
	if err != nil && strings.Contains(err.Error(), "sql: database is closed") {
		return syncer.ErrStoreClosed
	}
	if err != nil {
		return fmt.Errorf("sqlstore: %s: %w", doing, err)
	}
	return nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
