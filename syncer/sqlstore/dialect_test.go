package sqlstore

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOneQueryForBothDatabases(t *testing.T) {
	t.Parallel()
	const query = `SELECT CAST(? AS {text}) FROM {p}marks WHERE id = ? AND tenant IN (?, ?)`
	lite, pg := &Store{dialect: sqlite, prefix: "a_"}, &Store{dialect: postgres, prefix: "b_"}
	assert.Equal(t, `SELECT CAST(? AS TEXT) FROM a_marks WHERE id = ? AND tenant IN (?, ?)`, lite.sql(query))
	assert.Equal(t, `SELECT CAST($1 AS BYTEA) FROM b_marks WHERE id = $2 AND tenant IN ($3, $4)`, pg.sql(query))
	assert.Equal(t, []any{"a\x00", 1, nil}, lite.args([]any{"a\x00", 1, nil}))
	assert.Equal(t, []any{[]byte("a\x00"), 1, nil}, pg.args([]any{"a\x00", 1, nil}))
}

func TestConditions(t *testing.T) {
	t.Parallel()
	var none, some where
	none.equal("flow", "")
	assert.Equal(t, "1 = 1", none.String())
	some.add("number > ?", 7)
	some.equal("flow", "f")
	some.equal("id", "")
	assert.Equal(t, "number > ? AND flow = ?", some.String())
	assert.Equal(t, []any{7, "f"}, some.args)
	condition, args := in("id", []string{"a", "b"})
	assert.Equal(t, " AND id IN (?, ?)", condition)
	assert.Equal(t, []any{"a", "b"}, args)
}

func TestADatabaseMustBeGiven(t *testing.T) {
	t.Parallel()
	_, err := OpenSQLite(t.Context(), nil)
	require.ErrorContains(t, err, "the database is nil")
	_, err = OpenPostgres(t.Context(), nil)
	require.ErrorContains(t, err, "the database is nil")
}
