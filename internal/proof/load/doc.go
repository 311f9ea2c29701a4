// Package load runs the engine on a tenant of a size that the other tests have no
// time for, beside a small one that must not notice.
package load
