package syncer

import "math"

// Allows says whether one more removal may happen: links is how many links a
// tenant's flow has now, removed how many were removed within the window. A
// Store asks it.
func (g Guard) Allows(links, removed int) bool {
	before := links + removed
	if links == 1 && before > 3 {
		return false // the last of a tenant that had more: an empty source is an error more often than not
	}
	limit := max(float64(g.Min), math.Floor(g.Share*float64(before)))
	return float64(removed+1) <= limit
}
