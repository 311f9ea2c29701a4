package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// maxStatements is how many statements are kept. Lists make others of any number,
// which are prepared when they are needed.
const maxStatements = 128

// statements are prepared once, for all transactions. With a driver that parses a
// statement each time, that is half of the work of a small one.
type statements struct {
	mu     sync.Mutex
	kept   map[string]*sql.Stmt // by the query
	closed bool
}

// get is a statement that is kept; nil if it isn't.
func (s *statements) get(query string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[query]
}

// lacks reports whether a statement is to be kept.
func (s *statements) lacks(query string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[query] == nil && len(s.kept) < maxStatements
}

// keep prepares a statement for those who come later. It must not be called within
// a transaction, which may have the only connection.
func (s *Store) keep(ctx context.Context, query string) {
	if !s.dialect.prepare || !s.statements.lacks(query) {
		return
	}
	prepared, err := s.db.PrepareContext(ctx, s.sql(query))
	if err != nil {
		return // the next one tries again
	}
	if !s.statements.put(query, prepared) {
		_ = prepared.Close() //nolint:sqlclosecheck // only now is it known not to be needed
	}
}

// put keeps a statement, unless another was faster, or it is closed.
func (s *statements) put(query string, prepared *sql.Stmt) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.kept[query] != nil {
		return false
	}
	if s.kept == nil {
		s.kept = map[string]*sql.Stmt{}
	}
	s.kept[query] = prepared
	return true
}

// close closes what is kept. Nothing is kept from then on.
func (s *statements) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, prepared := range s.kept {
		errs = append(errs, prepared.Close())
	}
	s.kept, s.closed = nil, true
	return errors.Join(errs...)
}
