package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/contactlink/contactlink/syncer"
)

// linkColumns are the columns of a link, of the table with this alias.
func linkColumns(alias string) string {
	const columns = "tenant, flow, id, state, parent, target_id, target_parent, source, sent, answered, version, mapping, touched"
	return alias + "." + strings.ReplaceAll(columns, ", ", ", "+alias+".")
}

// linkRow takes the columns of a link, which are all NULL in an outer join.
type linkRow struct {
	tenant, flow, id, state, parent, target, targetParent, version, mapping sql.NullString
	source, sent, answered                                                  []byte
	touched                                                                 sql.NullInt64
}

func (r *linkRow) fields() []any {
	return []any{
		&r.tenant, &r.flow, &r.id, &r.state, &r.parent, &r.target, &r.targetParent,
		&r.source, &r.sent, &r.answered, &r.version, &r.mapping, &r.touched,
	}
}

// link is the link, or nil if the row has none.
func (r *linkRow) link() (*syncer.Link, error) {
	if !r.state.Valid {
		return nil, nil
	}
	link := &syncer.Link{
		Key:    syncer.Key{Tenant: r.tenant.String, Flow: r.flow.String, ID: r.id.String},
		State:  syncer.State(r.state.String),
		Parent: r.parent.String,
		Target: syncer.Ref{ID: r.target.String, Parent: r.targetParent.String},
		Base:   syncer.Base{Source: r.source, Version: r.version.String, Mapping: r.mapping.String}, Touched: r.touched.Int64,
	}
	err := errors.Join(decodeFields(r.sent, &link.Base.Sent), decodeFields(r.answered, &link.Base.Answered))
	if err != nil {
		return nil, fmt.Errorf("the base of %s: %w", link.Key, err)
	}
	return link, nil
}

func (s *Store) readLinks(ctx context.Context, where string, args ...any) ([]syncer.Link, error) {
	var links []syncer.Link
	err := s.read(ctx, "read links", func(rows scanner) error {
		var row linkRow
		if err := rows.Scan(row.fields()...); err != nil {
			return err
		}
		link, err := row.link()
		if err == nil {
			links = append(links, *link)
		}
		return err
	}, `SELECT `+linkColumns("l")+` FROM {p}links l WHERE `+where, args...)
	return links, err
}

// holding is the condition that a link holds a record of the target, as
// syncer.State.HasTarget has it.
const holding = ` AND state IN ('linked', 'leaving', 'held', 'detached')`

// maxIDs is how many ids one query asks for.
const maxIDs = 500

// Links implements syncer.LinkStore.
func (s *Store) Links(ctx context.Context, tenant, flow string, ids []string) (map[string]syncer.Link, error) {
	known := make(map[string]syncer.Link, len(ids))
	for len(ids) > 0 {
		some := ids[:min(len(ids), maxIDs)]
		ids = ids[len(some):]
		among, args := in("l.id", some)
		links, err := s.readLinks(ctx, `l.tenant = ? AND l.flow = ?`+among, append([]any{tenant, flow}, args...)...)
		if err != nil {
			return nil, err
		}
		for _, link := range links {
			known[link.ID] = link
		}
	}
	return known, nil
}

// LinkOf implements syncer.LinkStore.
func (s *Store) LinkOf(ctx context.Context, tenant, flow, targetID string) (*syncer.Link, error) {
	links, err := s.readLinks(ctx, `l.tenant = ? AND l.flow = ? AND l.target_id = ? AND l.target_id <> ''`, tenant, flow, targetID)
	if err != nil || len(links) == 0 {
		return nil, err
	}
	return &links[0], nil
}

// Walk implements syncer.LinkStore.
func (s *Store) Walk(ctx context.Context, tenant, flow string, state syncer.State, after string, n int) ([]syncer.Link, error) {
	var chosen where
	chosen.add("l.tenant = ? AND l.flow = ? AND l.id > ?", tenant, flow, after)
	chosen.equal("l.state", string(state))
	return s.readLinks(ctx, chosen.String()+` ORDER BY l.id LIMIT ?`, append(chosen.args, n)...)
}

// Unseen implements syncer.SweepStore.
func (s *Store) Unseen(ctx context.Context, tenant, flow string, generation int64, after string, n int) ([]syncer.Link, error) {
	return s.readLinks(ctx, `l.tenant = ? AND l.flow = ? AND l.id > ? AND l.state = ? AND l.touched < ?
		AND NOT EXISTS (SELECT 1 FROM {p}seen s WHERE s.tenant = l.tenant AND s.flow = l.flow AND s.id = l.id)
		AND NOT EXISTS (SELECT 1 FROM {p}marks m WHERE m.tenant = l.tenant AND m.flow = l.flow AND m.id = l.id)
		ORDER BY l.id LIMIT ?`, tenant, flow, after, string(syncer.Linked), generation, n)
}

// putLink writes a link and says what it was before. The unique index on target
// ids is asked first, so that a refusal does not end the transaction.
func (t *tx) putLink(ctx context.Context, link syncer.Link) error {
	target := link.Target
	if !link.State.HasTarget() {
		target = syncer.Ref{}
	} else if target.ID != "" {
		var holder sql.NullString
		err := t.one(ctx, &holder, `SELECT id FROM {p}links WHERE tenant = ? AND flow = ? AND target_id = ? AND target_id <> ''`, link.Tenant, link.Flow, target.ID)
		if err != nil {
			return err
		}
		if holder.Valid && holder.String != link.ID {
			return syncer.ErrTargetTaken
		}
	}
	sent, err := encodeFields(link.Base.Sent)
	if err != nil {
		return err
	}
	answered, err := encodeFields(link.Base.Answered)
	if err != nil {
		return err
	}
	return t.do(ctx, `
		INSERT INTO {p}links (tenant, flow, id, state, parent, target_id, target_parent, source, sent, answered, version, mapping, touched)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, flow, id) DO UPDATE SET
			state = excluded.state, parent = excluded.parent,
			target_id = excluded.target_id, target_parent = excluded.target_parent,
			source = excluded.source, sent = excluded.sent, answered = excluded.answered,
			version = excluded.version, mapping = excluded.mapping, touched = excluded.touched`,
		link.Tenant, link.Flow, link.ID, string(link.State), link.Parent, target.ID, target.Parent,
		blob(link.Base.Source), sent, answered, link.Base.Version, link.Base.Mapping, t.next())
}
