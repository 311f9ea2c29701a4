package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/contactlink/contactlink/syncer"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the tables to this library's version, one migration a
// transaction, and seeds the sequence.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	if _, err := s.db.ExecContext(ctx, s.sql(s.dialect.create)); err != nil {
		return err
	}
	for {
		done, err := s.step(ctx, files)
		if err != nil || done {
			return err
		}
	}
}

// step runs the next migration. It reads the version in the same transaction,
// so that two processes that start at once don't run it twice.
func (s *Store) step(ctx context.Context, files []string) (done bool, err error) {
	begun, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: s.dialect.isolation})
	if err != nil {
		return false, err
	}
	defer func() {
		if err != nil {
			_ = rolledBack(begun)
		}
	}()
	if _, err := begun.ExecContext(ctx, s.sql(s.dialect.migrating)); err != nil {
		return false, err
	}
	var version int
	row := begun.QueryRowContext(ctx, s.sql(`SELECT COALESCE(MAX(version), 0) FROM {p}schema`))
	if err := row.Scan(&version); err != nil {
		return false, err
	}
	switch {
	case version > len(files):
		return false, fmt.Errorf("%w: its tables have version %d, this library knows %d; update the library, or use another database or prefix",
			syncer.ErrStoreVersion, version, len(files))
	case version == len(files):
		if err := s.seed(ctx, begun); err != nil {
			return false, err
		}
		return true, begun.Commit()
	}
	text, err := fs.ReadFile(migrations, files[version])
	if err != nil {
		return false, err
	}
	if _, err := begun.ExecContext(ctx, s.sql(string(text))); err != nil {
		return false, fmt.Errorf("%s: %w", files[version], err)
	}
	if _, err := begun.ExecContext(ctx, s.sql(`INSERT INTO {p}schema (version) VALUES (?)`), version+1); err != nil {
		return false, err
	}
	return false, begun.Commit()
}

// seed puts the sequence past the clock: a backup that was restored repeats no
// number.
func (s *Store) seed(ctx context.Context, begun *sql.Tx) error {
	now := s.dialect.clock
	if s.now != nil {
		now = strconv.FormatInt(s.now().UnixMicro(), 10)
	}
	_, err := begun.ExecContext(ctx, s.sql(`INSERT INTO {p}sequence AS s (one, number) VALUES (1, `+now+`)
		ON CONFLICT (one) DO UPDATE SET number = CASE WHEN s.number < excluded.number THEN excluded.number ELSE s.number END`))
	return err
}
