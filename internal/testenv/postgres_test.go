package testenv_test

import (
	"net"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/testenv"
)

func TestMain(m *testing.M) { os.Exit(testenv.MainWithPostgres(m)) }

// address is where a DSN's server listens.
func address(t *testing.T, dsn string) string {
	t.Helper()
	parsed, err := url.Parse(dsn)
	require.NoError(t, err)
	return parsed.Host
}

func listens(t *testing.T, address string) bool {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	require.NoError(t, conn.Close())
	return true
}

func TestAServerStopsIsKilledAndStartsAgain(t *testing.T) {
	t.Parallel()
	server := testenv.StartPostgres(t)
	at := address(t, server.DSN())
	assert.True(t, listens(t, at))
	require.NoError(t, server.Stop())
	assert.False(t, listens(t, at))
	require.NoError(t, server.Start())
	assert.True(t, listens(t, at))
	require.NoError(t, server.Kill())
	assert.False(t, listens(t, at))
	require.Error(t, server.Kill())
	require.NoError(t, server.Start())
	assert.True(t, listens(t, at))
}

func TestOneServerIsShared(t *testing.T) {
	t.Parallel()
	dsn := testenv.Postgres(t)
	assert.Equal(t, dsn, testenv.Postgres(t))
	assert.True(t, listens(t, address(t, dsn)))
}

func TestAServerLeavesNothingBehind(t *testing.T) {
	dir, err := os.MkdirTemp("", "env") //nolint:usetesting // the server, another user's, has to reach it
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Setenv("TMPDIR", dir)
	var at string
	t.Run("test", func(t *testing.T) { at = address(t, testenv.StartPostgres(t).DSN()) })
	if at == "" {
		t.Skip("no server was started")
	}
	assert.False(t, listens(t, at))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}
