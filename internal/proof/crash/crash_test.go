package crash_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/testenv"
)

// TestMain is the engine's process, too.
func TestMain(m *testing.M) {
	if os.Getenv(worldVariable) == "" {
		os.Exit(m.Run())
	}
	if err := child(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func TestProcessKilled(t *testing.T) {
	t.Parallel()
	p := start(t, filepath.Join(t.TempDir(), "state.db"))
	for range times(5, 200) {
		p.load(time.Duration(p.random.IntN(400)) * time.Millisecond)
		p.kill()
		p.run()
	}
	p.equal()
}

func TestDatabaseKilled(t *testing.T) {
	t.Parallel()
	server := testenv.StartPostgres(t)
	p := start(t, server.DSN())
	for range times(2, 20) {
		p.load(time.Duration(200+p.random.IntN(600)) * time.Millisecond)
		require.NoError(t, server.Kill())
		p.load(50 * time.Millisecond)
		require.NoError(t, server.Start())
		p.kill() // what is left of it
		p.run()
	}
	p.equal()
}

// times is how often something is done in the short form, and in the long one.
func times(short, long int) int {
	if os.Getenv("CONTACTLINK_LONG") == "1" {
		return long
	}
	return short
}

// proof is a world, and the engine's process that is killed again and again.
type proof struct {
	*testing.T
	world   *world
	address string
	store   string
	random  *rand.Rand
	process *exec.Cmd
}

func start(t *testing.T, store string) *proof {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proof{T: t, world: newWorld(), address: listener.Addr().String(), store: store, random: rand.New(rand.NewPCG(1, 2))}
	server := rpc.NewServer()
	require.NoError(t, server.RegisterName("world", calls{p.world}))
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return // it was closed
			}
			go server.ServeConn(connection)
		}
	}()
	t.Cleanup(func() { assert.NoError(t, listener.Close()) })
	t.Cleanup(p.kill)
	p.run()
	return p
}

// run starts the engine's process.
func (p *proof) run() {
	p.Helper()
	p.process = exec.CommandContext(p.Context(), os.Args[0])
	p.process.Env = append(os.Environ(), worldVariable+"="+p.address, storeVariable+"="+p.store)
	p.process.Stderr = io.Discard
	require.NoError(p, p.process.Start())
}

// kill sends SIGKILL: the process has no time for anything.
func (p *proof) kill() {
	_ = p.process.Process.Kill() // it may have ended by itself
	_ = p.process.Wait()
}

// load changes the source for some time.
func (p *proof) load(d time.Duration) {
	end := time.After(d)
	for ticks := time.Tick(2 * time.Millisecond); ; {
		select {
		case <-end:
			return
		case <-ticks:
			p.world.change(p.random)
		}
	}
}

// equal waits until both sides are equal, and says so if they never were
// otherwise than they may be.
func (p *proof) equal() {
	p.Helper()
	require.Eventually(p, func() bool { return p.world.differ() == "" }, 50*time.Second, 100*time.Millisecond, "the sides do not become equal")
	assert.Empty(p, p.world.twice, "P2: records that had two counterparts")
	p.Logf("%d people, %d acknowledged changes", len(p.world.people), p.world.acks)
}
