// Tags keeps in SendApp the contacts that have a certain tag in the CRM, and their
// other tags with a prefix. Tags that somebody sets in SendApp stay there.
//
//	go run ./examples/tags
//
// As it is, it shows itself on both services in memory. With the variables of the
// README it works for your accounts.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
	"github.com/contactlink/contactlink/syncer/sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	run := bridge
	if os.Getenv("CONTACTS_TOKEN") == "" {
		run = demo
	}
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tags:", err)
		os.Exit(1)
	}
}

// bridge works for the accounts that the environment names, until ctx ends.
func bridge(ctx context.Context) error {
	location := os.Getenv("CONTACTS_LOCATION")
	crm, err := contacts.NewClient(
		contacts.WithBaseURL(cmp.Or(os.Getenv("CONTACTS_URL"), contacts.DefaultBaseURL)),
		contacts.WithToken(os.Getenv("CONTACTS_TOKEN")),
		contacts.WithLocation(location),
	)
	if err != nil {
		return err
	}
	app, err := sendapp.NewClient(sendapp.WithBaseURL(os.Getenv("SENDAPP_URL")), sendapp.WithAPIKey(os.Getenv("SENDAPP_KEY")))
	if err != nil {
		return err
	}
	store, err := sqlite.Open("tags.db")
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	engine, err := newEngine(location, crm, app, store)
	if err != nil {
		return err
	}
	verifier, err := contacts.NewVerifier() // it knows the vendor's key
	if err != nil {
		return err
	}
	return serve(ctx, engine, contacts.NewWebhookHandler(verifier, flows.Notify(engine)))
}

// newEngine makes the engine between both services.
func newEngine(location string, crm *contacts.Client, app *sendapp.Client, store syncer.Store) (*syncer.Engine, error) {
	standard := flows.Standard(crm, app,
		flows.WithContactMapper(mapper()), flows.WithExisting(syncer.ExistingMatch), flows.WithoutTasks(), flows.WithoutNotes())
	return syncer.New(syncer.Config{Tenants: syncer.One(location, standard...), Store: store})
}

// serve receives webhooks and works until ctx ends.
func serve(ctx context.Context, engine *syncer.Engine, webhooks http.Handler) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cmp.Or(os.Getenv("LISTEN"), "localhost:8080"))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	server := &http.Server{Handler: webhooks, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() {
		served <- server.Serve(listener)
		stop()
	}()
	fmt.Printf("Webhooks are received on http://%s; Ctrl-C ends it.\n", listener.Addr())
	err = errors.Join(engine.Run(ctx), server.Close())
	if serving := <-served; !errors.Is(serving, http.ErrServerClosed) {
		err = errors.Join(err, serving)
	}
	return err
}
