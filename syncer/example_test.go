package syncer_test

import (
	"context"
	"fmt"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// Club is a source, names by ids; Printer a target whose ids are the external ids.
type Club map[string]string
type Printer map[string]Label
type Label struct{ Text opt.Opt[string] }

func get[R any](records map[string]R, id string) (record syncer.Record[R], err error) {
	if _, there := records[id]; !there {
		return record, &syncer.Error{Kind: syncer.KindGone, Err: fmt.Errorf("there is none")}
	}
	return syncer.Record[R]{Ref: syncer.Ref{ID: id}, Value: records[id], ExternalID: id}, nil
}

func (Club) Capabilities(context.Context) (can syncer.SourceCapabilities, err error) { return can, nil }
func (c Club) Get(_ context.Context, ref syncer.Ref) (syncer.Record[string], error) {
	return get(c, ref.ID)
}
func (c Club) List(context.Context, syncer.Query, string) (page syncer.Page[string], err error) {
	for id, name := range c {
		page.Records = append(page.Records, syncer.Record[string]{Ref: syncer.Ref{ID: id}, Value: name})
	}
	return page, nil
}

func (Printer) Capabilities(context.Context) (syncer.TargetCapabilities, error) {
	return syncer.TargetCapabilities{ExternalIDs: true}, nil
}
func (p Printer) Get(_ context.Context, ref syncer.Ref) (syncer.Record[Label], error) {
	return get(p, ref.ID)
}
func (p Printer) Find(_ context.Context, id string) (*syncer.Record[Label], error) {
	if record, err := get(p, id); err == nil {
		return &record, nil
	}
	return nil, nil
}
func (p Printer) List(context.Context, string) (page syncer.Page[Label], err error) {
	for id, label := range p {
		page.Records = append(page.Records, syncer.Record[Label]{Ref: syncer.Ref{ID: id}, ExternalID: id, Value: label})
	}
	return page, nil
}
func (p Printer) Create(_ context.Context, draft syncer.Draft[Label]) (record syncer.Record[Label], err error) {
	if _, there := p[draft.ExternalID]; there {
		return record, &syncer.Error{Kind: syncer.KindTaken, Conflict: draft.ExternalID, Err: fmt.Errorf("it exists")}
	}
	p[draft.ExternalID] = draft.Value
	return get(p, draft.ExternalID)
}
func (p Printer) Update(_ context.Context, ref syncer.Ref, patch syncer.Patch[Label]) (syncer.Record[Label], error) {
	p[ref.ID] = patch.Value // a label has one field: what is set is all there is
	return get(p, ref.ID)
}
func (p Printer) Delete(_ context.Context, ref syncer.Ref, _ string) error {
	delete(p, ref.ID)
	return nil
}

// Two systems of one's own are linked by a Source, a Target and a mapper.
func Example() {
	club, printer := Club{"1": "Ann", "2": "Bob"}, Printer{}
	flow := syncer.FlowConfig[string, Label]{Name: "labels", Source: club, Target: printer, Mapper: mapping.Func(
		func(_ context.Context, name string) (Label, error) { return Label{opt.Set("Hello, " + name)}, nil })}.Flow()
	engine, err := syncer.New(syncer.Config{Tenants: syncer.One("club", flow), Store: syncer.NewMemoryStore(), Workers: 1})
	if err == nil {
		_, err = engine.Backfill(context.Background())
	}
	fmt.Println(printer["2"].Text.Or(""), err) // Output: Hello, Bob <nil>
}
