package storetest

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/sqlstore"
)

// OpenSQL opens a store on the data with this name, like Open, and the database
// that it is in.
type OpenSQL func(t *testing.T, data string, opts ...sqlstore.Option) (*sqlstore.Store, *sql.DB, error)

// RunSQL checks what package sqlstore offers beside syncer.Store, with one of
// its databases.
func RunSQL(t *testing.T, open OpenSQL) {
	for _, c := range sqlChecks {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			data := newData()
			k := &sqlKit{kit: &kit{T: t, data: data}, open: open}
			k.store, k.db = k.again()
			k.Store = k.store
			c.check(k)
			k.must(k.Close())
		})
	}
}

type sqlKit struct {
	*kit
	open  OpenSQL
	store *sqlstore.Store
	db    *sql.DB
}

func (k *sqlKit) again(opts ...sqlstore.Option) (*sqlstore.Store, *sql.DB) {
	k.Helper()
	store, db, err := k.open(k.T, k.data, opts...)
	k.must(err)
	return store, db
}

// in runs f in a transaction of the application's.
func (k *sqlKit) in(f func(*sql.Tx) error) error {
	k.Helper()
	tx, err := k.db.BeginTx(k.ctx(), nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

var sqlChecks = []struct {
	sentence string
	check    func(*sqlKit)
}{
	{"a change that was noted in a transaction is marked once that commits, and only then", func(k *sqlKit) {
		k.must(k.in(func(tx *sql.Tx) error {
			return k.store.NotifyTx(k.ctx(), tx,
				syncer.Change{Tenant: "t", Flow: "f", Ref: syncer.Ref{ID: "a\x00'", Parent: "p"}, Gone: true, EventID: "e", Evidence: []byte("\xff")},
				syncer.Change{Tenant: "t", Flow: "f", Ref: syncer.Ref{ID: "b"}},
			)
		}))
		undone := errors.New("undone")
		k.refused(k.in(func(tx *sql.Tx) error {
			return errors.Join(k.store.NotifyTx(k.ctx(), tx, syncer.Change{Tenant: "t", Flow: "f", Ref: syncer.Ref{ID: "c"}}), undone)
		}), undone)
		claims := k.claimAll(long)
		k.same("claimed", k.ids(claims), []string{"a\x00'", "b"})
		c := claims[0]
		k.equal("mark", c.Parent+" "+c.Trigger+" "+c.EventID+" "+string(c.Evidence), "p webhook e \xff")
		k.equal("gone", c.Gone, true)
		k.equal("lane", c.Lane, syncer.RealTime)
		k.equal("trigger", claims[1].Trigger, "notify")
		k.commit(result(c))
		k.commit(result(claims[1]))
		k.must(k.in(func(tx *sql.Tx) error { // the event id is known
			return k.store.NotifyTx(k.ctx(), tx, syncer.Change{Tenant: "t", Flow: "f", Ref: syncer.Ref{ID: "d"}, EventID: "e"})
		}))
		k.same("claimed", k.ids(k.claimAll(long)), nil)
	}},
	{"a change that was noted while its key is claimed is due when the result is committed", func(k *sqlKit) {
		k.mark(syncer.Mark{Key: key("a")})
		c := k.claim()
		k.must(k.in(func(tx *sql.Tx) error {
			return k.store.NotifyTx(k.ctx(), tx, syncer.Change{Tenant: "t", Flow: "f", Ref: syncer.Ref{ID: "a"}})
		}))
		k.same("claimed", k.ids(k.claimAll(long)), nil)
		k.commit(result(c))
		k.commit(result(k.claim()))
		k.equal("marks", k.counts("f"), syncer.MarkCounts{})
	}},
	{"no wake-up by a transaction is lost while many work", func(k *sqlKit) {
		race := newRace(k.kit, 6)
		race.notify = func(_ syncer.Store, key syncer.Key) error {
			return k.in(func(tx *sql.Tx) error {
				return k.store.NotifyTx(k.ctx(), tx, syncer.Change{Tenant: key.Tenant, Flow: key.Flow, Ref: syncer.Ref{ID: key.ID}})
			})
		}
		race.run(2, 3, 15)
	}},
	{"a change without tenant, flow or id is refused", func(k *sqlKit) {
		err := k.in(func(tx *sql.Tx) error {
			return k.store.NotifyTx(k.ctx(), tx, syncer.Change{Flow: "f", Ref: syncer.Ref{Parent: "p"}})
		})
		if err == nil || !strings.Contains(err.Error(), "no tenant") || !strings.Contains(err.Error(), "no id") {
			k.Errorf("got the error %v", err)
		}
	}},
	{"a change with an id that is too long is refused, before it is in the way of others", func(k *sqlKit) {
		long := strings.Repeat("x", syncer.MaxID+1)
		for _, change := range []syncer.Change{
			{Ref: syncer.Ref{ID: long}}, {Ref: syncer.Ref{ID: "a", Parent: long}}, {Ref: syncer.Ref{ID: "a"}, EventID: long},
		} {
			change.Tenant, change.Flow = "t", "f"
			err := k.in(func(tx *sql.Tx) error { return k.store.NotifyTx(k.ctx(), tx, change) })
			if err == nil || !strings.Contains(err.Error(), "an id of the change has 513 bytes") {
				k.Errorf("got the error %v", err)
			}
		}
	}},
	{"a value comes back as it was put, and nil removes it", func(k *sqlKit) {
		for _, name := range hostile() {
			value, err := k.store.Get(k.ctx(), name)
			k.must(err)
			k.equal("absent", value == nil, true)
			k.must(k.store.Put(k.ctx(), name, []byte("first")))
			k.must(k.store.Put(k.ctx(), name, []byte(name)))
		}
		for _, name := range hostile() {
			value, err := k.store.Get(k.ctx(), name)
			k.must(err)
			k.equal("value", string(value), name)
		}
		k.must(k.store.Put(k.ctx(), "a", []byte{}))
		value, err := k.store.Get(k.ctx(), "a")
		k.must(err)
		k.equal("empty is not absent", value != nil && len(value) == 0, true)
		k.must(k.store.Put(k.ctx(), "a", nil))
		value, err = k.store.Get(k.ctx(), "a")
		k.must(err)
		k.equal("absent", value == nil, true)
	}},
	{"a lock has one holder at a time, also through several handles", func(k *sqlKit) {
		other, _ := k.again()
		defer func() { k.must(other.Close()) }()
		k.must(k.store.Put(k.ctx(), "token", []byte("kept")))
		var holders, most atomic.Int64
		stores := []*sqlstore.Store{k.store, other}
		k.atOnce(6, func(_ syncer.Store, i int) error {
			unlock, err := stores[i%2].Lock(k.ctx(), "token")
			if err != nil {
				return err
			}
			most.Store(max(most.Load(), holders.Add(1)))
			_, err = stores[i%2].Get(k.ctx(), "token")
			holders.Add(-1)
			unlock()
			return err
		}, nil)
		k.equal("holders at once", most.Load(), int64(1))
		value, err := k.store.Get(k.ctx(), "token")
		k.must(err)
		k.equal("value", string(value), "kept")
	}},
	{"waiting for a lock ends with the context, and other keys are free", func(k *sqlKit) {
		unlock, err := k.store.Lock(k.ctx(), "a")
		k.must(err)
		ended, cancel := context.WithCancel(k.ctx())
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err = k.store.Lock(ended, "a")
		k.refused(err, context.Canceled)
		unlockOther, err := k.store.Lock(k.ctx(), "b")
		k.must(err)
		unlockOther()
		unlock()
		unlock, err = k.store.Lock(k.ctx(), "a")
		k.must(err)
		unlock()
	}},
	{"the lock of a process that died is free after a minute, and its release comes too late", func(k *sqlKit) {
		var offset atomic.Int64
		clock := sqlstore.WithClock(func() time.Time { return time.Now().Add(time.Duration(offset.Load())) })
		store, _ := k.again(clock)
		defer func() { k.must(store.Close()) }()
		late, err := store.Lock(k.ctx(), "a")
		k.must(err)
		offset.Store(int64(2 * time.Minute))
		unlock, err := store.Lock(k.ctx(), "a")
		k.must(err)
		late()
		ended, cancel := context.WithTimeout(k.ctx(), 100*time.Millisecond)
		defer cancel()
		_, err = store.Lock(ended, "a")
		k.refused(err, context.DeadlineExceeded)
		unlock()
	}},
	{"stores with different prefixes are independent", func(k *sqlKit) {
		other, _ := k.again(sqlstore.WithPrefix(k.data + "_other_"))
		defer func() { k.must(other.Close()) }()
		k.must(other.Notify(k.ctx(), []syncer.Mark{{Key: key("a")}}))
		k.equal("marks", k.counts("f"), syncer.MarkCounts{})
	}},
	{"a store of a newer version is refused, and left as it is", func(k *sqlKit) {
		prefix := k.data + "_newer_"
		newer := sqlstore.WithPrefix(prefix)
		store, db := k.again(newer)
		_, err := db.ExecContext(k.ctx(), `INSERT INTO `+prefix+`schema (version) VALUES (1000)`) //nolint:gosec // the prefix is made here
		k.must(err)
		k.must(store.Close())
		_, _, err = k.open(k.T, k.data, newer)
		k.refused(err, syncer.ErrStoreVersion)
		if err == nil || !strings.Contains(err.Error(), "version 1000") || !strings.Contains(err.Error(), "update the library") {
			k.Errorf("the error does not say what to do: %v", err)
		}
		_, err = db.ExecContext(k.ctx(), `DELETE FROM `+prefix+`schema WHERE version = 1000`) //nolint:gosec // the prefix is made here
		k.must(err)
		store, _ = k.again(newer)
		k.must(store.Close())
	}},
	{"many processes that start at once prepare the tables once", func(k *sqlKit) {
		prefix := sqlstore.WithPrefix(k.data + "_start_")
		k.atOnce(6, func(syncer.Store, int) error {
			store, _, err := k.open(k.T, k.data, prefix)
			if err != nil {
				return err
			}
			return errors.Join(store.Notify(k.ctx(), []syncer.Mark{{Key: key("a")}}), store.Close())
		}, nil)
	}},
	{"bad options are refused", func(k *sqlKit) {
		for _, option := range []sqlstore.Option{
			sqlstore.WithPrefix("a; DROP TABLE b"), sqlstore.WithPrefix(""), sqlstore.WithPrefix("A"), sqlstore.WithClock(nil),
		} {
			if _, _, err := k.open(k.T, k.data, option); err == nil {
				k.Error("a bad option was accepted")
			}
		}
	}},
}
