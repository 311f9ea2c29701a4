package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/sqlite"
	"github.com/contactlink/contactlink/syncer/sqlstore"
)

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "state")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()

	store, err := sqlite.Open(filepath.Join(dir, "state.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = store.Close() }()
	counts, err := store.Counts(context.Background(), "", "")
	fmt.Println(len(counts), err)
	// Output: 0 <nil>
}

// An application that has its own tables beside the engine's marks what it
// changes in the same transaction.
func Example_transaction() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "app")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "app.db")+
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	store, err := sqlstore.OpenSQLite(ctx, db, sqlstore.WithPrefix("sync_"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = store.Close() }()

	rename := func(id, name string) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS people (id TEXT PRIMARY KEY, name TEXT)`); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO people (id, name) VALUES (?, ?)`, id, name); err != nil {
			return err
		}
		change := syncer.Change{Tenant: "acme", Flow: "people", Ref: syncer.Ref{ID: id}}
		if err := store.NotifyTx(ctx, tx, change); err != nil {
			return err
		}
		return tx.Commit()
	}
	fmt.Println(rename("7", "Ada"))
	// Output: <nil>
}
