package testenv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// PostgresServer is a PostgreSQL server that belongs to the test: it listens on
// loopback, keeps its data in a temporary directory, and trusts everybody.
type PostgresServer struct {
	dir  string
	port int
	bin  string
	more string // options beside the usual
	account
}

// StartPostgres starts a server for one test, which stops it. Its binaries
// (initdb, pg_ctl) must be on the PATH or where Debian puts them.
func StartPostgres(t testing.TB) *PostgresServer {
	t.Helper()
	server, err := startPostgres("")
	switch {
	case errors.Is(err, errLacking):
		missing(t, err.Error())
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.remove(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// shared is the server of all tests of a binary.
var shared struct {
	once   sync.Once
	server *PostgresServer
	err    error
}

// Postgres is the DSN of a server that all tests of the binary share; each uses
// tables or a database of its own. It does not wait for the disk: what it
// acknowledged survives a crash of its processes, but not of the machine. The
// binary's TestMain is MainWithPostgres.
func Postgres(t testing.TB) string {
	t.Helper()
	shared.once.Do(func() { shared.server, shared.err = startPostgres("-c fsync=off") })
	switch {
	case errors.Is(shared.err, errLacking):
		missing(t, shared.err.Error())
	case shared.err != nil:
		t.Fatal(shared.err)
	}
	return shared.server.DSN()
}

// MainWithPostgres runs the tests, and stops the server that Postgres started.
// It returns the exit code.
func MainWithPostgres(m *testing.M) int {
	code := m.Run()
	if shared.server == nil {
		return code
	}
	if err := shared.server.remove(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// DSN names the server's database.
func (s *PostgresServer) DSN() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", s.port)
}

// Start starts the server after Stop or Kill, on the same port and data.
func (s *PostgresServer) Start() error {
	options := fmt.Sprintf("-k %s -p %d -h 127.0.0.1 -c max_connections=200 %s", s.dir, s.port, s.more)
	return s.run("pg_ctl", "-D", s.data(), "-l", filepath.Join(s.dir, "log"), "-o", options, "-w", "-t", "60", "start")
}

// Stop stops the server in good order, but does not wait for its clients.
func (s *PostgresServer) Stop() error {
	return s.run("pg_ctl", "-D", s.data(), "-m", "fast", "-w", "-t", "60", "stop")
}

// Kill ends the server's processes at once, as a crash of the machine would,
// except that what was written but not synced is still there.
func (s *PostgresServer) Kill() error {
	pid, err := s.pid()
	if err != nil {
		return err
	}
	// The postmaster's children notice its end and end, too.
	if err := kill(pid); err != nil {
		return fmt.Errorf("kill the PostgreSQL server: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return until(ctx, func() bool { return !s.alive(pid) })
}

// alive reports whether the server, or a process that it started, still uses
// its data. They hold its shared memory, which a new server would wait for.
func (s *PostgresServer) alive(postmaster int) bool {
	if running(postmaster) {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)))
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// until asks again and again; processes have no virtual time.
func until(ctx context.Context, done func() bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

func (s *PostgresServer) data() string { return filepath.Join(s.dir, "data") }

// pid is the first line of the file that a server writes while it runs.
func (s *PostgresServer) pid() (int, error) {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return 0, fmt.Errorf("the PostgreSQL server does not run: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(first)
}

// errLacking: the machine has no PostgreSQL that can be run.
var errLacking = errors.New("PostgreSQL's server can't be run here")

func startPostgres(more string) (*PostgresServer, error) {
	bin, err := postgresBinaries()
	if err != nil {
		return nil, err
	}
	server := &PostgresServer{bin: bin, more: more}
	if server.account, err = accountOfServer(); err != nil {
		return nil, err
	}
	// A socket's path is short, so this is not below a test's own directory.
	if server.dir, err = os.MkdirTemp("", "pg"); err != nil {
		return nil, err
	}
	if err := server.create(); err != nil {
		return nil, errors.Join(err, server.remove())
	}
	return server, nil
}

// create makes the server's data and starts it.
func (s *PostgresServer) create() (err error) {
	if err := s.own(s.dir); err != nil {
		return err
	}
	if s.port, err = freePort(); err != nil {
		return err
	}
	err = s.run("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C", "--no-sync")
	if err != nil {
		return err
	}
	return s.Start()
}

// postgresBinaries is the directory of the server's programs, the newest if
// there are several.
func postgresBinaries() (string, error) {
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		return filepath.Dir(path), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	if len(found) == 0 {
		return "", fmt.Errorf("%w: neither the PATH nor /usr/lib/postgresql has pg_ctl; install a PostgreSQL server", errLacking)
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// freePort is a port that nobody listens on.
func freePort() (int, error) {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	return port, listener.Close()
}

// run runs one of the server's programs. pg_ctl leaves the server behind, which
// must not hold the output open; so it goes to a file.
func (s *PostgresServer) run(program string, args ...string) error {
	output, err := os.CreateTemp("", program)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(output.Name()) }()
	defer func() { _ = output.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...) //nolint:gosec // the programs are named here
	command.Dir = s.dir
	command.Stdout, command.Stderr = output, output
	s.runs(command)
	if err := command.Run(); err != nil {
		said, _ := os.ReadFile(output.Name())
		return fmt.Errorf("%s: %w\n%s", program, err, bytes.TrimSpace(said))
	}
	return nil
}

// remove stops the server if it runs, and deletes its data.
func (s *PostgresServer) remove() error {
	var stopped error
	if _, err := s.pid(); err == nil {
		stopped = s.run("pg_ctl", "-D", s.data(), "-m", "immediate", "-w", "-t", "60", "stop")
	}
	return errors.Join(stopped, os.RemoveAll(s.dir))
}
