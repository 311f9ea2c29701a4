package syncer

import (
	"context"
	"errors"
	"time"
)

// storing does something with the store, and does it again, later and later, as
// long as the store is away. Other errors are the caller's.
func (e *Engine) storing(ctx context.Context, do func() error) error {
	for attempt := 0; ; attempt++ {
		err := do()
		if !errors.Is(err, ErrStoreAway) {
			if err == nil {
				e.storeAway(nil)
			}
			return err
		}
		e.storeAway(err)
		if waiting := pause(ctx, min(e.backoff(attempt), longestAway)); waiting != nil {
			return err
		}
	}
}

// longestAway is how long the engine waits at most before it tries a store again
// that is away.
const longestAway = 30 * time.Second

// storeAway says that the store is away, or back, if that is news.
func (e *Engine) storeAway(err error) {
	e.mu.Lock()
	news := e.away != (err != nil)
	e.away = err != nil
	e.mu.Unlock()
	switch {
	case !news:
	case err != nil:
		e.alert(Alert{Kind: AlertStore, Text: "the store is away, and is waited for: " + err.Error()})
	default:
		e.alert(Alert{Kind: AlertStore, Text: "the store is back", Ended: true})
	}
}
