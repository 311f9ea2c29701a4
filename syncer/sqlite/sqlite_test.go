package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/sqlite"
	"github.com/contactlink/contactlink/syncer/sqlstore"
	"github.com/contactlink/contactlink/syncer/storetest"
)

func open(t testing.TB, path string) *sqlstore.Store {
	t.Helper()
	store, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	storetest.Run(t, storetest.Features{Durable: true, Processes: true}, func(t *testing.T, data string) syncer.Store {
		return open(t, filepath.Join(dir, data+".db"))
	})
}

func TestStateSurvivesAReopenAndTheFileIsPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	store := open(t, path)
	mark := syncer.Mark{Key: syncer.Key{Tenant: "t", Flow: "f", ID: "a"}}
	if err := store.Notify(t.Context(), []syncer.Mark{mark}); err != nil {
		t.Fatal(err)
	}
	before, err := store.Draw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	store = open(t, path)
	defer func() { _ = store.Close() }()
	counts, err := store.Counts(t.Context(), "", "")
	if err != nil || counts["f"].Waiting != 1 {
		t.Errorf("got %v, %v; want the mark", counts, err)
	}
	after, err := store.Draw(t.Context())
	if err != nil || after <= before {
		t.Errorf("the sequence went from %d to %d, %v", before, after, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}
