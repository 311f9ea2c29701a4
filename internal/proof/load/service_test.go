package load_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/rpc"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
	"github.com/contactlink/contactlink/syncer/sqlite"
)

// TestMain is the service's process, too.
func TestMain(m *testing.M) {
	if os.Getenv(variables[0]) == "" {
		os.Exit(m.Run())
	}
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// variables are the environment of the service's process: where both sides are,
// the key of the webhooks, and the file of the store.
var variables = []string{
	"CONTACTLINK_LOAD_SOURCE", "CONTACTLINK_LOAD_TARGET", "CONTACTLINK_LOAD_KEY", "CONTACTLINK_LOAD_STORE",
}

// service is the process that is under load, as the test sees it.
type service struct {
	*rpc.Client
	hook string // where it takes webhooks
}

// startService starts the process, which ends with the test.
func startService(t *testing.T, settings ...string) *service {
	t.Helper()
	command := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0])
	command.Env = os.Environ()
	for i, setting := range settings {
		command.Env = append(command.Env, variables[i]+"="+setting)
	}
	command.Stderr = os.Stderr
	life, err := command.StdinPipe()
	require.NoError(t, err)
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	address, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	address = strings.TrimSpace(address)
	client, err := rpc.DialHTTP("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, client.Close())
		assert.NoError(t, life.Close())
		assert.NoError(t, command.Wait(), "it ends in good order")
	})
	return &service{client, "http://" + address + "/webhooks"}
}

// serve is the service: it says where it listens, and ends with its input.
func serve() (err error) {
	key, err := hex.DecodeString(os.Getenv(variables[2]))
	if err != nil {
		return err
	}
	verifier, err := contacts.NewVerifier(ed25519.PublicKey(key))
	if err != nil {
		return err
	}
	store, err := sqlite.Open(os.Getenv(variables[3]))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	engine, err := newEngine(store)
	if err != nil {
		return err
	}
	calls := rpc.NewServer()
	if err := calls.RegisterName("service", &Service{engine}); err != nil {
		return err
	}
	handler := http.NewServeMux()
	handler.Handle("/webhooks", contacts.NewWebhookHandler(verifier, flows.Notify(engine)))
	handler.Handle(rpc.DefaultRPCPath, calls)
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	defer func() { err = errors.Join(err, server.Close()) }()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		defer stop()
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	if _, err := fmt.Fprintln(os.Stdout, listener.Addr()); err != nil {
		return err
	}
	return engine.Run(ctx)
}

// newEngine is an engine as in the quickstart, without the limits of the clients.
func newEngine(store syncer.Store) (*syncer.Engine, error) {
	crm, err := contacts.NewClient(contacts.WithBaseURL(os.Getenv(variables[0])), contacts.WithToken(contactstest.DefaultToken),
		contacts.WithLocation(contactstest.DefaultLocation), contacts.WithLimiter(nil))
	if err != nil {
		return nil, err
	}
	app, err := sendapp.NewClient(sendapp.WithBaseURL(os.Getenv(variables[1])), sendapp.WithAPIKey(sendapptest.DefaultAPIKey))
	if err != nil {
		return nil, err
	}
	return syncer.New(syncer.Config{
		Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(crm, app, flows.WithOnly(flows.Contacts))...),
		Store:   store, Logger: slog.New(slog.DiscardHandler),
	})
}

// Service is what the test asks of the process.
type Service struct{ engine *syncer.Engine }

// None is no argument, and no answer.
type None struct{}

// Wait returns when no change is waiting.
func (s *Service) Wait(limit time.Duration, _ *None) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return s.engine.Wait(ctx)
}

// Backfill copies everything.
func (s *Service) Backfill(None, *None) error {
	_, err := s.engine.Backfill(context.Background())
	return err
}

// Waiting says how many changes are not done yet, and how many are dead.
func (s *Service) Waiting(_ None, counts *syncer.MarkCounts) error {
	status, err := s.engine.Status(context.Background())
	if err == nil {
		*counts = status.Tenants[0].Flows[0].MarkCounts
	}
	return err
}

// Differing is the number of records on which both sides do not agree, says Verify.
func (s *Service) Differing(_ None, n *int) error {
	v, err := s.engine.Verify(context.Background())
	if err == nil {
		*n = v.Differing()
	}
	return err
}

// Missing are the webhooks that the engine knows nothing of.
func (s *Service) Missing(ids []string, missing *[]string) (err error) {
	*missing, err = s.engine.MissingEvents(context.Background(), ids, syncer.Scope{Tenant: contactstest.DefaultLocation})
	return err
}

// Usage is what the process has used: memory in bytes, now and at most, and time of
// a processor. Where the system does not tell, it is what Go knows, and no time.
type Usage struct {
	Heap, Peak uint64
	Processor  time.Duration
}

// Usage measures it.
func (s *Service) Usage(_ None, u *Usage) error {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	u.Heap, u.Peak = stats.HeapAlloc, stats.Sys
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		if _, after, found := bytes.Cut(status, []byte("VmHWM:")); found {
			_, _ = fmt.Fscan(bytes.NewReader(after), &u.Peak)
			u.Peak <<= 10
		}
	}
	if stat, err := os.ReadFile("/proc/self/stat"); err == nil {
		_, after, _ := bytes.Cut(stat, []byte(") "))
		if fields := strings.Fields(string(after)); len(fields) > 12 {
			user, _ := strconv.Atoi(fields[11]) // in hundredths of a second
			system, _ := strconv.Atoi(fields[12])
			u.Processor = time.Duration(user+system) * 10 * time.Millisecond
		}
	}
	return nil
}
