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
	for n := range times(5, 200) {
		if n%4 > 0 { // the others are killed while they start
			p.work()
		}
		p.load(time.Duration(p.random.IntN(300)) * time.Millisecond)
		p.kill()
		p.run()
	}
	p.equal()
	p.report("the process was killed")
}

func TestDatabaseKilled(t *testing.T) {
	t.Parallel()
	server := testenv.StartPostgres(t)
	p := start(t, server.DSN())
	for range times(2, 20) {
		p.work()
		p.load(time.Duration(p.random.IntN(600)) * time.Millisecond)
		require.NoError(t, server.Kill())
		p.load(50 * time.Millisecond)
		require.NoError(t, server.Start())
		p.kill() // what is left of it
		p.run()
	}
	p.equal()
	p.report("the database was killed")
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
	// worked counts the processes in whose lives changes were acknowledged and
	// records written, of all; before is what there was when this one began.
	worked, lives int
	before        counts
}

// start makes a world, and waits until the engine has swept it for the first time:
// from then on, what is not marked is not found.
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
	p.load(100 * time.Millisecond)
	p.equal()
	require.Eventually(t, p.world.wasSwept, 50*time.Second, 10*time.Millisecond)
	p.worked, p.lives = 0, 0
	return p
}

// run starts the engine's process.
func (p *proof) run() {
	p.Helper()
	p.process = exec.CommandContext(p.Context(), os.Args[0])
	p.process.Env = append(os.Environ(), worldVariable+"="+p.address, storeVariable+"="+p.store)
	p.process.Stderr = io.Discard
	require.NoError(p, p.process.Start())
	p.before = p.world.counted()
}

// kill sends SIGKILL: the process has no time for anything.
func (p *proof) kill() {
	_ = p.process.Process.Kill() // it may have ended by itself
	_ = p.process.Wait()
	p.lives++
	if p.atWork() {
		p.worked++
	}
}

// atWork reports whether this process has marked something and written something.
func (p *proof) atWork() bool {
	now := p.world.counted()
	return now.acks > p.before.acks && now.writes > p.before.writes
}

// work changes the source until the process is at work.
func (p *proof) work() {
	p.Helper()
	for end := time.Now().Add(50 * time.Second); !p.atWork(); {
		require.True(p, time.Now().Before(end), "the process does nothing")
		p.load(10 * time.Millisecond)
	}
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
}

// report prints the figures.
func (p *proof) report(what string) {
	p.Helper()
	now := p.world.counted()
	p.Logf("%s %d times, %d of them at work; %d records in the end, %d changes acknowledged, %d writes, %d duplicates",
		what, p.lives, p.worked, len(p.world.people), now.acks, now.writes, len(p.world.twice))
}
