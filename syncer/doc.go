// Package syncer keeps the records of one system in step with another: the
// engine between a Source, where records are true, and a Target, where they are
// mirrored. It knows neither API; syncer/flows has the ready-made flows between
// the Contacts API and SendApp.
//
// It is level-triggered. A trigger (a webhook, a sweep, a call) says only that a
// key may have changed. The worker that claims the key reads the source, maps
// the record, compares the result with what was agreed on last, and sends what
// changed. So triggers that come twice, late, in any order or not at all do no
// harm.
//
// # Promises
//
// They are named P1 to P10 at the lines that enforce them:
//
//   - P1, convergence: when both sides stop changing and answer, every key is in
//     step, or the log says why not.
//   - P2, no duplicates: one source record has at most one target record.
//   - P3, nothing lost: what Notify acknowledged survives a crash.
//   - P4, no damage: unmapped fields are never written, sets are merged, a mass
//     delete is held by a guard.
//   - P5, no echo: what is compared is content, never a clock or a flag.
//   - P6, order: one worker a key, parents before their children.
//   - P7, thrift: an unchanged record costs no write, and no read of its own.
//   - P8, truth: the log and the reports say what happened.
//   - P9, isolation: a tenant's trouble stays its own.
//   - P10: no cursor goes ahead of what is stored, and absence from a listing is
//     no deletion until a read confirms it.
//
// # Trouble
//
// An error of a side has a Kind, which says what it means: for the record alone,
// for the side (its circuit opens, and probes close it), or for the tenant, which
// pauses with the reason and heals itself. A store that is away for a while, in the
// sense of ErrStoreAway, is waited for; any other error of the store ends Run.
// What a person should know comes to Config.OnAlert, once, and once more when it
// has ended.
//
// When a new mapping comes into force, by Backfill, its values are made of the
// records as they were read last, and what changed is sent: without reading the
// source again. A record of which it makes the same costs nothing, and one that
// was read without a field which its rules read now is read. Another process with
// the older mapping writes nothing for that flow from then on.
package syncer
