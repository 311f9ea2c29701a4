// Package crash kills the engine's process, and its database, at random moments
// under load, and shows that both sides are equal in the end: no duplicates, and
// no mark lost that was acknowledged.
package crash
