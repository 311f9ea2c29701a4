package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/sqlite"
)

// What an engine has acknowledged is there when the program starts again.
func ExampleOpen() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "state.db")

	store, err := sqlite.Open(path) // for syncer.Config{Store: store, …}
	if err != nil {
		panic(err)
	}
	mark := syncer.Mark{Key: syncer.Key{Tenant: "location", Flow: "contacts", ID: "ve9EPM428h8vShlRW1KT"}}
	fmt.Println(store.Notify(ctx, []syncer.Mark{mark}), store.Close())

	store, err = sqlite.Open(path)
	if err != nil {
		panic(err)
	}
	defer func() { _ = store.Close() }()
	counts, err := store.Counts(ctx, "location", "contacts")
	fmt.Println(counts["contacts"].Waiting, err)
	// Output:
	// <nil> <nil>
	// 1 <nil>
}
