package sqlstore

import (
	"context"
	"fmt"
	"time"
)

const (
	// lockLease is how long a lock is held at most.
	lockLease = time.Minute
	// lockPoll is how often a lock that another holds is tried.
	lockPoll = 50 * time.Millisecond
	// unlockWait is how long a release may take, because it happens also when the
	// caller's context has ended.
	unlockWait = 10 * time.Second
)

// Get returns the value of a key, or nil, nil if there is none. Together with
// Put and Lock it keeps tokens: the store is a contacts.TokenStore. Values are
// stored as they are given; encrypt what must not be read by who can read the
// database.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	var value []byte
	err := s.read(ctx, "read a value", func(rows scanner) error {
		err := rows.Scan(&value)
		if value == nil {
			value = []byte{}
		}
		return err
	}, `SELECT value FROM {p}secrets WHERE name = ? AND value IS NOT NULL`, key)
	return value, err
}

// Put stores the value of a key, and has it on disk when it returns. A nil value
// removes it.
func (s *Store) Put(ctx context.Context, key string, value []byte) error {
	return s.write(ctx, "store a value", func(t *tx) error {
		return t.do(ctx, `INSERT INTO {p}secrets (name, value, holder, until) VALUES (?, ?, 0, 0)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, key, blob(value))
	})
}

// Lock waits until nobody else holds the lock of a key, in this process or
// another, or ctx ends. Whoever got it calls unlock. A lock that was not released
// within a minute, because its process died, is free again: what is done under
// it has to have ended by then.
func (s *Store) Lock(ctx context.Context, key string) (unlock func(), err error) {
	for {
		holder, wait, err := s.tryLock(ctx, key)
		if err != nil {
			return nil, err
		}
		if holder != 0 {
			return func() { s.unlock(ctx, key, holder) }, nil
		}
		timer := time.NewTimer(min(wait, lockPoll))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("sqlstore: wait for the lock of another holder: %w", ctx.Err())
		case <-timer.C:
		}
	}
}

// tryLock takes the lock if it is free: then holder is a number that nobody else
// has. Otherwise wait is how long it is held at most.
func (s *Store) tryLock(ctx context.Context, key string) (holder int64, wait time.Duration, err error) {
	err = s.write(ctx, "take a lock", func(t *tx) error {
		until := int64(0)
		if err := t.one(ctx, &until, `SELECT until FROM {p}secrets WHERE name = ? AND holder <> 0`, key); err != nil {
			return err
		}
		if until > t.now {
			wait = time.Duration(until-t.now) * time.Microsecond
			return nil
		}
		holder = t.next()
		return t.do(ctx, `INSERT INTO {p}secrets (name, holder, until) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until`,
			key, holder, t.now+lockLease.Microseconds())
	})
	if err != nil {
		return 0, 0, err
	}
	return holder, wait, nil
}

// unlock releases the lock, unless it ran out and another has it. If that fails,
// it runs out.
func (s *Store) unlock(ctx context.Context, key string, holder int64) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockWait)
	defer cancel()
	_ = s.write(ctx, "release a lock", func(t *tx) error {
		return t.do(ctx, `UPDATE {p}secrets SET holder = 0 WHERE name = ? AND holder = ?`, key, holder)
	})
}
