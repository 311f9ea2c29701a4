package sqlstore

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// Claim implements syncer.MarkStore.
func (s *Store) Claim(ctx context.Context, request syncer.ClaimRequest) (claims []syncer.Claim, idle time.Duration, err error) {
	err = s.write(ctx, "claim marks", func(t *tx) error {
		if err := t.drain(ctx); err != nil {
			return err
		}
		keys, err := t.ready(ctx, request)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			idle, err = t.idle(ctx, request)
			return err
		}
		if claims, err = t.claims(ctx, keys, request.Parents); err != nil {
			return err
		}
		for i := range claims {
			if err := t.lease(ctx, &claims[i], request.Lease); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	return claims, idle, nil
}

// claims reads marks, with all that is known of their keys and parents, in the
// order of the keys.
func (t *tx) claims(ctx context.Context, keys []syncer.Key, parents map[string]string) ([]syncer.Claim, error) {
	place := make(map[syncer.Key]int, len(keys))
	for i, key := range keys {
		place[key] = i
	}
	parentFlow, args := parentFlow(parents)
	among, values := amongKeys(keys)
	claims := make([]syncer.Claim, len(keys))
	err := t.each(ctx, func(rows scanner) error {
		claim, err := t.scanClaim(rows)
		if err == nil {
			claims[place[claim.Key]] = claim
		}
		return err
	}, `SELECT m.tenant, m.flow, m.id, m.parent, m.lane, m.gone, m.drift, m.released, m.event_id, m.cause, m.evidence,
			CASE WHEN m.scan_number = m.number THEN m.scanned END, m.scan_number = m.number AND m.scanned_gone = 1,
			m.number, m.marked, m.attempt, m.snoozes, m.doubt = 1 OR m.fence <> 0, COALESCE(s.number, 0), COALESCE(s.version, ''),
			`+linkColumns("l")+`, `+linkColumns("p")+`, `+intentColumns("i")+`
		FROM {p}marks m
		LEFT JOIN {p}links l ON l.tenant = m.tenant AND l.flow = m.flow AND l.id = m.id
		LEFT JOIN {p}links p ON p.tenant = m.tenant AND p.flow = `+parentFlow+` AND p.id = m.parent
		LEFT JOIN {p}specs s ON s.tenant = m.tenant AND s.flow = m.flow
		LEFT JOIN {p}intents i ON i.tenant = m.tenant AND i.flow = m.flow AND i.id = m.id
		WHERE (m.tenant, m.flow, m.id) IN `+among, append(args, values...)...)
	return claims, err
}

// amongKeys is a list of keys for IN.
func amongKeys(keys []syncer.Key) (list string, args []any) {
	for _, key := range keys {
		args = append(args, key.Tenant, key.Flow, key.ID)
	}
	const typed = "(CAST(? AS {text}), CAST(? AS {text}), CAST(? AS {text}))"
	return "(VALUES " + typed + strings.Repeat(", (?, ?, ?)", len(keys)-1) + ")", args
}

// parentFlow is an expression for the flow of a mark's parent.
func parentFlow(parents map[string]string) (string, []any) {
	if len(parents) == 0 {
		return "NULL", nil
	}
	var when strings.Builder
	var args []any
	for _, flow := range slices.Sorted(maps.Keys(parents)) {
		when.WriteString(" WHEN ? THEN CAST(? AS {text})")
		args = append(args, flow, parents[flow])
	}
	return "CASE m.flow" + when.String() + " END", args
}

func (t *tx) scanClaim(rows scanner) (syncer.Claim, error) {
	var claim syncer.Claim
	var evidence, row []byte
	var marked int64
	link, parent, intent := linkRow{}, linkRow{}, intentRow{}
	into := []any{
		&claim.Tenant, &claim.Flow, &claim.ID, &claim.Parent, &claim.Lane, &claim.Gone, &claim.Drift, &claim.Released,
		&claim.EventID, &claim.Trigger, &evidence, &row, &claim.RowGone, &claim.Number, &marked, &claim.Attempt, &claim.Snoozes, &claim.Doubt,
		&claim.Spec.Number, &claim.Spec.Version,
	}
	if err := rows.Scan(slices.Concat(into, link.fields(), parent.fields(), intent.fields())...); err != nil {
		return claim, err
	}
	claim.Evidence, claim.Row = evidence, row
	claim.Age = time.Duration(t.now-marked) * time.Microsecond
	var err error
	if claim.Link, err = link.link(); err != nil {
		return claim, err
	}
	if claim.ParentLink, err = parent.link(); err != nil {
		return claim, err
	}
	if claim.ParentLink != nil {
		claim.ParentLink.Base, claim.ParentLink.Refused = syncer.Base{}, nil
	}
	claim.Intent, err = intent.intent(claim.Key, t.now)
	return claim, err
}

// lease gives a claim its fence.
func (t *tx) lease(ctx context.Context, claim *syncer.Claim, d time.Duration) error {
	claim.Fence = t.next()
	err := t.do(ctx, `UPDATE {p}marks SET fence = ?, due = ?, doubt = ?, scan_number = 0 WHERE tenant = ? AND flow = ? AND id = ?`,
		claim.Fence, t.now+d.Microseconds(), flag(claim.Doubt), claim.Tenant, claim.Flow, claim.ID)
	if err != nil || claim.Link == nil {
		return err
	}
	claim.Link.Touched = claim.Fence
	return t.do(ctx, `UPDATE {p}links SET touched = ?, touched_at = ? WHERE tenant = ? AND flow = ? AND id = ?`,
		claim.Fence, t.now, claim.Tenant, claim.Flow, claim.ID)
}

// maxSkips is how many skips a query may name: a database takes so many parameters.
const maxSkips = 1000

// idle is how long until a mark may become due. Those that are due by now, but
// under a parent that leaves, wait for its result, and not for a time. If very much
// is skipped, it may be too short: then the next claim finds nothing.
func (t *tx) idle(ctx context.Context, request syncer.ClaimRequest) (time.Duration, error) {
	var later where
	later.add("m.status = 0 AND m.due > ?", t.now)
	always, sweeps := split(request.Skip)
	if skipped, args := amongSkips(always[:min(len(always), maxSkips)]); skipped != "" {
		later.add("NOT "+skipped, args...)
	}
	if skipped, args := amongSkips(sweeps[:min(len(sweeps), maxSkips)]); skipped != "" {
		later.add("NOT (m.lane = ? AND "+skipped+")", append([]any{syncer.Sweep}, args...)...)
	}
	due := sql.NullInt64{}
	err := t.one(ctx, &due, `SELECT MIN(m.due) FROM {p}marks m WHERE `+later.String(), later.args...)
	if err != nil || !due.Valid {
		return -1, err
	}
	return time.Duration(due.Int64-t.now) * time.Microsecond, nil
}
