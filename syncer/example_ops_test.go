package syncer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// labels prints a label for each member of a club. A name of three question
// marks can't be mapped.
func labels(club Club, printer Printer, configure ...func(*syncer.Config)) *syncer.Engine {
	flow := syncer.FlowConfig[string, Label]{Name: "labels", Source: club, Target: printer, Mapper: mapping.Func(
		func(_ context.Context, name string) (Label, error) {
			if name == "???" {
				return Label{}, errors.New("the name is missing")
			}
			return Label{opt.Set("Hello, " + name)}, nil
		})}.Flow()
	config := syncer.Config{Tenants: syncer.One("club", flow), Store: syncer.NewMemoryStore(), Workers: 1, Logger: slog.New(slog.DiscardHandler)}
	for _, f := range configure {
		f(&config)
	}
	engine, err := syncer.New(config)
	if err != nil {
		panic(err)
	}
	return engine
}

// backfilled is an engine that has brought the printer in step.
func backfilled(club Club, printer Printer) *syncer.Engine {
	engine := labels(club, printer)
	if _, err := engine.Backfill(context.Background()); err != nil {
		panic(err)
	}
	return engine
}

// A plan is looked at, saved, and carried out later.
func ExampleEngine_Plan() {
	ctx := context.Background()
	club, printer := Club{"1": "Ann", "2": "Bob", "3": "Cid"}, Printer{}
	engine := backfilled(club, printer)
	club["1"], club["4"] = "Anne", "Dot"
	delete(club, "2")
	plan, err := engine.Plan(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(plan)
	fmt.Println("printed:", printer["1"].Text.Or(""))
	// Output:
	// club/labels: 1 created, 1 updated, 1 deleted, 1 unchanged
	//   1 updated [Text]
	//   2 deleted [Text]
	//   4 created [Text]
	// price: 3 requests of the source (0.0 % of a day's budget) and 4 of the target, 0s under the limits
	// printed: Hello, Ann
}

// What has moved since the plan was made is refused.
func ExampleEngine_Apply() {
	ctx := context.Background()
	club, printer := Club{"1": "Ann", "2": "Bob"}, Printer{}
	engine := labels(club, printer)
	plan, err := engine.Plan(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	saved, err := json.Marshal(plan) // to a file, for somebody to look at
	if err != nil {
		fmt.Println(err)
		return
	}

	club["2"] = "Rob"
	plan, err = syncer.ReadPlan(bytes.NewReader(saved))
	if err != nil {
		fmt.Println(err)
		return
	}
	applied, err := engine.Apply(ctx, plan)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("created:", applied.Report.Flows["labels"].Created)
	for _, refusal := range applied.Refused {
		fmt.Println("moved:", refusal.Key)
	}
	// Output:
	// created: 1
	// moved: club/labels/2
}

// Why is this label as it is, and what would be written now?
func ExampleEngine_Explain() {
	club, printer := Club{"1": "Ann"}, Printer{}
	engine := backfilled(club, printer)
	printer["1"] = Label{opt.Set("HELLO!")} // somebody was here
	explanation, err := engine.Explain(context.Background(), syncer.Key{Tenant: "club", Flow: "labels", ID: "1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	field := explanation.Fields[0]
	fmt.Println(explanation.Operation)
	fmt.Printf("%s holds %s: %s\n", field.Field, field.Held, field.Why)
	fmt.Println("last written by:", field.Written.Trigger)
	// Output:
	// 1 updated [Text]
	// Text holds "HELLO!": somebody changed it at the target: it is restored
	// last written by: sweep
}

// A proof that both sides agree, or what they do not agree on.
func ExampleEngine_Verify() {
	club, printer := Club{"1": "Ann", "2": "Bob", "3": "???"}, Printer{}
	engine := backfilled(club, printer)
	club["1"] = "Anne"
	verification, err := engine.Verify(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	flow := verification.Flows["labels"]
	fmt.Printf("%d of %d agree\n", flow.Equal, flow.Source)
	for _, difference := range flow.Differences {
		fmt.Println(difference.Key.ID, difference.What, difference.Fields)
	}
	// Unordered output:
	// 1 of 3 agree
	// 1 changed [Text]
	// 3 dead []
}

// A status is for people, and for JSON.
func ExampleEngine_Status() {
	ctx := context.Background()
	engine := backfilled(Club{"1": "Ann", "2": "???"}, Printer{})
	if err := engine.Pause(ctx, syncer.Scope{Tenant: "club"}, "the printer is out of ink"); err != nil {
		fmt.Println(err)
		return
	}
	status, err := engine.Status(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(status)
	// Output:
	// club
	//   paused: the tenant club was paused by a person: the printer is out of ink
	//   labels: 1 linked, 1 dead letters
	//     sweep full: complete 0s ago
}

// A pause holds over restarts. What comes meanwhile is kept.
func ExampleEngine_Pause() {
	ctx := context.Background()
	club, printer := Club{"1": "Ann"}, Printer{}
	engine := backfilled(club, printer)
	scope := syncer.Scope{Tenant: "club", Flow: "labels"}
	fmt.Println(engine.Pause(ctx, scope, "the printer is out of ink"))
	club["1"] = "Anne"
	_, err := engine.Sync(ctx, syncer.Key{Tenant: "club", Flow: "labels", ID: "1"})
	fmt.Println(errors.Is(err, syncer.ErrPaused))

	fmt.Println(engine.Resume(ctx, scope))
	_, err = engine.Backfill(ctx) // or Run, that was at work all the time
	fmt.Println(printer["1"].Text.Or(""), err)
	// Output:
	// <nil>
	// true
	// <nil>
	// Hello, Anne <nil>
}

// Dead letters are tried again once their cause is put right.
func ExampleEngine_Replay() {
	ctx := context.Background()
	club, printer := Club{"1": "Ann", "2": "???"}, Printer{}
	engine := backfilled(club, printer)
	club["2"] = "Bob"
	n, err := engine.Replay(ctx, syncer.ReplayFilter{Kind: "mapping", Error: "the name is missing"})
	fmt.Println(n, err)
	_, err = engine.Backfill(ctx) // or Run, that is at work
	fmt.Println(printer["2"].Text.Or(""), err)
	// Output:
	// 1 <nil>
	// Hello, Bob <nil>
}

// Removals that the guard holds go on when a person says so.
func ExampleEngine_Release() {
	ctx := context.Background()
	club, printer := Club{}, Printer{}
	for i := range 30 {
		club[fmt.Sprint(i)] = "Member"
	}
	engine := backfilled(club, printer)
	clear(club) // by mistake?
	_, err := engine.Backfill(ctx)
	fmt.Println("still printed:", len(printer), err)
	n, err := engine.Release(ctx, syncer.Scope{Tenant: "club", Flow: "labels"})
	fmt.Println("released:", n, err)
	_, err = engine.Backfill(ctx) // or Run, that is at work
	fmt.Println("still printed:", len(printer), err)
	// Output:
	// still printed: 10 <nil>
	// released: 10 <nil>
	// still printed: 0 <nil>
}

// What failed today, and why?
func ExampleEngine_Events() {
	engine := backfilled(Club{"1": "Ann", "2": "???"}, Printer{})
	for event, err := range engine.Events(context.Background(), syncer.EventQuery{Action: syncer.DeadLetter}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(event.ID, event.Kind, event.Error)
	}
	// Output: 2 mapping map the record: the name is missing
}

// The log as JSON lines, for other tools.
func ExampleEngine_WriteEvents() {
	engine := backfilled(Club{"1": "Ann"}, Printer{})
	var lines strings.Builder
	err := engine.WriteEvents(context.Background(), &lines, syncer.EventQuery{Flow: "labels"}) // or to os.Stdout
	fmt.Println(strings.Count(lines.String(), "\n"), strings.Contains(lines.String(), `"action":"created"`), err)
	// Output: 1 true <nil>
}

// Was every delivery captured that the service's portal shows?
func ExampleEngine_MissingEvents() {
	ctx := context.Background()
	engine := labels(Club{"1": "Ann"}, Printer{})
	err := engine.Notify(ctx, syncer.Change{Tenant: "club", Flow: "labels", Ref: syncer.Ref{ID: "1"}, EventID: "webhook-1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	missing, err := engine.MissingEvents(ctx, []string{"webhook-1", "webhook-2"})
	fmt.Println(missing, err)
	// Output: [webhook-2] <nil>
}

// A backfill that says how far it is.
func ExampleProgress() {
	engine := labels(Club{"1": "Ann", "2": "Bob"}, Printer{}, func(config *syncer.Config) {
		config.OnProgress = func(p syncer.Progress) {
			if p.Complete {
				_, _ = fmt.Fprintf(os.Stdout, "%s: %d of %d done, %v left\n", p.Flow, p.Done, p.Seen, p.Left)
			}
		}
	})
	_, err := engine.Backfill(context.Background())
	fmt.Println(err)
	// Output:
	// labels: 2 of 2 done, 0s left
	// <nil>
}
