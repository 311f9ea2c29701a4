package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
	"github.com/contactlink/contactlink/syncer/sqlite"
)

// day is both services, the engine between them, and the people who use them.
type day struct {
	out io.Writer

	crmServer *contactstest.Server
	appServer *sendapptest.Server
	crm       *contacts.Client  // people's at the CRM
	app       *sendapp.Client   // people's at SendApp
	ids       map[string]string // of the CRM's contacts, by name

	vault   vault
	proxy   proxy
	store   syncer.Store
	limiter *contacts.SlidingWindow
	asked   asked
	ours    *contacts.Client // the engine's at the CRM
	engine  *syncer.Engine
	stop    func() error

	mu     sync.Mutex
	alerts []syncer.Alert // that were not printed yet
	row    int64          // of the engine's log, that was printed last
}

// newDay makes the services and the engine between them, in memory, or in a
// directory where they are kept.
func newDay(out io.Writer, dir string) (d *day, err error) {
	d = &day{out: out, ids: map[string]string{}, store: syncer.NewMemoryStore()}
	crmOptions := []contactstest.Option{contactstest.WithRateLimits(contactstest.Limits{RetryAfter: true})}
	appOptions := []sendapptest.Option{sendapptest.WithUniqueEmail()}
	if dir != "" {
		crmOptions, appOptions = append(crmOptions, contactstest.WithDir(dir)), append(appOptions, sendapptest.WithDir(dir))
		if d.store, err = sqlite.Open(filepath.Join(dir, "state.db")); err != nil {
			return nil, err
		}
	}
	if d.crmServer, err = contactstest.NewServer(crmOptions...); err != nil {
		return nil, err
	}
	if d.appServer, err = sendapptest.NewServer(appOptions...); err != nil {
		return nil, err
	}
	if d.crm, err = d.crmServer.Client(); err != nil {
		return nil, err
	}
	if d.app, err = d.appServer.Client(); err != nil {
		return nil, err
	}
	return d, d.join()
}

// join makes the engine, with a token of its own, and has the CRM send it webhooks.
func (d *day) join() (err error) {
	d.give("pit-first")
	if d.limiter, err = contacts.NewLimiter(contacts.RateLimits{}); err != nil {
		return err
	}
	d.ours, err = d.crm.With(contacts.WithTokenFunc(d.vault.read), contacts.WithLimiter(d.limiter), contacts.WithObserver(&d.asked))
	if err != nil {
		return err
	}
	if d.engine, err = d.newEngine(); err != nil {
		return err
	}
	verifier, err := contacts.NewVerifier(d.crmServer.PublicKey())
	if err != nil {
		return err
	}
	d.crmServer.SendWebhooks(d.proxy.to(contacts.NewWebhookHandler(verifier, func(ctx context.Context, event contacts.Event) error {
		return flows.Notify(d.engine)(ctx, event)
	})))
	return nil
}

// fill makes the CRM's contacts, a third of them with a task.
func (d *day) fill(ctx context.Context) error {
	for i, last := range []string{"Adams", "Brown", "Clark", "Diaz", "Evans", "Fox"} {
		for j, first := range []string{"Ann", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ivo", "June"} {
			contact, err := d.crm.Contacts.Create(ctx, contacts.ContactCreate{
				FirstName: opt.Set(first), LastName: opt.Set(last), City: opt.Set("Springfield"), Tags: opt.Set([]string{"customer"}),
				Phone: opt.Set(fmt.Sprintf("(202) 555-01%d%d", i, j)), Email: opt.Set(strings.ToLower(first + "." + last + "@example.com")),
			})
			if err != nil {
				return err
			}
			d.ids[first+" "+last] = contact.ID
			if j%3 != 0 {
				continue
			}
			task := contacts.TaskCreate{Title: "Call " + first, DueDate: contacts.At(time.Now().AddDate(0, 0, 7))}
			if _, err := d.crm.Tasks.Create(ctx, contact.ID, task); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin fills the CRM, and starts the engine in the morning.
func (d *day) begin(ctx context.Context) error {
	if err := d.fill(ctx); err != nil {
		return err
	}
	if err := pass(ctx, 6*time.Hour); err != nil {
		return err
	}
	if _, err := d.engine.Backfill(ctx); err != nil {
		return err
	}
	d.run(ctx)
	d.say("", "At %s the CRM has %d contacts and %d tasks; SendApp has %d and %d.", clock(),
		d.crmServer.Counts().Contacts, d.crmServer.Counts().Tasks, d.appServer.Counts().Contacts, d.appServer.Counts().Tasks)
	return d.skip(ctx)
}

// night stops the program until the same time of the next day.
func (d *day) night(ctx context.Context) error {
	if err := d.stop(); err != nil {
		return err
	}
	if err := pass(ctx, 24*time.Hour+97*time.Second); err != nil {
		return err
	}
	d.run(ctx)
	_, _ = fmt.Fprintln(d.out)
	d.say("", "24 hours pass, in which the program does not run. Then it goes on where it was.")
	return d.skip(ctx)
}

// newEngine makes an engine on the store, with options for what it copies.
func (d *day) newEngine(opts ...flows.Option) (*syncer.Engine, error) {
	opts = append([]flows.Option{flows.WithRegion("US"), flows.WithOnly(flows.Contacts, flows.Tasks)}, opts...)
	return syncer.New(syncer.Config{
		Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(d.ours, d.app, opts...)...),
		Store:   d.store, OnAlert: d.hear,
		Logger: slog.New(slog.DiscardHandler), Rand: rand.New(rand.NewPCG(1, 2)), //nolint:gosec // the same each time
	})
}

// run lets the engine run, until stop is called.
func (d *day) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	engine, ended := d.engine, make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	d.stop = func() error {
		cancel()
		return <-ended
	}
}

func (d *day) close() error {
	var err error
	if d.stop != nil {
		err = d.stop()
	}
	return errors.Join(err, d.crmServer.Close(), d.appServer.Close(), d.store.Close())
}

// give makes a token at the CRM, with these scopes or all, and puts it where the
// program reads it.
func (d *day) give(token string, scopes ...string) {
	d.crmServer.AddToken(contactstest.Token{Value: token, Kind: contactstest.PrivateIntegration, Scopes: scopes})
	d.vault.put(token)
}

// settle waits until all webhooks were delivered and all their work is done.
func (d *day) settle(ctx context.Context) error {
	return errors.Join(d.crmServer.Flush(ctx), d.engine.Wait(ctx))
}

// names are the names of the first contacts.
func (d *day) names(n int) []string { return slices.Sorted(maps.Keys(d.ids))[:n] }

// without are the names of the contacts who do not have one of these first names.
func (d *day) without(firstNames ...string) []string {
	return slices.DeleteFunc(d.names(len(d.ids)), func(name string) bool {
		return slices.ContainsFunc(firstNames, func(first string) bool { return strings.HasPrefix(name, first) })
	})
}

// change changes contacts as people in the CRM do.
func (d *day) change(ctx context.Context, names []string, update contacts.ContactUpdate) error {
	for _, name := range names {
		if _, err := d.crm.Contacts.Update(ctx, d.ids[name], update); err != nil {
			return err
		}
	}
	return nil
}

// imports moves the contacts of a city to another one by an import, of which no
// webhook tells. It returns how many.
func (d *day) imports(from, to string) (int, error) {
	export := d.crmServer.Export()
	for i, contact := range export.Contacts {
		export.Contacts[i] = bytes.ReplaceAll(contact, []byte(from), []byte(to))
	}
	changes, err := d.crmServer.Apply(export)
	return changes.Updated, err
}

// asked counts the requests that the engine sends to the CRM.
type asked struct{ all, refused atomic.Int64 }

func (a *asked) StartAttempt(ctx context.Context, _ contacts.Attempt) context.Context { return ctx }

func (a *asked) EndAttempt(_ context.Context, attempt contacts.Attempt) {
	a.all.Add(1)
	if attempt.Status == http.StatusTooManyRequests {
		a.refused.Add(1)
	}
}

// vault is where the program reads its token.
type vault struct {
	mu    sync.Mutex
	token string
}

func (v *vault) put(token string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.token = token
}

func (v *vault) read(context.Context) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.token, nil
}

// proxy stands between the CRM's webhooks and the program.
type proxy struct {
	mu   sync.Mutex
	down bool
}

func (p *proxy) set(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

func (p *proxy) to(program http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		down := p.down
		p.mu.Unlock()
		if down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		program.ServeHTTP(w, r)
	})
}
