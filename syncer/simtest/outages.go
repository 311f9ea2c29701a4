package simtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// outage is why every call of a side fails for a while, and until when.
type outage struct {
	err   error
	until time.Time
}

// outages are what befalls a whole side: it is down, its token has expired, or its
// limit is used up by others.
var outages = []struct {
	name string
	err  error
}{
	{"is down", errUnavailable},
	{"refuses the token", &syncer.Error{Kind: syncer.KindAccount, Err: errors.New("401 the token has expired")}},
	{"has no requests left", &syncer.Error{Kind: syncer.KindPace, Wait: 5 * time.Second, Err: errors.New("429 too many requests")}},
}

// breakSide lets all calls of one side fail for a while.
func (s *Sim) breakSide(r *rand.Rand) string {
	side, what := []string{"source ", "target "}[r.IntN(2)], outages[r.IntN(len(outages))]
	last := time.Duration(1 + r.Int64N(int64(3*time.Minute)))
	s.broke[side] = outage{what.err, time.Now().Add(last)}
	return fmt.Sprintf("the %s%s for %s", side, what.name, last.Round(time.Second))
}

// out is why a call's side does not answer now; nil if it does.
func (s *Sim) out(label string) error {
	for side, outage := range s.broke {
		if strings.HasPrefix(label, side) && !s.calm && time.Now().Before(outage.until) {
			return outage.err
		}
	}
	return nil
}
