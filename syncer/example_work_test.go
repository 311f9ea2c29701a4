package syncer_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// What a configuration lacks is said at once.
func ExampleNew() {
	_, err := syncer.New(syncer.Config{Store: syncer.NewMemoryStore()})
	fmt.Println(err)
	// Output: syncer: Config.Tenants is missing: say whom to serve, syncer.One(locationID, flows...)
}

// A first copy, and another one that costs nothing for what is the same.
func ExampleEngine_Backfill() {
	ctx := context.Background()
	club, printer := Club{"1": "Ann", "2": "Bob"}, Printer{}
	engine := labels(club, printer)
	for range 2 {
		report, err := engine.Backfill(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		of := report.Flows["labels"]
		fmt.Println(of.Created, "created,", of.Updated, "updated,", of.Failed, "failed of", of.Seen)
		club["2"] = "Rob"
	}
	// Output:
	// 2 created, 0 updated, 0 failed of 2
	// 0 created, 1 updated, 0 failed of 2
}

// One record, now. Whether it failed is in the report.
func ExampleEngine_Sync() {
	ctx := context.Background()
	printer := Printer{}
	engine := labels(Club{"1": "Ann", "2": "???"}, printer)
	for _, id := range []string{"1", "2"} {
		report, err := engine.Sync(ctx, syncer.Key{Tenant: "club", Flow: "labels", ID: id})
		if err != nil {
			fmt.Println(err)
			return
		}
		of := report.Flows["labels"]
		fmt.Println(of.Created, "created,", of.Failed, "failed")
	}
	fmt.Println(printer["1"].Text.Or(""))
	// Output:
	// 1 created, 0 failed
	// 0 created, 1 failed
	// Hello, Ann
}

// Run is at work until its context ends, and takes what Notify marks.
func ExampleEngine_Run() {
	ctx, stop := context.WithCancel(context.Background()) // or signal.NotifyContext
	printer := Printer{}
	engine := labels(Club{"1": "Ann"}, printer)
	ended := make(chan error)
	go func() { ended <- engine.Run(ctx) }()

	err := engine.Notify(ctx, syncer.Change{Tenant: "club", Flow: "labels", Ref: syncer.Ref{ID: "1"}})
	if err == nil {
		err = engine.Wait(ctx) // until what was marked is done
	}
	stop()
	fmt.Println(err, <-ended)
	fmt.Println(printer["1"].Text.Or(""))
	// Output:
	// <nil> <nil>
	// Hello, Ann
}

// A webhook's handler marks what changed. The mark is kept, and the work is done by
// Run, here or in another process.
func ExampleEngine_Notify() {
	ctx := context.Background()
	engine := labels(Club{"1": "Ann"}, Printer{})
	err := engine.Notify(ctx, syncer.Change{
		Tenant: "club", Flow: "labels", Ref: syncer.Ref{ID: "1"}, EventID: "webhook-1", // a second delivery does nothing
	})
	if err != nil {
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
	//   labels: 0 linked, 1 waiting, the oldest for 0s
}

// What a person paused ends for the same scope, not for a part of it.
func ExampleEngine_Resume() {
	ctx := context.Background()
	engine := labels(Club{"1": "Ann"}, Printer{})
	if err := engine.Pause(ctx, syncer.Scope{Tenant: "club"}, "the printer is out of ink"); err != nil {
		fmt.Println(err)
		return
	}
	err := engine.Resume(ctx, syncer.Scope{Tenant: "club", Flow: "labels"})
	fmt.Println(errors.Is(err, syncer.ErrNotPaused))
	fmt.Println(engine.Resume(ctx, syncer.Scope{Tenant: "club"}))
	// Output:
	// true
	// <nil>
}

// What others changed at the target, and a target sweep would restore.
func ExampleWithDrift() {
	ctx := context.Background()
	club, printer := Club{"1": "Ann", "2": "Bob"}, Printer{}
	engine := backfilled(club, printer)
	printer["2"] = Label{opt.Set("HELLO!")} // somebody was here
	for _, opts := range [][]syncer.PlanOption{nil, {syncer.WithDrift()}} {
		plan, err := engine.Plan(ctx, opts...)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(plan)
	}
	// Output:
	// club/labels: nothing to write, 2 unchanged
	// price: 0 requests of the source (0.0 % of a day's budget) and 0 of the target, 0s under the limits
	// club/labels: 1 updated, 1 unchanged
	//   2 updated [Text]: somebody changed it at the target
	// price: 1 requests of the source (0.0 % of a day's budget) and 3 of the target, 0s under the limits
}
