package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// report is what the program prints.
type report struct {
	Resources map[string]*Resource `json:"resources"`
	Requests  Requests             `json:"requests"`
	// RequestsToVerify is the part of Requests that the verification took.
	RequestsToVerify Requests `json:"requestsToVerify"`
	Seconds          float64  `json:"seconds"`
}

// Resource counts one kind of record. Source and Target are what both servers
// hold in the end.
type Resource struct {
	Source    int `json:"source"`
	Target    int `json:"target"`
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Deleted   int `json:"deleted"`
	Unchanged int `json:"unchanged"`
	Failed    int `json:"failed"`
	Warnings  int `json:"warnings"`
	Differing int `json:"differing"`
}

// Requests counts requests, as the servers did.
type Requests struct {
	Source int `json:"source"`
	Target int `json:"target"`
}

var kinds = []string{flows.Contacts, flows.Tasks, flows.Notes, flows.Appointments}

func newReport() *report {
	r := &report{Resources: map[string]*Resource{}}
	for _, kind := range kinds {
		r.Resources[kind] = &Resource{}
	}
	return r
}

// add counts what a backfill did. What an earlier run created, and was killed
// before it knew, is unchanged here.
func (r *report) add(done *syncer.Report) {
	for kind, flow := range done.Flows {
		resource := r.Resources[kind]
		resource.Created += flow.Created
		resource.Updated += flow.Updated
		resource.Deleted += flow.Deleted
		resource.Unchanged += flow.Unchanged + flow.Adopted
		resource.Failed += flow.Failed
	}
}

// addEvents counts what webhooks brought, from the engine's log.
func (r *report) addEvents(ctx context.Context, store syncer.Store) error {
	for after := int64(0); ; {
		events, err := store.Events(ctx, syncer.EventQuery{After: after})
		if err != nil {
			return err
		}
		for _, event := range events {
			after = event.Number
			if event.Trigger != "webhook" && event.Trigger != "parent" {
				continue
			}
			resource := r.Resources[event.Flow]
			switch event.Action {
			case syncer.Created:
				resource.Created++
			case syncer.Updated:
				resource.Updated++
			case syncer.Deleted:
				resource.Deleted++
			case syncer.DeadLetter, syncer.Conflict:
				resource.Failed++
			default: // nothing that the table shows
			}
		}
		if len(events) == 0 {
			return nil
		}
	}
}

func (r *report) count(kind string, source, target int) {
	r.Resources[kind].Source, r.Resources[kind].Target = source, target
}

func (r *report) requests(b *bridge) Requests {
	sum := func(byOperation map[string]int) (n int) {
		for _, count := range byOperation {
			n += count
		}
		return n
	}
	return Requests{sum(b.source.Requests()), sum(b.target.Requests())}
}

// agrees reports whether both sides are equal and nothing failed.
func (r *report) agrees() bool {
	for _, resource := range r.Resources {
		if resource.Differing+resource.Failed > 0 {
			return false
		}
	}
	return true
}

func (r *report) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	row := func(cells ...any) {
		for _, cell := range cells {
			_, _ = fmt.Fprintf(table, "%v\t", cell) // an error shows at Flush
		}
		_, _ = fmt.Fprintln(table)
	}
	row("", "source", "target", "created", "updated", "deleted", "unchanged", "failed", "warnings", "differing")
	for _, kind := range kinds {
		c := r.Resources[kind]
		row(kind, c.Source, c.Target, c.Created, c.Updated, c.Deleted, c.Unchanged, c.Failed, c.Warnings, c.Differing)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d requests to the Contacts API, %d to SendApp (%d and %d of them to verify), in %.1f s\n",
		r.Requests.Source, r.Requests.Target, r.RequestsToVerify.Source, r.RequestsToVerify.Target, r.Seconds)
	return err
}
