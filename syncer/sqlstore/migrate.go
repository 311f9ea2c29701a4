package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/contactlink/contactlink/syncer"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the tables to this library's version, one migration a
// transaction, and sets the sequence past the clock: a backup that was restored
// repeats no number.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	if _, err := s.db.ExecContext(ctx, s.sql(`CREATE TABLE IF NOT EXISTS {p}schema (version INTEGER NOT NULL)`)); err != nil {
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
	begun, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() {
		if err != nil {
			_ = rolledBack(begun)
		}
	}()
	var version int
	row := begun.QueryRowContext(ctx, s.sql(`SELECT COALESCE(MAX(version), 0) FROM {p}schema`))
	if err := row.Scan(&version); err != nil {
		return false, err
	}
	switch {
	case version > len(files):
		return false, fmt.Errorf("%w: it has version %d, this library knows %d; use a newer one, or another database",
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

// seed puts the sequence past the clock.
func (s *Store) seed(ctx context.Context, begun *sql.Tx) error {
	now := s.now().UnixMicro()
	_, err := begun.ExecContext(ctx, s.sql(
		`INSERT INTO {p}sequence (one, number) VALUES (1, ?)
		 ON CONFLICT (one) DO UPDATE SET number = CASE WHEN number < excluded.number THEN excluded.number ELSE number END`), now)
	return err
}
