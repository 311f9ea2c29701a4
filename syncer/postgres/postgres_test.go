package postgres_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/contactlink/contactlink/internal/testenv"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/postgres"
	"github.com/contactlink/contactlink/syncer/sqlstore"
	"github.com/contactlink/contactlink/syncer/storetest"
)

func TestMain(m *testing.M) { os.Exit(testenv.MainWithPostgres(m)) }

// prefixes counts the stores in the database that the tests share.
var prefixes atomic.Int64

func open(t testing.TB, dsn string, opts ...sqlstore.Option) *sqlstore.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), dsn, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// fresh names an empty store.
func fresh() sqlstore.Option {
	return sqlstore.WithPrefix(fmt.Sprintf("t%d_", prefixes.Add(1)))
}

func TestStore(t *testing.T) {
	t.Parallel()
	dsn := testenv.Postgres(t)
	storetest.Run(t, storetest.Features{Durable: true, Processes: true}, func(t *testing.T, data string) syncer.Store {
		return open(t, dsn, sqlstore.WithPrefix(data+"_"))
	})
}
