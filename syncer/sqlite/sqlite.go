// Package sqlite opens the embedded default store: a SQLite file, with a driver
// that is pure Go. It is a module of its own, so that who uses another store
// does not download it.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/driver" // registers "sqlite3"

	"github.com/contactlink/contactlink/syncer/sqlstore"
)

// Open opens the store in a file, which it creates if there is none, readable
// by its owner only. What a method of the store has acknowledged is on disk: it
// survives a crash of the process and of the machine.
//
// The file must not be on a network file system. Several processes of one
// machine may have it open. A backup is made by SQLite's own means, such as
// VACUUM INTO, because a part of the state is in a log beside the file; a store
// that was restored compares anew what happened since.
func Open(path string, opts ...sqlstore.Option) (*sqlstore.Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open the store: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the caller's choice
	if err != nil {
		return nil, fmt.Errorf("sqlite: open the store: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("sqlite: open the store: %w", err)
	}
	// One connection: there is one writer at a time in any case, and a second
	// connection would only wait for its lock. The log beside the file gets the
	// file's mode: it holds the same.
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "_txlock=immediate&modeof=" + url.QueryEscape(path) +
		"&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"}
	db, err := sql.Open("sqlite3", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("sqlite: open the store: %w", err)
	}
	db.SetMaxOpenConns(1)
	if err := connect(db); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: open %s: %w", filepath.Base(path), err), db.Close())
	}
	store, err := sqlstore.OpenSQLite(context.Background(), db, append(opts, sqlstore.WithClose(db.Close))...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: open %s: %w", filepath.Base(path), err), db.Close())
	}
	return store, nil
}

// connect opens the connection. SQLite does not wait for another process that gives
// a new file its log at this moment.
func connect(db *sql.DB) error {
	const patience, pause = 10 * time.Second, 10 * time.Millisecond
	for start := time.Now(); ; {
		err := db.PingContext(context.Background())
		if err == nil || !errors.Is(err, sqlite3.BUSY) || time.Since(start) > patience {
			return err
		}
		<-time.After(pause)
	}
}
