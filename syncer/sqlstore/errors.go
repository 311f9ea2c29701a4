package sqlstore

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/contactlink/contactlink/syncer"
)

// Errors that a user of the database can do something about. The driver's error
// is wrapped beside them. Nothing was stored, unless ErrUnreachable came from
// the end of a transaction: then that is unknown. Every method can be called
// again.
var (
	// ErrFull: there is no room on the disk, or a quota is used up.
	ErrFull = errors.New("sqlstore: the store is full: make room, then go on")
	// ErrLocked: another process holds the database for too long, or it may only be
	// read.
	ErrLocked = errors.New("sqlstore: the store can't be written: another process holds it, or it is read-only")
	// ErrUnreachable: the database's server, file or disk does not answer.
	ErrUnreachable = errors.New("sqlstore: the database can't be reached")
)

// answers are errors that are no failures of the store.
var answers = []error{syncer.ErrFenced, syncer.ErrSweeping, syncer.ErrSpecMoved, syncer.ErrStoreClosed}

// failure says what was being done, and what kind of failure it was.
func (s *Store) failure(doing string, err error) error {
	is := func(known error) bool { return errors.Is(err, known) }
	switch {
	case err == nil, slices.ContainsFunc(answers, is):
		return err
	case s.closed.Load():
		return syncer.ErrStoreClosed
	}
	if kind := kindOf(err); kind != nil {
		return fmt.Errorf("sqlstore: %s: %w: %w", doing, kind, err)
	}
	return fmt.Errorf("sqlstore: %s: %w", doing, err)
}

// kindOf knows the databases' errors by what all of their drivers tell: the
// SQLSTATE of PostgreSQL, the texts of SQLite's result codes.
func kindOf(err error) error {
	var state interface{ SQLState() string }
	if errors.As(err, &state) {
		return kindOfState(state.SQLState())
	}
	text := err.Error()
	has := func(part string) bool { return strings.Contains(text, part) }
	is := func(known error) bool { return errors.Is(err, known) }
	var network *net.OpError
	switch {
	case slices.ContainsFunc([]string{"database or disk is full", "no space left on device"}, has):
		return ErrFull
	case slices.ContainsFunc([]string{"database is locked", "database table is locked", "readonly database"}, has):
		return ErrLocked
	case slices.ContainsFunc([]string{"disk I/O error", "unable to open database file", "conn closed"}, has),
		slices.ContainsFunc([]error{driver.ErrBadConn, net.ErrClosed, io.EOF, io.ErrUnexpectedEOF}, is), errors.As(err, &network):
		return ErrUnreachable
	}
	return nil
}

func kindOfState(state string) error {
	switch {
	case strings.HasPrefix(state, "53"): // disk_full, out_of_memory, too_many_connections
		if state == "53100" {
			return ErrFull
		}
		return ErrUnreachable
	case state == "55P03", state == "57014", state == "25006": // lock or statement time-out, read-only
		return ErrLocked
	case strings.HasPrefix(state, "08"), strings.HasPrefix(state, "57P"), strings.HasPrefix(state, "58"):
		return ErrUnreachable
	}
	return nil
}
