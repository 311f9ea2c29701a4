package sqlite_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"github.com/contactlink/contactlink/syncer/storetest"
)

func BenchmarkStore(b *testing.B) {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(b.TempDir(), "floor.db")+
		"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(b.Context(), `CREATE TABLE floor (id INTEGER PRIMARY KEY, value TEXT)`); err != nil {
		b.Fatal(err)
	}
	store := open(b, filepath.Join(b.TempDir(), "state.db"))
	defer func() { _ = store.Close() }()
	storetest.Benchmark(b, store, func(rows int) error { return insert(b, db, `INSERT INTO floor (value) VALUES (?)`, rows) })
}

// insert inserts plain rows in one transaction.
func insert(b *testing.B, db *sql.DB, statement string, rows int) error {
	tx, err := db.BeginTx(b.Context(), nil)
	if err != nil {
		return err
	}
	prepared, err := tx.PrepareContext(b.Context(), statement) //nolint:sqlclosecheck // the transaction closes it
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	for range rows {
		if _, err := prepared.ExecContext(b.Context(), "a plain row of about as many bytes as an id has"); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}
