package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
	"github.com/contactlink/contactlink/syncer/sqlite"
)

// bridge is both services and the engine between them.
type bridge struct {
	source  *contactstest.Server
	target  *sendapptest.Server
	crm     *contacts.Client
	store   syncer.Store
	engine  *syncer.Engine
	closers []func() error
}

// open starts both services on loopback and makes the engine.
func open(s settings, export *contactstest.Export, logger *slog.Logger, shown *progress) (b *bridge, err error) {
	b = &bridge{}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	location := cmp.Or(export.LocationID, contactstest.DefaultLocation)
	crmOptions := []contactstest.Option{contactstest.WithLocation(location)}
	var appOptions []sendapptest.Option
	if s.limits {
		crmOptions, appOptions = append(crmOptions, contactstest.WithLimits()), append(appOptions, sendapptest.WithLimits())
	}
	b.store = syncer.NewMemoryStore()
	if s.dir != "" {
		crmOptions = append(crmOptions, contactstest.WithDir(s.dir))
		appOptions = append(appOptions, sendapptest.WithDir(s.dir))
	}
	if b.source, err = contactstest.NewServer(crmOptions...); err != nil {
		return b, err
	}
	b.closers = append(b.closers, b.source.Close)
	if b.target, err = sendapptest.NewServer(appOptions...); err != nil {
		return b, err
	}
	b.closers = append(b.closers, b.target.Close)
	if s.dir != "" {
		if b.store, err = sqlite.Open(filepath.Join(s.dir, "state.db")); err != nil {
			return b, err
		}
	}
	b.closers = append(b.closers, b.store.Close)
	app, err := b.clients(s, location)
	if err != nil {
		return b, err
	}
	b.engine, err = syncer.New(syncer.Config{
		Tenants: syncer.One(location, flows.Standard(b.crm, app,
			flows.WithRegion(s.region), flows.WithCustomFieldKeys(keys(export.CustomFields)))...),
		Store: b.store, Logger: logger, OnProgress: shown.show,
		// The same machine runs both services: nothing takes long, and the work of a
		// killed run is taken over soon.
		RequestTimeout: 5 * time.Second, Lease: 6 * time.Second,
	})
	return b, err
}

// clients makes the clients of both services.
func (b *bridge) clients(s settings, location string) (*sendapp.Client, error) {
	crmURL, err := b.source.Listen("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	appURL, err := b.target.Listen("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	crmOptions := []contacts.ClientOption{
		contacts.WithBaseURL(crmURL), contacts.WithToken(contactstest.DefaultToken), contacts.WithLocation(location),
	}
	appOptions := []sendapp.ClientOption{sendapp.WithBaseURL(appURL), sendapp.WithAPIKey(sendapptest.DefaultAPIKey)}
	if s.limits {
		limiter, err := sendapp.NewLimiter(sendapp.RateLimits{})
		if err != nil {
			return nil, err
		}
		appOptions = append(appOptions, sendapp.WithLimiter(limiter))
	} else {
		crmOptions = append(crmOptions, contacts.WithLimiter(nil)) // the server does not limit, so neither need we
	}
	if b.crm, err = contacts.NewClient(crmOptions...); err != nil {
		return nil, err
	}
	return sendapp.NewClient(appOptions...)
}

// keys names custom fields: what stands behind "contact." in their keys, else
// their names.
func keys(definitions []json.RawMessage) map[string]string {
	named := map[string]string{}
	for _, data := range definitions {
		var field struct {
			ID       string `json:"id"`
			Name     string `json:"name"`
			FieldKey string `json:"fieldKey"`
		}
		if json.Unmarshal(data, &field) == nil && field.ID != "" {
			named[field.ID] = cmp.Or(strings.TrimPrefix(field.FieldKey, "contact."), field.Name)
		}
	}
	return named
}

func (b *bridge) close() error {
	var errs []error
	for _, closer := range slices.Backward(b.closers) {
		errs = append(errs, closer())
	}
	return errors.Join(errs...)
}

// copyEverything brings SendApp in step.
func (b *bridge) copyEverything(ctx context.Context, r *report) error {
	done, err := b.engine.Backfill(ctx)
	if err != nil {
		return err
	}
	r.add(done)
	return nil
}

// changeAFew changes records at the source while the engine runs. All that the
// engine learns, it learns from signed webhooks.
func (b *bridge) changeAFew(ctx context.Context, r *report) error {
	verifier, err := contacts.NewVerifier(b.source.PublicKey())
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	hooks := &http.Server{
		Handler: contacts.NewWebhookHandler(verifier, flows.Notify(b.engine)), ReadHeaderTimeout: 10 * time.Second,
	}
	served := make(chan error, 1)
	go func() { served <- hooks.Serve(listener) }()
	running, stop := context.WithCancel(ctx)
	ran := make(chan error, 1)
	go func() { ran <- b.engine.Run(running) }()
	b.source.SendWebhooksTo("http://" + listener.Addr().String())

	err = b.edit(ctx)
	if err == nil {
		err = b.source.Flush(ctx)
	}
	if err == nil {
		err = b.engine.Wait(ctx)
	}
	stop()
	err = errors.Join(err, <-ran, hooks.Close())
	if serving := <-served; !errors.Is(serving, http.ErrServerClosed) {
		err = errors.Join(err, serving)
	}
	if err != nil {
		return err
	}
	return r.addEvents(ctx, b.store)
}

// verify compares both sides and counts what they hold.
func (b *bridge) verify(ctx context.Context, r *report, stderr io.Writer) error {
	before := r.requests(b)
	verification, err := b.engine.Verify(ctx)
	if err != nil {
		return err
	}
	r.Requests = r.requests(b)
	r.RequestsToVerify = Requests{r.Requests.Source - before.Source, r.Requests.Target - before.Target}
	source, target := b.source.Counts(), b.target.Counts()
	r.count(flows.Contacts, source.Contacts, target.Contacts)
	r.count(flows.Tasks, source.Tasks, target.Tasks)
	r.count(flows.Notes, source.Notes, target.Notes)
	held := 0
	for name, flow := range verification.Flows {
		resource := r.Resources[name]
		resource.Differing, resource.Warnings = len(flow.Differences), flow.Warnings
		for i, d := range flow.Differences {
			if d.What == "held" {
				held++
			}
			if i < 5 {
				_, _ = fmt.Fprintf(stderr, "%s %s: %s %s\n", name, d.Key.ID, d.What, strings.Join(d.Fields, ", "))
			}
		}
	}
	if held > 0 {
		_, _ = fmt.Fprintf(stderr, "%d removals are held: more than 20, or 5 %%, of a kind went within 24 hours, which looks like a mistake.\n", held)
	}
	return nil
}
