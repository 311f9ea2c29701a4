package flows

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer"
)

// capabilities asks SendApp what it has, and names what a flow needs and the
// server lacks.
func capabilities(ctx context.Context, client *sendapp.Client, flow string) (syncer.TargetCapabilities, error) {
	has, err := client.Capabilities(ctx)
	if err != nil {
		return syncer.TargetCapabilities{}, kind(err)
	}
	for _, feature := range []sendapp.Feature{sendapp.FeatureExternalIDs} {
		if !has.HasResource(flow) || !has.HasFeature(feature) {
			return syncer.TargetCapabilities{}, &syncer.Error{Kind: syncer.KindLacks, Err: fmt.Errorf(
				"the flow %s needs %s with %s, which this SendApp server lacks", flow, flow, feature)}
		}
	}
	return syncer.TargetCapabilities{
		ExternalIDs: true, Versions: has.HasFeature(sendapp.FeatureVersions), Cascades: has.HasFeature(sendapp.FeatureCascades),
	}, nil
}

// written is what a record holds in the fields that can be written.
func written[T any](record any) (T, error) {
	var fields T
	data, err := json.Marshal(record)
	if err == nil {
		err = json.Unmarshal(data, &fields)
	}
	if err != nil {
		return fields, &syncer.Error{Kind: syncer.KindRow, Err: fmt.Errorf("read SendApp's answer: %w", err)}
	}
	return fields, nil
}

// answered makes a record of an answer.
func answered[T any](record any, ref syncer.Ref, version, externalID string) (syncer.Record[T], error) {
	value, err := written[T](record)
	return syncer.Record[T]{Ref: ref, Value: value, Version: version, ExternalID: externalID}, err
}

// external sets an external id, if there is one to set.
func external(id string) opt.Opt[string] {
	if id == "" {
		return opt.Opt[string]{}
	}
	return opt.Set(id)
}

// account is a client of SendApp, and the one that a user gave, from which it was
// derived.
type account struct{ client, given *sendapp.Client }

// Account implements syncer.AccountTarget.
func (a account) Account() any { return a.given }

type contactTarget struct{ account }

type contactFields = sendapp.ContactUpdate

func (t contactTarget) Capabilities(ctx context.Context) (syncer.TargetCapabilities, error) {
	return capabilities(ctx, t.client, Contacts)
}

func (contactTarget) answer(c *sendapp.Contact, err error) (syncer.Record[contactFields], error) {
	if err != nil {
		return syncer.Record[contactFields]{}, kind(err)
	}
	return answered[contactFields](c, syncer.Ref{ID: c.ContactID}, c.Version, c.ExternalID)
}

func (t contactTarget) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[contactFields], error) {
	return t.answer(t.client.Contacts.Get(ctx, ref.ID))
}

func (t contactTarget) Find(ctx context.Context, externalID string) (*syncer.Record[contactFields], error) {
	page, err := t.client.Contacts.ListPage(ctx, sendapp.ContactQuery{ExternalID: externalID}, "")
	if err != nil || len(page.Items) == 0 {
		return nil, kind(err)
	}
	record, err := t.answer(page.Items[0], nil)
	return &record, err
}

func (t contactTarget) List(ctx context.Context, cursor string) (syncer.Page[contactFields], error) {
	page, err := t.client.Contacts.ListPage(ctx, sendapp.ContactQuery{Limit: pageSize}, cursor)
	if err != nil {
		return syncer.Page[contactFields]{}, kind(err)
	}
	return listed(page.Items, page.Next, t.answer)
}

func (t contactTarget) Create(ctx context.Context, draft syncer.Draft[contactFields]) (syncer.Record[contactFields], error) {
	draft.Value.ExternalID = external(draft.ExternalID)
	return t.answer(t.client.Contacts.Create(ctx, draft.Value))
}

func (t contactTarget) Update(ctx context.Context, ref syncer.Ref, patch syncer.Patch[contactFields]) (syncer.Record[contactFields], error) {
	patch.Value.ExternalID = external(patch.ExternalID)
	return t.answer(t.client.Contacts.Update(ctx, ref.ID, patch.Value, sendapp.WithIfMatch(patch.Version)))
}

func (t contactTarget) Delete(ctx context.Context, ref syncer.Ref, version string) error {
	return kind(t.client.Contacts.Delete(ctx, ref.ID, sendapp.WithIfMatch(version)))
}

// pageSize is the largest page of SendApp's listings.
const pageSize = 200

// listed makes a page of a listing's items.
func listed[R, T any](items []*R, next string, answer func(*R, error) (syncer.Record[T], error)) (syncer.Page[T], error) {
	page := syncer.Page[T]{Next: next}
	for _, item := range items {
		record, err := answer(item, nil)
		if err != nil {
			return syncer.Page[T]{}, err
		}
		page.Records = append(page.Records, record)
	}
	return page, nil
}

type taskTarget struct{ account }

type taskFields = sendapp.TaskUpdate

func (t taskTarget) Capabilities(ctx context.Context) (syncer.TargetCapabilities, error) {
	return capabilities(ctx, t.client, Tasks)
}

func (taskTarget) answer(task *sendapp.Task, err error) (syncer.Record[taskFields], error) {
	if err != nil {
		return syncer.Record[taskFields]{}, kind(err)
	}
	return answered[taskFields](task, syncer.Ref{ID: task.TaskID, Parent: task.ContactID}, task.Version, task.ExternalID)
}

func (t taskTarget) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[taskFields], error) {
	return t.answer(t.client.Tasks.Get(ctx, ref.Parent, ref.ID))
}

func (t taskTarget) Find(ctx context.Context, externalID string) (*syncer.Record[taskFields], error) {
	page, err := t.client.Tasks.ListPage(ctx, sendapp.TaskQuery{ExternalID: externalID}, "")
	if err != nil || len(page.Items) == 0 {
		return nil, kind(err)
	}
	record, err := t.answer(page.Items[0], nil)
	return &record, err
}

func (t taskTarget) List(ctx context.Context, cursor string) (syncer.Page[taskFields], error) {
	page, err := t.client.Tasks.ListPage(ctx, sendapp.TaskQuery{Limit: pageSize}, cursor)
	if err != nil {
		return syncer.Page[taskFields]{}, kind(err)
	}
	return listed(page.Items, page.Next, t.answer)
}

func (t taskTarget) Create(ctx context.Context, draft syncer.Draft[taskFields]) (syncer.Record[taskFields], error) {
	draft.Value.ExternalID = external(draft.ExternalID)
	return t.answer(t.client.Tasks.Create(ctx, draft.Parent, draft.Value))
}

func (t taskTarget) Update(ctx context.Context, ref syncer.Ref, patch syncer.Patch[taskFields]) (syncer.Record[taskFields], error) {
	patch.Value.ExternalID, patch.Value.ContactID = external(patch.ExternalID), external(patch.Parent)
	return t.answer(t.client.Tasks.Update(ctx, ref.Parent, ref.ID, patch.Value, sendapp.WithIfMatch(patch.Version)))
}

func (t taskTarget) Delete(ctx context.Context, ref syncer.Ref, version string) error {
	return kind(t.client.Tasks.Delete(ctx, ref.Parent, ref.ID, sendapp.WithIfMatch(version)))
}

type noteTarget struct{ account }

type noteFields = sendapp.NoteUpdate

func (t noteTarget) Capabilities(ctx context.Context) (syncer.TargetCapabilities, error) {
	return capabilities(ctx, t.client, Notes)
}

func (noteTarget) answer(note *sendapp.Note, err error) (syncer.Record[noteFields], error) {
	if err != nil {
		return syncer.Record[noteFields]{}, kind(err)
	}
	return answered[noteFields](note, syncer.Ref{ID: note.NoteID, Parent: note.ContactID}, note.Version, note.ExternalID)
}

func (t noteTarget) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[noteFields], error) {
	return t.answer(t.client.Notes.Get(ctx, ref.Parent, ref.ID))
}

func (t noteTarget) Find(ctx context.Context, externalID string) (*syncer.Record[noteFields], error) {
	page, err := t.client.Notes.ListPage(ctx, sendapp.NoteQuery{ExternalID: externalID}, "")
	if err != nil || len(page.Items) == 0 {
		return nil, kind(err)
	}
	record, err := t.answer(page.Items[0], nil)
	return &record, err
}

func (t noteTarget) List(ctx context.Context, cursor string) (syncer.Page[noteFields], error) {
	page, err := t.client.Notes.ListPage(ctx, sendapp.NoteQuery{Limit: pageSize}, cursor)
	if err != nil {
		return syncer.Page[noteFields]{}, kind(err)
	}
	return listed(page.Items, page.Next, t.answer)
}

// fits refuses a body that SendApp would refuse, before it is sent: of one that is
// too large for any request, it would not say that it is the body.
func (noteTarget) fits(body opt.Opt[string]) error {
	if n := len(body.Or("")); n > sendapp.MaxNoteBody {
		return &syncer.Error{Kind: syncer.KindRow, Field: "body", Err: fmt.Errorf(
			"the note's body has %d bytes, and SendApp takes %d: let the mapping cut it", n, sendapp.MaxNoteBody)}
	}
	return nil
}

func (t noteTarget) Create(ctx context.Context, draft syncer.Draft[noteFields]) (syncer.Record[noteFields], error) {
	if err := t.fits(draft.Value.Body); err != nil {
		return syncer.Record[noteFields]{}, err
	}
	draft.Value.ExternalID = external(draft.ExternalID)
	return t.answer(t.client.Notes.Create(ctx, draft.Parent, draft.Value))
}

func (t noteTarget) Update(ctx context.Context, ref syncer.Ref, patch syncer.Patch[noteFields]) (syncer.Record[noteFields], error) {
	if err := t.fits(patch.Value.Body); err != nil {
		return syncer.Record[noteFields]{}, err
	}
	patch.Value.ExternalID, patch.Value.ContactID = external(patch.ExternalID), external(patch.Parent)
	return t.answer(t.client.Notes.Update(ctx, ref.Parent, ref.ID, patch.Value, sendapp.WithIfMatch(patch.Version)))
}

func (t noteTarget) Delete(ctx context.Context, ref syncer.Ref, version string) error {
	return kind(t.client.Notes.Delete(ctx, ref.Parent, ref.ID, sendapp.WithIfMatch(version)))
}
