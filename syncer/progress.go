package syncer

// progress notices a listing whose cursors go round in a circle, of any length:
// it keeps one of them, a later one after each doubling of the steps.
type progress struct {
	kept         string
	steps, until int
}

// circles reports whether the listing was at this cursor before.
func (p *progress) circles(cursor string) bool {
	if cursor == "" {
		return false
	}
	if cursor == p.kept {
		return true
	}
	if p.steps++; p.steps > p.until {
		p.kept, p.steps, p.until = cursor, 0, 2*p.until+1
	}
	return false
}
