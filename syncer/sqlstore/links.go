package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/contactlink/contactlink/syncer"
)

// linkColumns are the columns of a link, of the table with this alias.
func linkColumns(alias string) string {
	const columns = "tenant, flow, id, state, parent, target_id, target_parent, source, sent, answered, restored, version, mapping, refused, refused_by, touched"
	return alias + "." + strings.ReplaceAll(columns, ", ", ", "+alias+".")
}

// linkRow takes the columns of a link, which are all NULL in an outer join.
type linkRow struct {
	tenant, flow, id, state, parent, target, targetParent, version, mapping, refusedBy sql.NullString
	source, sent, answered, restored, refused                                          []byte
	touched                                                                            sql.NullInt64
}

func (r *linkRow) fields() []any {
	return []any{
		&r.tenant, &r.flow, &r.id, &r.state, &r.parent, &r.target, &r.targetParent,
		&r.source, &r.sent, &r.answered, &r.restored, &r.version, &r.mapping, &r.refused, &r.refusedBy, &r.touched,
	}
}

// link is the link, or nil if the row has none.
func (r *linkRow) link() (*syncer.Link, error) {
	if !r.state.Valid {
		return nil, nil
	}
	link := &syncer.Link{
		Key:     syncer.Key{Tenant: r.tenant.String, Flow: r.flow.String, ID: r.id.String},
		State:   syncer.State(r.state.String),
		Parent:  r.parent.String,
		Target:  syncer.Ref{ID: r.target.String, Parent: r.targetParent.String},
		Base:    syncer.Base{Source: r.source, Version: r.version.String, Mapping: r.mapping.String},
		Refused: r.refused, RefusedBy: r.refusedBy.String, Touched: r.touched.Int64,
	}
	err := errors.Join(decodeFields(r.sent, &link.Base.Sent), decodeFields(r.answered, &link.Base.Answered),
		decodeFields(r.restored, &link.Base.Restored))
	if err != nil {
		return nil, fmt.Errorf("the base of %s: %w", link.Key, err)
	}
	return link, nil
}

func (s *Store) readLinks(ctx context.Context, where string, args ...any) (links []syncer.Link, err error) {
	err = s.read(ctx, "read links", addLink(&links), `SELECT `+linkColumns("l")+` FROM {p}links l WHERE `+where, args...)
	return links, err
}

// links reads links within the transaction.
func (t *tx) links(ctx context.Context, where string, args ...any) (links []syncer.Link, err error) {
	err = t.each(ctx, addLink(&links), `SELECT `+linkColumns("l")+` FROM {p}links l WHERE `+where, args...)
	return links, err
}

func addLink(links *[]syncer.Link) func(scanner) error {
	return func(rows scanner) error {
		var row linkRow
		if err := rows.Scan(row.fields()...); err != nil {
			return err
		}
		link, err := row.link()
		if err == nil {
			*links = append(*links, *link)
		}
		return err
	}
}

// hasTarget is the condition that a link holds a record of the target, as
// syncer.State.HasTarget has it.
const hasTarget = ` AND state IN ('linked', 'leaving', 'held', 'detached')`

// maxIDs is how many ids one query asks for.
const maxIDs = 500

// Links implements syncer.LinkStore.
func (s *Store) Links(ctx context.Context, tenant, flow string, ids []string) (map[string]syncer.Link, error) {
	return s.linksBy(ctx, tenant, flow, "l.id", ids, func(link syncer.Link) string { return link.ID })
}

// LinksOf implements syncer.LinkStore.
func (s *Store) LinksOf(ctx context.Context, tenant, flow string, targetIDs []string) (map[string]syncer.Link, error) {
	return s.linksBy(ctx, tenant, flow, "l.target_id <> '' AND l.target_id", targetIDs, func(link syncer.Link) string { return link.Target.ID })
}

func (s *Store) linksBy(ctx context.Context, tenant, flow, column string, values []string, by func(syncer.Link) string) (map[string]syncer.Link, error) {
	known := make(map[string]syncer.Link, len(values))
	for some := range slices.Chunk(values, maxIDs) {
		among, args := in(column, some)
		links, err := s.readLinks(ctx, `l.tenant = ? AND l.flow = ?`+among, append([]any{tenant, flow}, args...)...)
		if err != nil {
			return nil, err
		}
		for _, link := range links {
			known[by(link)] = link
		}
	}
	return known, nil
}

// Recent implements syncer.LinkStore.
func (s *Store) Recent(ctx context.Context, tenant, flow string, above, below int64, n int) ([]syncer.Link, error) {
	links, err := s.readLinks(ctx, `l.tenant = ? AND l.flow = ? AND l.state = ? AND l.touched > ? AND l.touched < ? ORDER BY l.touched DESC LIMIT ?`,
		tenant, flow, string(syncer.Linked), above, below, n)
	for i := range links {
		links[i].Base, links[i].Refused, links[i].RefusedBy = syncer.Base{}, nil, ""
	}
	return links, err
}

// CountLinks implements syncer.LinkStore.
func (s *Store) CountLinks(ctx context.Context, tenant, flow string) (map[syncer.State]int, error) {
	counts := map[syncer.State]int{}
	err := s.read(ctx, "count links", func(rows scanner) error {
		var state string
		var n int
		err := rows.Scan(&state, &n)
		counts[syncer.State(state)] = n
		return err
	}, `SELECT state, COUNT(*) FROM {p}links WHERE tenant = ? AND flow = ? GROUP BY state`, tenant, flow)
	return counts, err
}

// Walk implements syncer.LinkStore.
func (s *Store) Walk(ctx context.Context, tenant, flow string, state syncer.State, after string, n int) ([]syncer.Link, error) {
	var chosen where
	chosen.add("l.tenant = ? AND l.flow = ? AND l.id > ?", tenant, flow, after)
	chosen.equal("l.state", string(state))
	return s.readLinks(ctx, chosen.String()+` ORDER BY l.id LIMIT ?`, append(chosen.args, n)...)
}

// Unseen implements syncer.SweepStore.
func (s *Store) Unseen(ctx context.Context, r syncer.UnseenRequest) ([]syncer.Link, error) {
	return s.readLinks(ctx, `l.tenant = ? AND l.flow = ? AND l.id > ? AND l.state = ? AND l.touched < ?
		AND l.touched_at <= (SELECT w.started FROM {p}sweeps w WHERE w.tenant = l.tenant AND w.flow = l.flow AND w.name = ? AND w.generation = ?) - ?
		AND NOT EXISTS (SELECT 1 FROM {p}seen s WHERE s.tenant = l.tenant AND s.flow = l.flow AND s.name = ? AND s.id = l.id)
		AND NOT EXISTS (SELECT 1 FROM {p}marks m WHERE m.tenant = l.tenant AND m.flow = l.flow AND m.id = l.id AND m.status = 0)
		ORDER BY l.id LIMIT ?`, r.Tenant, r.Flow, r.After, string(syncer.Linked), r.Generation, r.Name, r.Generation,
		r.Lag.Microseconds(), r.Name, r.N)
}

// putLink writes a link, and releases what is parked under the records of the
// target that this concerns.
func (t *tx) putLink(ctx context.Context, link syncer.Link) error {
	if !link.State.HasTarget() {
		link.Target = syncer.Ref{}
	}
	old, err := t.link(ctx, link.Key)
	if err != nil {
		return err
	}
	sent, err := encodeFields(link.Base.Sent)
	if err != nil {
		return err
	}
	answered, err := encodeFields(link.Base.Answered)
	if err != nil {
		return err
	}
	restored, err := encodeFields(link.Base.Restored)
	if err != nil {
		return err
	}
	err = t.do(ctx, `
		INSERT INTO {p}links (tenant, flow, id, state, parent, target_id, target_parent, source, sent, answered, restored, version, mapping, refused, refused_by, touched, touched_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, flow, id) DO UPDATE SET
			state = excluded.state, parent = excluded.parent,
			target_id = excluded.target_id, target_parent = excluded.target_parent,
			source = excluded.source, sent = excluded.sent, answered = excluded.answered, restored = excluded.restored,
			version = excluded.version, mapping = excluded.mapping, refused = excluded.refused, refused_by = excluded.refused_by,
			touched = excluded.touched, touched_at = excluded.touched_at`,
		link.Tenant, link.Flow, link.ID, string(link.State), link.Parent, link.Target.ID, link.Target.Parent,
		blob(link.Base.Source), sent, answered, restored, link.Base.Version, link.Base.Mapping, blob(link.Refused), link.RefusedBy, t.next(), t.now)
	if err != nil {
		return err
	}
	t.learn(link.Key, old, &link)
	return t.letGo(ctx, old, &link)
}

// dropLink forgets a key.
func (t *tx) dropLink(ctx context.Context, key syncer.Key) error {
	old, err := t.link(ctx, key)
	if err != nil || old == nil {
		return err
	}
	if err := t.do(ctx, `DELETE FROM {p}links WHERE tenant = ? AND flow = ? AND id = ?`, key.Tenant, key.Flow, key.ID); err != nil {
		return err
	}
	t.learn(key, old, nil)
	return t.letGo(ctx, old, nil)
}

// link reads a link within the transaction, nil if there is none.
func (t *tx) link(ctx context.Context, key syncer.Key) (*syncer.Link, error) {
	if link, known := t.known[key]; known {
		return link, nil
	}
	links, err := t.links(ctx, `l.tenant = ? AND l.flow = ? AND l.id = ?`, key.Tenant, key.Flow, key.ID)
	if err != nil || len(links) == 0 {
		return nil, err
	}
	return &links[0], nil
}
