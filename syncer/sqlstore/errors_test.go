package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/contactlink/contactlink/syncer"
)

// state is an error as PostgreSQL's drivers have it.
type state string

func (s state) Error() string    { return "the server said " + string(s) }
func (s state) SQLState() string { return string(s) }

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ err, kind error }{
		{errors.New("sqlite3: database or disk is full"), ErrFull},
		{errors.New("write /state.db: no space left on device"), ErrFull},
		{state("53100"), ErrFull},
		{errors.New("sqlite3: database is locked"), ErrLocked},
		{errors.New("sqlite3: attempt to write a readonly database"), ErrLocked},
		{state("57014"), ErrLocked},
		{state("55P03"), ErrLocked},
		{state("25006"), ErrLocked},
		{errors.New("sqlite3: disk I/O error"), ErrUnreachable},
		{state("57P01"), ErrUnreachable},
		{state("08006"), ErrUnreachable},
		{state("53300"), ErrUnreachable},
		{driver.ErrBadConn, ErrUnreachable},
		{io.ErrUnexpectedEOF, ErrUnreachable},
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, ErrUnreachable},
		{state("42P01"), nil},
		{errors.New("something else"), nil},
		{context.DeadlineExceeded, nil},
	} {
		err := (&Store{}).failure("store marks", fmt.Errorf("wrapped: %w", test.err))
		assert.ErrorIs(t, err, test.err)
		assert.ErrorContains(t, err, "store marks")
		assert.Equal(t, test.kind, kindOf(test.err), "the kind of %v", test.err)
		if test.kind != nil {
			assert.ErrorIs(t, err, test.kind)
		}
	}
}

func TestAnswersAreNoFailures(t *testing.T) {
	t.Parallel()
	s := &Store{}
	for _, err := range answers {
		assert.Equal(t, err, s.failure("store marks", err))
	}
	assert.NoError(t, s.failure("store marks", nil))
	s.closed.Store(true)
	assert.Equal(t, syncer.ErrStoreClosed, s.failure("store marks", errors.New("sql: database is closed")))
}
