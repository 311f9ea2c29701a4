package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/sqlite"
	"github.com/contactlink/contactlink/syncer/sqlstore"
	"github.com/contactlink/contactlink/syncer/storetest"
)

func open(t testing.TB, path string, opts ...sqlstore.Option) *sqlstore.Store {
	t.Helper()
	store, err := sqlite.Open(path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// database opens the file as an application would, beside the store.
func database(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(t testing.TB, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	storetest.Run(t, storetest.Features{Durable: true, Processes: true}, func(t *testing.T, data string) syncer.Store {
		return open(t, filepath.Join(dir, data+".db"))
	})
}

func TestSQL(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	storetest.RunSQL(t, func(t *testing.T, data string, opts ...sqlstore.Option) (*sqlstore.Store, *sql.DB, error) {
		path := filepath.Join(dir, data+".db")
		store, err := sqlite.Open(path, opts...)
		if err != nil {
			return nil, nil, err
		}
		return store, database(t, path), nil
	})
}

func TestANewStoreIsOpenedByManyAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 20 {
		var openers sync.WaitGroup
		for range 8 {
			openers.Go(func() {
				store, err := sqlite.Open(filepath.Join(dir, fmt.Sprint(i, ".db")))
				if err != nil {
					t.Error(err)
					return
				}
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		openers.Wait()
	}
}

// An application may open its database as it likes: with several connections,
// and transactions that begin without the write lock.
func TestStoreInADatabaseOfTheCallers(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(t.TempDir(), "app.db")+
		"?_txlock=deferred&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.PingContext(t.Context()); err != nil { // the log of a new file is made by one
		t.Fatal(err)
	}
	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() {
			store, err := sqlstore.OpenSQLite(t.Context(), db)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range 10 {
				err := store.Notify(t.Context(), mark(fmt.Sprint(w, " ", i)))
				claims, _, err2 := store.Claim(t.Context(), syncer.ClaimRequest{N: 1, Lease: time.Hour})
				var results []syncer.Result
				for _, c := range claims {
					results = append(results, syncer.Result{Key: c.Key, Number: c.Number, Fence: c.Fence})
				}
				if err := errors.Join(append(store.Commit(t.Context(), results), err, err2)...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	if _, err := db.ExecContext(t.Context(), `SELECT 1`); err != nil {
		t.Errorf("the application's database stays open: %v", err)
	}
}

func mark(id string) []syncer.Mark {
	return []syncer.Mark{{Key: syncer.Key{Tenant: "t", Flow: "f", ID: id}}}
}

func TestTheFileIsPrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	path := filepath.Join(t.TempDir(), "state.db")
	store := open(t, path)
	defer func() { _ = store.Close() }()
	if err := store.Notify(t.Context(), mark("a")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v; want 0600", name, info.Mode(), err)
		}
	}
}

// A copy of the file is what a backup has: the marks since are lost, but no
// number is given twice, so that nobody who kept one is taken for another.
func TestARestoredBackupRepeatsNoNumber(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "state.db"), filepath.Join(dir, "backup.db")
	store := open(t, path)
	if err := store.Notify(t.Context(), mark("a")); err != nil {
		t.Fatal(err)
	}
	exec(t, database(t, path), `VACUUM INTO '`+backup+`'`)
	claims, _, err := store.Claim(t.Context(), syncer.ClaimRequest{N: 1, Lease: time.Hour})
	if err != nil || len(claims) != 1 {
		t.Fatal(claims, err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	store = open(t, backup)
	defer func() { _ = store.Close() }()
	number, err := store.Draw(t.Context())
	if err != nil || number <= claims[0].Fence {
		t.Errorf("drew %d after %d, %v", number, claims[0].Fence, err)
	}
	late := syncer.Result{Key: claims[0].Key, Number: claims[0].Number, Fence: claims[0].Fence}
	if err := store.Commit(t.Context(), []syncer.Result{late})[0]; !errors.Is(err, syncer.ErrFenced) {
		t.Errorf("a result from before the backup: got the error %v, want ErrFenced", err)
	}
}

func TestAFullStoreSaysSoAndKeepsWhatItHas(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	db, err := sql.Open("sqlite3", "file:"+path+"?_pragma=max_page_count(120)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	store, err := sqlstore.OpenSQLite(t.Context(), db, sqlstore.WithClose(db.Close))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	kept := 0
	for ; err == nil && kept < 1000; kept++ {
		marks := mark(fmt.Sprint(kept, " first"))
		marks[0].Evidence = []byte(strings.Repeat("x", syncer.MaxEvidence))
		err = store.Notify(t.Context(), append(marks, mark(fmt.Sprint(kept, " second"))...))
	}
	if !errors.Is(err, sqlstore.ErrFull) {
		t.Fatalf("got the error %v, want ErrFull", err)
	}
	counts, err := store.Counts(t.Context(), "", "")
	if err != nil || counts["f"].Waiting != 2*(kept-1) {
		t.Errorf("got %v, %v; want %d marks", counts, err, 2*(kept-1))
	}
	exec(t, db, `PRAGMA max_page_count = 10000`)
	if err := store.Notify(t.Context(), mark("again")); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestALockedStoreSaysSo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	other := database(t, path)
	db, err := sql.Open("sqlite3", "file:"+path+"?_pragma=busy_timeout(20)&_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.OpenSQLite(t.Context(), db, sqlstore.WithClose(db.Close))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	holder, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.ExecContext(t.Context(), `DELETE FROM contactlink_seen`); err != nil {
		t.Fatal(err)
	}
	if err := store.Notify(t.Context(), mark("a")); !errors.Is(err, sqlstore.ErrLocked) {
		t.Errorf("got the error %v, want ErrLocked", err)
	}
	if _, err := store.Links(t.Context(), "t", "f", []string{"a"}); err != nil {
		t.Errorf("reading goes on: %v", err)
	}
	if err := holder.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := store.Notify(t.Context(), mark("a")); err != nil {
		t.Errorf("once it is free: %v", err)
	}
}

func TestAReadOnlyStoreSaysSo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := sqlstore.OpenSQLite(t.Context(), db); !errors.Is(err, sqlstore.ErrLocked) {
		t.Errorf("got the error %v, want ErrLocked", err)
	}
}

func TestAStoreThatCannotBeOpenedSaysWhy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := sqlite.Open(filepath.Join(dir, "none", "state.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got the error %v, want that the directory is not there", err)
	}
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(text); err == nil || !strings.Contains(err.Error(), "text.db") || !strings.Contains(err.Error(), "not a database") {
		t.Errorf("got the error %v", err)
	}
}

func TestAnEndedContextWritesNothing(t *testing.T) {
	t.Parallel()
	store := open(t, filepath.Join(t.TempDir(), "state.db"))
	defer func() { _ = store.Close() }()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Notify(ended, mark("a")); !errors.Is(err, context.Canceled) {
		t.Errorf("got the error %v", err)
	}
	if counts, err := store.Counts(t.Context(), "", ""); err != nil || len(counts) != 0 {
		t.Errorf("got %v, %v", counts, err)
	}
}
