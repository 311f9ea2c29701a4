package simtest

import (
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// Faults says what may go wrong, and how often: each is the probability for one
// call. The zero value is a world without faults.
type Faults struct {
	// Before: a call fails without an effect. After: it fails although it took
	// effect.
	Before, After float64
	// Late: a call takes effect, or an answer comes, so late that deadlines and
	// leases end meanwhile.
	Late float64
	// Crash: the process dies at the call.
	Crash float64
	// Store says that calls of the store fail and come late, too: what it answered
	// with an error may have happened.
	Store bool
	// Outages says that now and then a side fails as a whole for some minutes: it is
	// down, refuses its token, or has no requests left.
	Outages bool
}

// verdict is what becomes of a call.
type verdict struct {
	fault   fault
	err     error
	late    time.Duration // until it takes effect
	latency time.Duration // until the answer is there
	flies   bool          // a request on its way arrives although its sender died
}

type fault uint8

const (
	faultNone fault = iota
	faultBefore
	faultAfter
	faultCrashBefore
	faultCrashAfter
)

var faultNames = [...]string{"", " !fails", " !fails after the effect", " !crash", " !crash after the effect"}

var (
	errUnavailable = &syncer.Error{Kind: syncer.KindTransient, Err: errors.New("503 unavailable")}
	errReset       = errors.New("connection reset")
	errDied        = errors.New("simtest: the process died")
	errDisk        = errors.New("simtest: the store does not work")
)

// errorsBefore are what a side answers that did nothing.
var errorsBefore = []error{
	errUnavailable, errReset, errUnavailable,
	&syncer.Error{Kind: syncer.KindPace, Wait: 3 * time.Second, Err: errors.New("429 too many requests")},
}

// errorsAfter are what a side answers although it did it.
var errorsAfter = []error{errReset, errUnavailable}

// draws is the randomness that belongs to a text: a label, or the name of an
// event. It depends on nothing else, so that a history from which something is
// left out is still alike.
func (s *Sim) draws(text string) *rand.Rand {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(text))                    // it never fails
	return rand.New(rand.NewPCG(s.seed, hash.Sum64())) //nolint:gosec // a simulation, not a secret
}

// judge decides what becomes of a call: the name is its label and how often
// there was one with it.
func (s *Sim) judge(name string, call callKind) verdict {
	r := s.draws(name)
	v := verdict{flies: r.IntN(2) == 0}
	if call == network {
		v.latency = time.Duration(1 + r.Int64N(int64(150*time.Millisecond)))
	}
	roll, which := r.Float64(), r.IntN(1<<20)
	late := time.Duration(r.Int64N(int64(2 * s.lease)))
	if r.IntN(2) == 0 {
		late /= 3 // the answer comes in time
	}
	f := s.world.Faults
	if s.calm || call == inside || s.plan.mutes(name) {
		return v
	}
	if call == store && !f.Store {
		f.Before, f.After, f.Late = 0, 0, 0
	}
	before, after := errorsBefore[which%len(errorsBefore)], errorsAfter[which%len(errorsAfter)]
	if call == store {
		before, after = errDisk, errDisk
	}
	for _, choice := range []struct {
		share   float64
		verdict verdict
	}{
		{f.Before, verdict{fault: faultBefore, err: before}},
		{f.After, verdict{fault: faultAfter, err: after}},
		{f.Crash / 2, verdict{fault: faultCrashBefore, err: errDied}},
		{f.Crash / 2, verdict{fault: faultCrashAfter, err: errDied}},
		{f.Late / 2, verdict{late: late}},
		{f.Late / 2, verdict{latency: late}},
	} {
		if roll -= choice.share; roll < 0 {
			latency := v.latency
			choice.verdict.flies = v.flies
			v = choice.verdict
			if v.latency == 0 {
				v.latency = latency
			}
			s.faulted = append(s.faulted, name)
			return v
		}
	}
	return v
}
