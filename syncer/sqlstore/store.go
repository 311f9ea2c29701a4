// Package sqlstore keeps the engine's state in a database that the caller
// opened: SQLite or PostgreSQL. It imports no driver; syncer/sqlite and
// syncer/postgres open a store with one.
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
	"sync/atomic"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// Store is a syncer.Store in a database. Besides, it marks changes in a
// transaction of the caller's own (NotifyTx), and keeps small secrets, such as
// tokens (Get, Put, Lock).
//
// Its transactions run one after another, also those of several processes: each
// begins by locking one row. They are short, and take up to hundreds of marks or
// results. NotifyTx does not take that lock.
type Store struct {
	db      *sql.DB
	dialect *dialect
	prefix  string
	now     func() time.Time // nil: the database's clock
	close   func() error
	closed  atomic.Bool

	statements statements
}

var _ syncer.Store = (*Store)(nil)

// Option is an option of OpenSQLite and OpenPostgres.
type Option func(*Store) error

// DefaultPrefix is how the names of the tables begin, unless WithPrefix says
// otherwise.
const DefaultPrefix = "contactlink_"

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)

// WithPrefix sets the prefix of the tables' names: a lower-case letter, then up
// to 30 lower-case letters, digits and underscores. The default is
// DefaultPrefix. Stores with different prefixes in one database are independent.
func WithPrefix(prefix string) Option {
	return func(s *Store) error {
		if !identifier.MatchString(prefix) {
			return fmt.Errorf("the prefix %q is not of the form %s", prefix, identifier)
		}
		s.prefix = prefix
		return nil
	}
}

// WithClock sets the clock, for tests. The default is time.Now for SQLite, and
// the server's clock for PostgreSQL, which all processes share.
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
		s.close = f
		return nil
	}
}

// OpenSQLite prepares a SQLite database and returns its store. It creates the
// tables, or brings them up to date; a store that a newer version wrote is
// refused with syncer.ErrStoreVersion.
//
// What the store acknowledges is as durable as the database makes it: set
// journal_mode to WAL, synchronous to FULL, and a busy_timeout of some seconds,
// because there is one writer at a time.
func OpenSQLite(ctx context.Context, db *sql.DB, opts ...Option) (*Store, error) {
	return open(ctx, db, sqlite, &Store{now: time.Now}, opts)
}

// OpenPostgres prepares a PostgreSQL database, version 12 or later, and returns
// its store, which many processes may use at once. It creates the tables in the
// connection's current schema, or brings them up to date; a store that a newer
// version wrote is refused with syncer.ErrStoreVersion.
//
// Ids and values are stored as bytea, because they may hold what text refuses
// (NUL, invalid UTF-8); convert_from(id, 'UTF8') makes them readable.
func OpenPostgres(ctx context.Context, db *sql.DB, opts ...Option) (*Store, error) {
	return open(ctx, db, postgres, &Store{}, opts)
}

func open(ctx context.Context, db *sql.DB, d *dialect, s *Store, opts []Option) (*Store, error) {
	if db == nil {
		return nil, errors.New("sqlstore: the database is nil")
	}
	s.db, s.dialect, s.prefix = db, d, DefaultPrefix
	for _, option := range opts {
		if err := option(s); err != nil {
			return nil, fmt.Errorf("sqlstore: %w", err)
		}
	}
	if err := s.migrate(ctx); err != nil {
		return nil, s.failure("prepare the tables", err)
	}
	return s, nil
}

// Close ends the use of the store: later calls fail with syncer.ErrStoreClosed.
// It closes the database only if WithClose says so.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	err := s.statements.close()
	if s.close != nil {
		err = errors.Join(err, s.close())
	}
	return err
}
