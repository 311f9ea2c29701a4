package postgres_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/contactlink/contactlink/syncer/postgres"
	"github.com/contactlink/contactlink/syncer/sqlstore"
)

func ExampleOpen() {
	ctx := context.Background()
	store, err := postgres.Open(ctx, "postgres://app@127.0.0.1:1/app?sslmode=disable")
	if errors.Is(err, sqlstore.ErrUnreachable) {
		fmt.Println("the database does not run yet")
		return
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = store.Close() }()
	// Several processes may share the store: syncer.Config{Store: store, …}.

	// Output: the database does not run yet
}
