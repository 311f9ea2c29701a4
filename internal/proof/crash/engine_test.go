package crash_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/rpc"
	"os"
	"strings"
	"time"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/postgres"
	"github.com/contactlink/contactlink/syncer/sqlite"
)

// person and note are the records of both sides.
type person struct{ ID, Name string }

type fields struct {
	Name opt.Opt[string] `json:"name,omitzero"`
}

var errNotThere = &syncer.Error{Kind: syncer.KindGone, Err: errors.New("not there")}

// remote calls the world.
type remote struct{ *rpc.Client }

func (r remote) ask(ctx context.Context, method string, argument any) (a Answer, err error) {
	if err := ctx.Err(); err != nil {
		return a, err
	}
	if err := r.Call("world."+method, argument, &a); err != nil {
		return a, fmt.Errorf("%w: %w", errAnswer, err)
	}
	if a.Gone {
		return a, errNotThere
	}
	return a, nil
}

type source struct{ remote }

func (source) Capabilities(context.Context) (syncer.SourceCapabilities, error) {
	return syncer.SourceCapabilities{}, nil
}

func (s source) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[person], error) {
	a, err := s.ask(ctx, "Read", ref.ID)
	if err != nil {
		return syncer.Record[person]{}, err
	}
	return personOf(a.Cards[0]), nil
}

func personOf(c Card) syncer.Record[person] {
	return syncer.Record[person]{Ref: syncer.Ref{ID: c.ID}, Value: person{ID: c.ID, Name: c.Name}}
}

func (s source) List(ctx context.Context, _ syncer.Query, _ string) (syncer.Page[person], error) {
	var page syncer.Page[person]
	a, err := s.ask(ctx, "People", None{})
	for _, c := range a.Cards {
		page.Records = append(page.Records, personOf(c))
	}
	return page, err
}

// target has no external ids: intents have to do.
type target struct{ remote }

func (target) Capabilities(context.Context) (syncer.TargetCapabilities, error) {
	return syncer.TargetCapabilities{}, nil
}

func recordOf(c Card) syncer.Record[fields] {
	return syncer.Record[fields]{Ref: syncer.Ref{ID: c.ID}, Value: fields{Name: opt.Set(c.Name)}}
}

func (t target) one(ctx context.Context, method string, argument any) (syncer.Record[fields], error) {
	a, err := t.ask(ctx, method, argument)
	if err != nil {
		return syncer.Record[fields]{}, err
	}
	return recordOf(a.Cards[0]), nil
}

func (t target) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[fields], error) {
	return t.one(ctx, "Cards", ref.ID)
}

func (target) Find(context.Context, string) (*syncer.Record[fields], error) { return nil, nil }

func (t target) List(ctx context.Context, _ string) (syncer.Page[fields], error) {
	var page syncer.Page[fields]
	a, err := t.ask(ctx, "Cards", "")
	if err != nil && !errors.Is(err, errNotThere) {
		return page, err
	}
	for _, c := range a.Cards {
		page.Records = append(page.Records, recordOf(c))
	}
	return page, nil
}

func (t target) Candidates(ctx context.Context, _ string, since time.Time) ([]syncer.Record[fields], error) {
	var found []syncer.Record[fields]
	a, err := t.ask(ctx, "Cards", "")
	if err != nil && !errors.Is(err, errNotThere) {
		return nil, err
	}
	for _, c := range a.Cards {
		if !c.Made.Before(since) {
			found = append(found, recordOf(c))
		}
	}
	return found, nil
}

func (t target) Create(ctx context.Context, draft syncer.Draft[fields]) (syncer.Record[fields], error) {
	return t.one(ctx, "Create", Card{Origin: draft.ExternalID, Name: draft.Value.Name.Or("")})
}

func (t target) Update(ctx context.Context, ref syncer.Ref, patch syncer.Patch[fields]) (syncer.Record[fields], error) {
	return t.one(ctx, "Update", Card{ID: ref.ID, Name: patch.Value.Name.Or("")})
}

func (t target) Delete(ctx context.Context, ref syncer.Ref, _ string) error {
	_, err := t.ask(ctx, "Delete", ref.ID)
	return err
}

// The environment of the engine's process: where the world is, and its state.
const (
	worldVariable = "CONTACTLINK_CRASH_WORLD"
	storeVariable = "CONTACTLINK_CRASH_STORE"
)

// child is the engine's process. It ends when it is killed, or when its store
// fails.
func child() error {
	ctx := context.Background()
	client, err := rpc.Dial("tcp", os.Getenv(worldVariable))
	if err != nil {
		return err
	}
	store, err := open(ctx, os.Getenv(storeVariable))
	if err != nil {
		return err
	}
	r := remote{client}
	flow := syncer.FlowConfig[person, fields]{
		Name: "people", Source: source{r}, Target: target{r},
		Mapper: mapping.Func(func(_ context.Context, p person) (fields, error) { return fields{Name: opt.OrNull(p.Name)}, nil }),
		Guard:  syncer.Guard{Min: 1 << 30, Share: 1, Window: time.Hour},
	}.Flow()
	never := syncer.Every(1000 * time.Hour) // after the first: marks alone bring the changes
	engine, err := syncer.New(syncer.Config{
		Tenants: syncer.One("here", flow), Store: store, Logger: slog.New(slog.DiscardHandler),
		RequestTimeout: time.Second, Lease: 1500 * time.Millisecond, RetryMin: 50 * time.Millisecond, RetryMax: 300 * time.Millisecond,
		Changes: never, Sweep: never, TargetSweep: never,
	})
	if err != nil {
		return err
	}
	failed := make(chan error, 3)
	go func() { failed <- engine.Run(ctx) }()
	go func() {
		if err := swept(ctx, engine, r); err != nil {
			failed <- err
		}
	}()
	go func() { failed <- deliver(ctx, engine, r) }()
	return <-failed
}

// swept tells when the sweeps with which the first process begins are complete.
func swept(ctx context.Context, engine *syncer.Engine, r remote) error {
	for ticks := time.Tick(20 * time.Millisecond); ; <-ticks {
		status, err := engine.Status(ctx)
		if err != nil {
			return err
		}
		complete := 0
		for _, sweep := range status.Tenants[0].Flows[0].Sweeps {
			if !sweep.Completed.IsZero() && !sweep.Unfinished {
				complete++
			}
		}
		if complete == 2 { // of the source, and of the target
			return r.Call("world.Swept", None{}, &None{})
		}
	}
}

func open(ctx context.Context, where string) (syncer.Store, error) {
	if strings.HasPrefix(where, "postgres") {
		return postgres.Open(ctx, where)
	}
	return sqlite.Open(where)
}

// deliver marks what changed, and acknowledges it then.
func deliver(ctx context.Context, engine *syncer.Engine, r remote) error {
	for ticks := time.Tick(5 * time.Millisecond); ; <-ticks {
		var ids []string
		if err := r.Call("world.Changes", None{}, &ids); err != nil {
			return err
		}
		for _, id := range ids {
			var now Answer
			if err := r.Call("world.Read", id, &now); err != nil {
				return err
			}
			change := syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: id}, Gone: now.Gone}
			if err := engine.Notify(ctx, change); err != nil {
				return err
			}
			if err := r.Call("world.Acknowledge", Change{id, now.Cards[0].Name}, &None{}); err != nil {
				return err
			}
		}
	}
}
