// Package simtest runs flows through random histories, so that mistakes of a
// mapper, a source, a target or the engine show before they cost data:
//
//	func TestMyMapper(t *testing.T) {
//		simtest.Run(t, simtest.Options{Seeds: 200}, func(s *simtest.Sim) simtest.World { … })
//	}
//
// Records come, change, go, move and are merged; strangers edit the target;
// webhooks are lost, doubled, delayed and reordered; calls of both sides and of
// the store fail before or after they took effect, come late, or kill the
// process; several processes share a store; mappings change. Then the faults
// stop, the engine has some time, and the promises that package syncer names P1
// to P10 are checked; those that must hold at every moment are checked all along.
//
// One seed decides everything. Time is virtual, and each call waits at one gate,
// which lets one go at a time: what a seed breaks it always breaks, and its
// history is shortened until nothing can be left out.
//
// Source and Target put any source or target behind the gate. NewRecords,
// NewMirror and NewPair are both sides in memory. A source or target of your own
// must be in memory too, and must not wait for anything but virtual time.
package simtest
