package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"

	"github.com/contactlink/contactlink/internal/testenv"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/postgres"
	"github.com/contactlink/contactlink/syncer/sqlstore"
	"github.com/contactlink/contactlink/syncer/storetest"
)

func TestMain(m *testing.M) { os.Exit(testenv.MainWithPostgres(m)) }

func open(t testing.TB, dsn string, opts ...sqlstore.Option) *sqlstore.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), dsn, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func database(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
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

// What the database's administrator prefers does not change what the store
// does.
func TestStoreWhereTransactionsAreSerializable(t *testing.T) {
	t.Parallel()
	dsn := testenv.Postgres(t) + "&default_transaction_isolation=serializable"
	storetest.RunSQL(t, func(t *testing.T, data string, opts ...sqlstore.Option) (*sqlstore.Store, *sql.DB, error) {
		store, err := postgres.Open(t.Context(), dsn, append([]sqlstore.Option{sqlstore.WithPrefix(data + "_s_")}, opts...)...)
		return store, database(t, testenv.Postgres(t)), err
	})
}

func TestStore(t *testing.T) {
	t.Parallel()
	dsn := testenv.Postgres(t)
	storetest.Run(t, storetest.Features{Durable: true, Processes: true}, func(t *testing.T, data string) syncer.Store {
		return open(t, dsn, sqlstore.WithPrefix(data+"_"))
	})
}

func TestSQL(t *testing.T) {
	t.Parallel()
	dsn := testenv.Postgres(t)
	db := database(t, dsn)
	storetest.RunSQL(t, func(t *testing.T, data string, opts ...sqlstore.Option) (*sqlstore.Store, *sql.DB, error) {
		store, err := postgres.Open(t.Context(), dsn, append([]sqlstore.Option{sqlstore.WithPrefix(data + "_")}, opts...)...)
		return store, db, err
	})
}

func mark(id string) []syncer.Mark {
	return []syncer.Mark{{Key: syncer.Key{Tenant: "t", Flow: "f", ID: id}}}
}

// The application's transaction is open while the engine works: neither waits
// for the other.
func TestALongTransactionWithANotedChangeHoldsUpNobody(t *testing.T) {
	t.Parallel()
	dsn := testenv.Postgres(t)
	store := open(t, dsn, sqlstore.WithPrefix("long_"))
	defer func() { _ = store.Close() }()
	if err := store.Notify(t.Context(), mark("a")); err != nil {
		t.Fatal(err)
	}
	tx, err := database(t, dsn).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.NotifyTx(t.Context(), tx, syncer.Change{Tenant: "t", Flow: "f", Ref: syncer.Ref{ID: "a"}}); err != nil {
		t.Fatal(err)
	}
	claim := func(want int) []syncer.Claim {
		t.Helper()
		claims, _, err := store.Claim(t.Context(), syncer.ClaimRequest{N: 9, Lease: time.Hour})
		if err != nil || len(claims) != want {
			t.Fatalf("got %v, %v; want %d claims", claims, err, want)
		}
		return claims
	}
	c := claim(1)[0]
	if err := store.Commit(t.Context(), []syncer.Result{{Key: c.Key, Number: c.Number, Fence: c.Fence}})[0]; err != nil {
		t.Fatal(err)
	}
	claim(0)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	claim(1)
}

func TestErrorsNeverShowThePassword(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"postgres://me:se:c/r@et@127.0.0.1:1/db", "postgres://me:secret@127.0.0.1:secret/db", "host=127.0.0.1 port=secret password='se cret'",
		"postgres://me:%secret@[::1", "password=secret port=99999999 host=127.0.0.1", "secret",
		"postgres://me:secret@127.0.0.1:1/db?sslmode=disable&connect_timeout=1", "host=127.0.0.1 port=1 user=me password=secret sslmode=disable",
	} {
		_, err := postgres.Open(t.Context(), dsn)
		if err == nil {
			t.Errorf("no error for %s", dsn)
		} else if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "cret") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestADatabaseThatIsNotThereIsUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	_, err = postgres.Open(t.Context(), "postgres://me@"+address+"/db?sslmode=disable")
	if !errors.Is(err, sqlstore.ErrUnreachable) {
		t.Errorf("got the error %v, want ErrUnreachable", err)
	}
}

// A process that stalled in a transaction is not waited for longer than the
// statement's time-out.
func TestALockedStoreSaysSo(t *testing.T) {
	t.Parallel()
	dsn := testenv.Postgres(t)
	store := open(t, dsn+"&statement_timeout=100", sqlstore.WithPrefix("locked_"))
	defer func() { _ = store.Close() }()
	holder, err := database(t, dsn).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.ExecContext(t.Context(), `SELECT * FROM locked_sequence FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	if err := store.Notify(t.Context(), mark("a")); !errors.Is(err, sqlstore.ErrLocked) {
		t.Errorf("got the error %v, want ErrLocked", err)
	}
	if err := holder.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := store.Notify(t.Context(), mark("a")); err != nil {
		t.Errorf("once it is free: %v", err)
	}
}

// The tables are in a schema that the connection names, so that several stores
// share a database without prefixes, too.
func TestAStoreInASchema(t *testing.T) {
	t.Parallel()
	dsn := testenv.Postgres(t)
	db := database(t, dsn)
	exec(t, db, `CREATE SCHEMA elsewhere`)
	store := open(t, dsn+"&search_path=elsewhere")
	defer func() { _ = store.Close() }()
	if err := store.Notify(t.Context(), mark("a")); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM elsewhere.contactlink_marks`).Scan(&n); err != nil || n != 1 {
		t.Errorf("got %d marks, %v", n, err)
	}
}

// The database is killed and started again while marks come in: what was
// acknowledged is there, and the store goes on by itself.
func TestTheDatabaseIsKilledAndStartedAgain(t *testing.T) {
	t.Parallel()
	server := testenv.StartPostgres(t)
	store := open(t, server.DSN())
	defer func() { _ = store.Close() }()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var kept, failed atomic.Int64
	var acknowledged sync.Map
	var writers sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id := strings.Repeat("w", w+1) + time.Duration(i).String()
				if err := store.Notify(ctx, mark(id)); err == nil {
					acknowledged.Store(id, true)
					kept.Add(1)
				} else if ctx.Err() == nil {
					failed.Add(1)
					if !errors.Is(err, sqlstore.ErrUnreachable) {
						t.Errorf("got the error %v, want ErrUnreachable", err)
					}
				}
			}
		})
	}
	reach := func(count *atomic.Int64, n int64) {
		t.Helper()
		enough := count.Load() + n
		deadline := time.Now().Add(30 * time.Second)
		for count.Load() < enough {
			if time.Now().After(deadline) {
				t.Fatal("nothing goes on")
			}
			if _, err := store.Draw(ctx); err != nil && !errors.Is(err, sqlstore.ErrUnreachable) {
				t.Errorf("got the error %v, want ErrUnreachable", err)
			}
		}
	}
	for range 3 {
		reach(&kept, 20)
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		reach(&failed, 3)
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
	}
	reach(&kept, 20)
	stop()
	writers.Wait()
	marks := map[string]bool{}
	for after := ""; ; {
		page, err := store.Marks(t.Context(), syncer.MarkQuery{Tenant: "t", Flow: "f", After: after, N: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page {
			marks[m.ID] = true
			after = m.ID
		}
		if len(page) < 1000 {
			break
		}
	}
	acknowledged.Range(func(id, _ any) bool {
		if !marks[id.(string)] {
			t.Errorf("the mark %v was acknowledged and is lost", id)
		}
		return true
	})
}
