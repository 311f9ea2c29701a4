// Package postgres opens a store in PostgreSQL, which many processes share. It
// is a module of its own, so that who uses another store does not download the
// driver.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/contactlink/contactlink/syncer/sqlstore"
)

// What holds for the store's connections, unless the DSN says otherwise. A
// process that stalls in a transaction holds up the others no longer than this.
var parameters = []struct{ name, value string }{
	{"statement_timeout", "60s"},
	{"idle_in_transaction_session_timeout", "30s"},
}

const (
	connectTimeout = 10 * time.Second
	maxConns       = 8 // a store's transactions run one after another; reads run beside them
)

var errDSN = errors.New("postgres: the DSN can't be parsed: write postgres://user:password@host:5432/database, " +
	"and special characters of the password in percent-encoding")

// Open connects with a database and returns its store, for which it creates
// tables in the connection's schema, or brings them up to date. The DSN is a URL
// (postgres://user:password@host:5432/database) or key=value pairs; environment
// variables (PGHOST, PGPASSWORD, …) and a password file supply what it lacks.
//
// Errors never show the password. A database that can't be reached is
// sqlstore.ErrUnreachable.
//
// To keep the state in an application's own *sql.DB, use sqlstore.OpenPostgres.
func Open(ctx context.Context, dsn string, opts ...sqlstore.Option) (*sqlstore.Store, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		// The driver's error shows the DSN, and where that is malformed it can't know
		// which part is the password.
		return nil, errDSN
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		return prepare(ctx, conn, config.RuntimeParams)
	}))
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	store, err := sqlstore.OpenPostgres(ctx, db, append(opts, sqlstore.WithClose(db.Close))...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("postgres: open the store: %w", err), db.Close())
	}
	return store, nil
}

// prepare sets parameters on a new connection, and not when it starts, because
// connection poolers refuse those.
func prepare(ctx context.Context, conn *pgx.Conn, given map[string]string) error {
	for _, parameter := range parameters {
		if _, ok := given[parameter.name]; ok {
			continue
		}
		if _, err := conn.Exec(ctx, "SELECT set_config($1, $2, false)", parameter.name, parameter.value); err != nil {
			return err
		}
	}
	return nil
}
