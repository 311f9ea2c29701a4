package soak_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/syncer"
)

// size is what the process and the store have at the end of a day.
type size struct {
	goroutines, files, events int
	heap, store               int64 // bytes
	oldest                    time.Duration
}

// String is the size for people.
func (s size) String() string {
	return fmt.Sprintf("%d goroutines, %d files, heap %d KB, store %d KB, %d rows of the log, the oldest of %s ago",
		s.goroutines, s.files, s.heap>>10, s.store>>10, s.events, s.oldest.Round(time.Minute))
}

func (w *world) measure() (s size) {
	w.Helper()
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	s.heap, s.goroutines = int64(memory.HeapAlloc), runtime.NumGoroutine()
	open, err := os.ReadDir("/proc/self/fd") // where there is none, they are not counted
	if err == nil {
		s.files = len(open)
	}
	for _, name := range []string{w.file, w.file + "-wal"} {
		if info, err := os.Stat(name); err == nil {
			s.store += info.Size()
		}
	}
	for event, err := range w.engine.Events(context.Background(), syncer.EventQuery{}) {
		require.NoError(w, err)
		if s.events == 0 {
			s.oldest = time.Since(event.Time)
		}
		s.events++
	}
	return s
}

// bounded checks that nothing grew since the first day, but for what is retained:
// that is full after the second.
func bounded(t *testing.T, had []size) {
	t.Helper()
	const atWork = 8 // goroutines: at the end of one day a sweep is at work, of another none
	first, full := had[0], had[min(1, len(had)-1)]
	for day, has := range had {
		assert.LessOrEqual(t, has.goroutines, first.goroutines+atWork, "goroutines of day %d", day+1)
		assert.LessOrEqual(t, has.files, first.files, "files of day %d", day+1)
		assert.LessOrEqual(t, has.oldest, retention+time.Hour, "the log of day %d", day+1)
		if day > 1 {
			assert.LessOrEqual(t, has.store, full.store+full.store/2, "the store of day %d", day+1)
			assert.LessOrEqual(t, has.heap, full.heap+8<<20, "the heap of day %d", day+1)
		}
	}
}
