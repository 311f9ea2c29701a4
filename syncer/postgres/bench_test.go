package postgres_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/contactlink/contactlink/internal/testenv"
	"github.com/contactlink/contactlink/syncer/storetest"
)

func BenchmarkStore(b *testing.B) {
	server := testenv.StartPostgres(b)
	db, err := sql.Open("pgx", server.DSN())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(b.Context(), `CREATE TABLE floor (id BIGSERIAL PRIMARY KEY, value TEXT)`); err != nil {
		b.Fatal(err)
	}
	store := open(b, server.DSN())
	defer func() { _ = store.Close() }()
	// One statement with all rows is the least that the database can do.
	storetest.Benchmark(b, store, func(rows int) error {
		const row = "('a plain row of about as many bytes as an id has')"
		_, err := db.ExecContext(b.Context(), `INSERT INTO floor (value) VALUES `+row+strings.Repeat(", "+row, rows-1))
		return err
	})
}
