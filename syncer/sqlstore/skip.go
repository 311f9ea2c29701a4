package sqlstore

import (
	"slices"
	"strings"

	"github.com/contactlink/contactlink/syncer"
)

// split tells what is skipped in all lanes from what is in the lane Sweep.
func split(skips []syncer.Skip) (always, sweeps []syncer.Skip) {
	for _, skip := range skips {
		if skip.Sweeps {
			sweeps = append(sweeps, skip)
		} else {
			always = append(always, skip)
		}
	}
	return always, sweeps
}

// skipsIn is what is skipped in a lane.
func skipsIn(lane syncer.Lane, skips []syncer.Skip) []syncer.Skip {
	skips = slices.Clone(skips)
	if lane != syncer.Sweep {
		skips, _ = split(skips)
	}
	for i := range skips {
		skips[i].Sweeps = false
	}
	return skips
}

// amongSkips is the condition that a mark m is one of those that are skipped;
// empty if none is.
func amongSkips(skips []syncer.Skip) (condition string, args []any) {
	var parts []string
	var tenants, flows []string
	var both []syncer.Skip
	for _, skip := range skips {
		switch {
		case skip.Tenant == "" && skip.Flow == "":
			parts = append(parts, "1 = 1")
		case skip.Flow == "":
			tenants = append(tenants, skip.Tenant)
		case skip.Tenant == "":
			flows = append(flows, skip.Flow)
		default:
			both = append(both, skip)
		}
	}
	if len(tenants) > 0 {
		is, of := in("m.tenant", tenants)
		parts, args = append(parts, "1 = 1"+is), append(args, of...)
	}
	if len(flows) > 0 {
		is, of := in("m.flow", flows)
		parts, args = append(parts, "1 = 1"+is), append(args, of...)
	}
	if len(both) > 0 {
		const pair = "(CAST(? AS {text}), CAST(? AS {text}))"
		parts = append(parts, "(m.tenant, m.flow) IN (VALUES "+pair+strings.Repeat(", (?, ?)", len(both)-1)+")")
		for _, skip := range both {
			args = append(args, skip.Tenant, skip.Flow)
		}
	}
	if len(parts) == 0 {
		return "", nil
	}
	return "(" + strings.Join(parts, " OR ") + ")", args
}
