package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/contactlink/contactlink/syncer"
)

// ready chooses the marks that may be claimed, lane by lane. It reads an index
// only, and of that no more than it needs, however many marks wait.
func (t *tx) ready(ctx context.Context, request syncer.ClaimRequest) ([]syncer.Key, error) {
	lanes := []syncer.Lane{request.First}
	for _, lane := range []syncer.Lane{syncer.RealTime, syncer.Retry, syncer.Sweep} {
		if lane != request.First {
			lanes = append(lanes, lane)
		}
	}
	var chosen []syncer.Key
	taken := map[string]int{}
	for _, lane := range lanes {
		if len(chosen) >= request.N {
			break
		}
		keys, err := t.readyIn(ctx, lane, request, taken, request.N-len(chosen))
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			taken[key.Tenant]++
		}
		chosen = append(chosen, keys...)
	}
	return chosen, nil
}

// waiting is a mark that may be claimed.
type waiting struct {
	syncer.Key
	number int64
	turn   int // how many of the tenant's go before it
}

// readyIn chooses up to n marks of a lane: each tenant's first before any
// tenant's second one (P9).
func (t *tx) readyIn(ctx context.Context, lane syncer.Lane, request syncer.ClaimRequest, taken map[string]int, n int) ([]syncer.Key, error) {
	skips := skipsIn(lane, request.Skip)
	firsts, err := t.firstsIn(ctx, lane, request.Parents, skips)
	if err != nil {
		return nil, err
	}
	without := map[syncer.Skip]bool{}
	for _, skip := range skips {
		without[skip] = true
	}
	firsts = slices.DeleteFunc(firsts, func(w waiting) bool {
		return without[syncer.Skip{Tenant: w.Tenant}] || request.PerTenant > 0 && taken[w.Tenant] >= request.PerTenant
	})
	if len(firsts) == 0 {
		return nil, nil
	}
	// Of many tenants, the oldest marks' have their turn.
	slices.SortFunc(firsts, func(a, b waiting) int { return cmp.Compare(a.number, b.number) })
	var tenants []string
	for _, first := range firsts[:min(n, len(firsts))] {
		tenants = append(tenants, first.Tenant)
	}
	// As many of each tenant as are needed if all have so many; if some have fewer,
	// and that leaves room, as many as there is room for.
	var found []waiting
	for _, each := range []int{(n + len(tenants) - 1) / len(tenants), n} {
		if found, err = t.firstOf(ctx, lane, tenants, each, request.Parents, skips); err != nil {
			return nil, err
		}
		if request.PerTenant > 0 {
			found = slices.DeleteFunc(found, func(w waiting) bool { return taken[w.Tenant]+w.turn >= request.PerTenant })
		}
		if len(found) >= n {
			break
		}
	}
	slices.SortFunc(found, func(a, b waiting) int {
		return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(a.number, b.number))
	})
	var keys []syncer.Key
	for _, w := range found[:min(n, len(found))] {
		keys = append(keys, w.Key)
	}
	return keys, nil
}

// firstsIn lists the tenants that have marks in a lane which may be claimed,
// with the number of the first, by two looks into the index for each.
func (t *tx) firstsIn(ctx context.Context, lane syncer.Lane, parents map[string]string, skips []syncer.Skip) (firsts []waiting, err error) {
	const next = `SELECT m.tenant FROM {p}marks m WHERE m.status = 0 AND m.lane = ?`
	ready, args := mayBeClaimed(lane, t.now, parents, skips)
	err = t.each(ctx, func(rows scanner) error {
		var w waiting
		var number sql.NullInt64
		err := rows.Scan(&w.Tenant, &number)
		if w.number = number.Int64; number.Valid {
			firsts = append(firsts, w)
		}
		return err
	}, `WITH RECURSIVE each_of (tenant) AS (
			SELECT (`+next+` ORDER BY m.tenant LIMIT 1)
			UNION ALL
			SELECT (`+next+` AND m.tenant > each_of.tenant ORDER BY m.tenant LIMIT 1) FROM each_of WHERE each_of.tenant IS NOT NULL
		) SELECT tenant, (SELECT m.number `+ready+` AND m.tenant = each_of.tenant ORDER BY m.number LIMIT 1)
		FROM each_of WHERE tenant IS NOT NULL`, append([]any{lane, lane}, args...)...)
	return firsts, err
}

// mayBeClaimed chooses the marks m of a lane that are due, not of a flow that
// pauses, nor skipped, and not under a parent that leaves; skipped tenants are
// among them. The plus keeps the database to the index of their order.
func mayBeClaimed(lane syncer.Lane, now int64, parents map[string]string, skips []syncer.Skip) (query string, args []any) {
	parentFlow, flows := parentFlow(parents)
	skipped, skippedArgs := amongSkips(slices.DeleteFunc(slices.Clone(skips), func(s syncer.Skip) bool { return s.Tenant != "" && s.Flow == "" }))
	if skipped != "" {
		skipped = " AND NOT " + skipped
	}
	query = `FROM {p}marks m WHERE m.status = 0 AND m.lane = ? AND +m.due <= ? AND NOT EXISTS (
		SELECT 1 FROM {p}links p WHERE p.tenant = m.tenant AND p.flow = ` + parentFlow + ` AND p.id = m.parent AND p.state = ?)
		AND NOT EXISTS (SELECT 1 FROM {p}pauses x WHERE x.tenant = m.tenant AND x.flow = m.flow)` + skipped
	return query, slices.Concat([]any{lane, now}, flows, []any{string(syncer.Leaving)}, skippedArgs)
}

// firstOf reads the first marks of each tenant that may be claimed.
func (t *tx) firstOf(ctx context.Context, lane syncer.Lane, tenants []string, each int, parents map[string]string, skips []syncer.Skip) ([]waiting, error) {
	var found []waiting
	for some := range slices.Chunk(tenants, t.store.dialect.parts) {
		var parts []string
		var args []any
		for _, tenant := range some {
			ready, chosen := mayBeClaimed(lane, t.now, parents, slices.DeleteFunc(slices.Clone(skips), func(s syncer.Skip) bool {
				return s.Tenant != "" && s.Tenant != tenant
			}))
			// Each part stops by itself when it has enough.
			parts = append(parts, `SELECT * FROM (SELECT m.tenant, m.flow, m.id, m.number `+ready+` AND m.tenant = ? ORDER BY m.number LIMIT ?) part`)
			args = append(append(args, chosen...), tenant, each)
		}
		turns := map[string]int{}
		err := t.each(ctx, func(rows scanner) error {
			var w waiting
			err := rows.Scan(&w.Tenant, &w.Flow, &w.ID, &w.number)
			w.turn = turns[w.Tenant]
			turns[w.Tenant]++
			found = append(found, w)
			return err
		}, strings.Join(parts, " UNION ALL ")+` ORDER BY number`, args...)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
