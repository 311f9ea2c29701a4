package sqlstore

import (
	"database/sql"
	"strconv"
	"strings"
)

// dialect is what differs between the databases. Everything else, the tables
// included, is written once.
type dialect struct {
	// types replaces the names of types in the migrations and in casts.
	types *strings.Replacer
	// numbered says that parameters are $1, $2, … instead of ?.
	numbered bool
	// bytes says that strings are sent as bytes.
	bytes bool
	// isolation is that of its transactions: each statement has to see what the
	// last holder of the store's lock committed.
	isolation sql.IsolationLevel
	// prepare says that the driver parses a statement each time.
	prepare bool
	// parts is how many selections are best joined in one query: to ask a server
	// costs more than to read a long query, to ask a library less.
	parts int
	// create makes the table that holds the version of the others.
	create string
	// migrating lets one process migrate at a time, until its transaction ends.
	migrating string
	// lock lets one transaction write at a time, until it ends. Empty: begin does.
	lock string
	// begin reads the sequence's number, and the time in microseconds, or 0.
	begin string
	// clock is an expression for the time in microseconds, or 0.
	clock string
}

const createSchema = `CREATE TABLE IF NOT EXISTS {p}schema (version INTEGER NOT NULL)`

// Without this lock, two processes that create a table at once both try.
const lockOfPostgres = `SELECT pg_advisory_xact_lock(hashtextextended('{p}schema', 0)); `

const clockOfPostgres = `CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)`

var (
	sqlite = &dialect{
		types:   strings.NewReplacer("{text}", "TEXT", "{blob}", "BLOB", "{serial}", "INTEGER"),
		prepare: true,
		parts:   1,
		create:  createSchema,
		// A statement that may write takes the lock, also if it changes nothing; so
		// the database's transactions need not begin with it.
		migrating: `DELETE FROM {p}schema WHERE version < 0`,
		lock:      `UPDATE {p}sequence SET number = number WHERE one = 0`,
		begin:     `SELECT number, 0 FROM {p}sequence`,
		clock:     `0`,
	}
	postgres = &dialect{
		types:     strings.NewReplacer("{text}", "BYTEA", "{blob}", "BYTEA", "{serial}", "BIGINT GENERATED ALWAYS AS IDENTITY"),
		numbered:  true,
		bytes:     true,
		parts:     100,
		isolation: sql.LevelReadCommitted,
		create:    lockOfPostgres + createSchema,
		migrating: lockOfPostgres + `SET LOCAL statement_timeout = 0`,
		// The clock is read once the row is locked, so that time does not go back
		// from one transaction to the next.
		begin: `WITH held AS MATERIALIZED (SELECT number FROM {p}sequence FOR UPDATE)
			SELECT number, ` + clockOfPostgres + ` FROM held`,
		clock: clockOfPostgres,
	}
)

// sql is a query in the database's own words.
func (s *Store) sql(query string) string {
	query = s.dialect.types.Replace(strings.ReplaceAll(query, "{p}", s.prefix))
	if !s.dialect.numbered {
		return query
	}
	var numbered strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(query, "?")
		numbered.WriteString(before)
		if !found {
			return numbered.String()
		}
		numbered.WriteByte('$')
		numbered.WriteString(strconv.Itoa(n))
		query = after
	}
}

// args are parameters in the database's own types.
func (s *Store) args(args []any) []any {
	if s.dialect.bytes {
		for i, arg := range args {
			if text, ok := arg.(string); ok {
				args[i] = []byte(text)
			}
		}
	}
	return args
}

// in is the condition that a column is one of the values.
func in(column string, values []string) (condition string, args []any) {
	args = make([]any, len(values))
	for i, value := range values {
		args[i] = value
	}
	return " AND " + column + " IN (?" + strings.Repeat(", ?", len(values)-1) + ")", args
}

// where builds a condition of those parts that say something.
type where struct {
	text strings.Builder
	args []any
}

// equal adds the condition that a column has a value, unless it is empty.
func (w *where) equal(column, value string) {
	if value != "" {
		w.add(column+" = ?", value)
	}
}

func (w *where) add(condition string, args ...any) {
	if w.text.Len() > 0 {
		w.text.WriteString(" AND ")
	}
	w.text.WriteString(condition)
	w.args = append(w.args, args...)
}

func (w *where) String() string {
	if w.text.Len() == 0 {
		return "1 = 1"
	}
	return w.text.String()
}
