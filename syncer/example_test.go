package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// Member is a record of the club, which is the source.
type Member struct{ ID, Name string }

// Club is a syncer.Source.
type Club map[string]Member

var errNone = &syncer.Error{Kind: syncer.KindGone, Err: errors.New("there is none")}

func (Club) Capabilities(context.Context) (c syncer.SourceCapabilities, err error) { return c, nil }

func (c Club) Get(_ context.Context, ref syncer.Ref) (syncer.Record[Member], error) {
	if m, ok := c[ref.ID]; ok {
		return syncer.Record[Member]{Ref: ref, Value: m}, nil
	}
	return syncer.Record[Member]{}, errNone
}

func (c Club) List(context.Context, syncer.Query, string) (page syncer.Page[Member], err error) {
	for _, id := range slices.Sorted(maps.Keys(c)) {
		page.Records = append(page.Records, syncer.Record[Member]{Ref: syncer.Ref{ID: id}, Value: c[id]})
	}
	return page, nil
}

// Label is what the printer holds, which is the target.
type Label struct {
	Text opt.Opt[string] `json:"text,omitzero"`
}

// Printer is a syncer.Target. Its ids are the external ids.
type Printer map[string]Label

func (Printer) Capabilities(context.Context) (syncer.TargetCapabilities, error) {
	return syncer.TargetCapabilities{ExternalIDs: true}, nil
}

func (p Printer) Get(_ context.Context, ref syncer.Ref) (r syncer.Record[Label], err error) {
	if l, ok := p[ref.ID]; ok {
		return syncer.Record[Label]{Ref: ref, Value: l}, nil
	}
	return r, errNone
}

func (p Printer) Find(ctx context.Context, id string) (*syncer.Record[Label], error) {
	if r, err := p.Get(ctx, syncer.Ref{ID: id}); err == nil {
		return &r, nil
	}
	return nil, nil
}

func (p Printer) List(context.Context, string) (page syncer.Page[syncer.Listed[Label]], err error) {
	for id, l := range p {
		r := syncer.Record[syncer.Listed[Label]]{Ref: syncer.Ref{ID: id}, Value: syncer.Listed[Label]{ExternalID: id, Value: l}}
		page.Records = append(page.Records, r)
	}
	return page, nil
}

func (p Printer) Create(ctx context.Context, d syncer.Draft[Label]) (r syncer.Record[Label], err error) {
	if _, ok := p[d.ExternalID]; ok {
		return r, &syncer.Error{Kind: syncer.KindTaken, Err: errors.New("it exists")}
	}
	p[d.ExternalID] = d.Value
	return p.Get(ctx, syncer.Ref{ID: d.ExternalID})
}

func (p Printer) Update(ctx context.Context, ref syncer.Ref, patch syncer.Patch[Label]) (syncer.Record[Label], error) {
	p[ref.ID] = patch.Value
	return p.Get(ctx, ref)
}

func (p Printer) Delete(_ context.Context, ref syncer.Ref, _ string) error {
	delete(p, ref.ID)
	return nil
}

// Two systems of one's own are linked by a Source, a Target and a mapper.
func Example() {
	club, printer := Club{"1": {"1", "Ann"}, "2": {"2", "Bob"}}, Printer{}
	flow := syncer.FlowConfig[Member, Label]{
		Name: "labels", Source: club, Target: printer,
		Mapper: mapping.Func(func(_ context.Context, m Member) (Label, error) { return Label{opt.Set("Hello, " + m.Name)}, nil }),
	}.Flow()
	engine, err := syncer.New(syncer.Config{Tenants: syncer.One("club", flow), Store: syncer.NewMemoryStore(), Workers: 1})
	if err != nil {
		panic(err)
	}
	for range 2 {
		report, err := engine.Backfill(context.Background())
		fmt.Println(report.Flows["labels"].Created, report.Flows["labels"].Updated, len(printer), err)
		club["2"] = Member{"2", "Barbara"}
	}
	fmt.Println(printer["2"].Text.Or(""))
	// Output:
	// 2 0 2 <nil>
	// 0 1 2 <nil>
	// Hello, Barbara
}
