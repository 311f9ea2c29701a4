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

// scanner is a row of a result.
type scanner = *sql.Rows

// Claim implements syncer.MarkStore.
func (s *Store) Claim(ctx context.Context, request syncer.ClaimRequest) (claims []syncer.Claim, idle time.Duration, err error) {
	err = s.write(ctx, "claim marks", func(t *tx) error {
		claims, err = t.ready(ctx, request)
		if err != nil {
			return err
		}
		if len(claims) == 0 {
			idle, err = t.idle(ctx, request)
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

// ready reads the marks that may be claimed, the most urgent first, with what
// is known of their keys and parents.
func (t *tx) ready(ctx context.Context, request syncer.ClaimRequest) ([]syncer.Claim, error) {
	parentFlow, args := parentFlow(request.Parents)
	skip, skipped := skipping(request.Skip)
	args = append(args, t.now)
	args = append(args, skipped...)
	most := request.N
	if request.PerTenant > 0 {
		most *= 1 + request.N/request.PerTenant
	}
	args = append(args, string(syncer.Leaving), request.First, most)
	var claims []syncer.Claim
	err := t.store.each(ctx, t, func(rows scanner) error {
		claim, err := scanClaim(rows)
		claims = append(claims, claim)
		return err
	}, `SELECT m.tenant, m.flow, m.id, m.parent, m.lane, m.gone, m.drift, m.released, m.event_id, m.cause, m.evidence,
			CASE WHEN m.scan_number = m.number THEN m.scanned END, m.scan_number = m.number AND m.scanned_gone = 1,
			m.number, m.attempt, m.snoozes, m.doubt = 1 OR m.fence <> 0, COALESCE(s.number, 0), COALESCE(s.version, ''),
			`+linkColumns("l")+`, `+linkColumns("p")+`
		FROM {p}marks m
		LEFT JOIN {p}links l ON l.tenant = m.tenant AND l.flow = m.flow AND l.id = m.id
		LEFT JOIN {p}links p ON p.tenant = m.tenant AND p.flow = `+parentFlow+` AND p.id = m.parent
		LEFT JOIN {p}specs s ON s.tenant = m.tenant AND s.flow = m.flow
		WHERE m.status = 0 AND m.due <= ?`+skip+` AND (p.state IS NULL OR p.state <> ?)
		ORDER BY CASE WHEN m.lane = ? THEN -1 ELSE m.lane END,
			ROW_NUMBER() OVER (PARTITION BY m.tenant, m.lane ORDER BY m.number), m.number LIMIT ?`, args...)
	taken := map[string]int{}
	claims = slices.DeleteFunc(claims, func(claim syncer.Claim) bool {
		taken[claim.Tenant]++
		return request.PerTenant > 0 && taken[claim.Tenant] > request.PerTenant
	})
	return claims[:min(len(claims), request.N)], err
}

// parentFlow is an expression for the flow of a mark's parent.
func parentFlow(parents map[string]string) (string, []any) {
	if len(parents) == 0 {
		return "NULL", nil
	}
	var when strings.Builder
	var args []any
	for _, flow := range slices.Sorted(maps.Keys(parents)) {
		when.WriteString(" WHEN ? THEN ?")
		args = append(args, flow, parents[flow])
	}
	return "CASE m.flow" + when.String() + " END", args
}

// skipping is a condition that leaves tenants out.
func skipping(tenants []string) (string, []any) {
	if len(tenants) == 0 {
		return "", nil
	}
	args := make([]any, len(tenants))
	for i, tenant := range tenants {
		args[i] = tenant
	}
	return " AND m.tenant NOT IN (?" + strings.Repeat(", ?", len(tenants)-1) + ")", args
}

func scanClaim(rows scanner) (syncer.Claim, error) {
	var claim syncer.Claim
	var evidence, row []byte
	link, parent := linkRow{}, linkRow{}
	into := []any{
		&claim.Tenant, &claim.Flow, &claim.ID, &claim.Parent, &claim.Lane, &claim.Gone, &claim.Drift, &claim.Released,
		&claim.EventID, &claim.Trigger, &evidence, &row, &claim.RowGone, &claim.Number, &claim.Attempt, &claim.Snoozes, &claim.Doubt,
		&claim.Spec.Number, &claim.Spec.Version,
	}
	into = append(append(into, link.fields()...), parent.fields()...)
	if err := rows.Scan(into...); err != nil {
		return claim, err
	}
	claim.Evidence, claim.Row = evidence, row
	var err error
	if claim.Link, err = link.link(); err != nil {
		return claim, err
	}
	if claim.ParentLink, err = parent.link(); err == nil && claim.ParentLink != nil {
		claim.ParentLink.Base, claim.ParentLink.Refused = syncer.Base{}, nil
	}
	return claim, err
}

// lease gives a claim its fence.
func (t *tx) lease(ctx context.Context, claim *syncer.Claim, d time.Duration) error {
	claim.Fence = t.next()
	err := t.do(ctx, `UPDATE {p}marks SET fence = ?, due = ?, doubt = ?, scan_number = 0 WHERE tenant = ? AND flow = ? AND id = ?`,
		claim.Fence, t.now+d.Microseconds(), flag(claim.Doubt), claim.Tenant, claim.Flow, claim.ID)
	if err != nil {
		return err
	}
	if claim.Intent, err = t.intent(ctx, claim.Key); err != nil || claim.Link == nil {
		return err
	}
	claim.Link.Touched = claim.Fence
	return t.do(ctx, `UPDATE {p}links SET touched = ?, touched_at = ? WHERE tenant = ? AND flow = ? AND id = ?`,
		claim.Fence, t.now, claim.Tenant, claim.Flow, claim.ID)
}

// idle is how long until a mark may become due.
func (t *tx) idle(ctx context.Context, request syncer.ClaimRequest) (time.Duration, error) {
	skip, args := skipping(request.Skip)
	due := sql.NullInt64{}
	if err := t.one(ctx, &due, `SELECT MIN(m.due) FROM {p}marks m WHERE m.status = 0`+skip, args...); err != nil || !due.Valid {
		return -1, err
	}
	return max(0, time.Duration(due.Int64-t.now)*time.Microsecond), nil
}
