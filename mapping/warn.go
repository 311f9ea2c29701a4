package mapping

import (
	"context"
	"slices"
	"sync"
)

// Warning is something that a mapper noticed and that is neither a failure nor
// a difference: a phone number that can't be dialled.
type Warning struct {
	Field string // the field of the result that it is about
	Text  string // without values: it stands in logs
}

type collector struct {
	mu       sync.Mutex
	warnings []Warning
}

type collectorKey struct{}

// CollectWarnings returns a context whose mappers' warnings are collected, and a
// function that returns them. The engine calls it.
func CollectWarnings(ctx context.Context) (context.Context, func() []Warning) {
	c := &collector{}
	return context.WithValue(ctx, collectorKey{}, c), func() []Warning {
		c.mu.Lock()
		defer c.mu.Unlock()
		return slices.Clone(c.warnings)
	}
}

// Warn reports a warning. It does nothing where nobody collects them.
func Warn(ctx context.Context, field, text string) {
	c, ok := ctx.Value(collectorKey{}).(*collector)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.warnings = append(c.warnings, Warning{Field: field, Text: text})
}
