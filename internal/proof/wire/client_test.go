package wire_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
)

// exchange is a call of a client. Number n has a name of its own, always as long.
type exchange struct {
	name   string
	target bool // it goes to the target, not the source
	once   bool // it must not be repeated if it may have happened
	call   func(w *world, n int) error
	// done says how often number n has happened at the server.
	done func(w *world, n int) int
}

var errWrong = errors.New("the answer is wrong")

func name(n int) string { return fmt.Sprintf("Name %04d", n) }

// made is the contact of a source that is there from the beginning.
const made = "contact0000000000000"

var exchanges = []exchange{
	{
		name: "read from the source",
		call: func(w *world, _ int) error {
			c, err := w.crm.Contacts.Get(background(), made)
			if err == nil && (c.ID != made || c.FirstName != "Anna") {
				return errWrong
			}
			return err
		},
		done: func(*world, int) int { return 1 },
	},
	{
		name: "create at the source", once: true,
		call: func(w *world, n int) error {
			c, err := w.crm.Contacts.Create(background(), contacts.ContactCreate{FirstName: opt.Set(name(n))})
			if err == nil && c.FirstName != name(n) {
				return errWrong
			}
			return err
		},
		done: func(w *world, n int) int { return w.atSource(name(n)) },
	},
	{
		name: "create at the target", target: true, once: true,
		call: func(w *world, n int) error {
			c, err := w.app.Contacts.Create(background(), sendapp.ContactCreate{FirstName: opt.Set(name(n))})
			if err == nil && c.FirstName != name(n) {
				return errWrong
			}
			return err
		},
		done: func(w *world, n int) int { return w.atTarget(name(n)) },
	},
	{
		name: "update at the target", target: true,
		call: func(w *world, n int) error {
			c, err := w.app.Contacts.Update(background(), w.counterparts[n], sendapp.ContactUpdate{FirstName: opt.Set(name(n))})
			if err == nil && c.FirstName != name(n) {
				return errWrong
			}
			return err
		},
		done: func(w *world, n int) int { return w.atTarget(name(n)) },
	},
}

// What a client says happened has happened, once; and what it says did not, has
// not.
func TestClientsTellTheTruth(t *testing.T) {
	t.Parallel()
	for _, x := range exchanges {
		for _, chunks := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, chunks %t", x.name, chunks), func(t *testing.T) {
				t.Parallel()
				first := newWorld(t, chunks, 0)
				first.begin()
				bytes := first.measure(first.proxyOf(x), func() { require.NoError(t, x.call(first, 0)) })
				first.close()
				all := faults(bytes)
				var counts tally
				each(all, func(world int, some []fault) {
					w := newWorld(t, chunks, world%2)
					defer w.close()
					w.begin()
					for n, f := range some {
						w.tell(x, n+1, f, (world+n)%2 == 0, &counts)
					}
				})
				counts.struck(t, len(all))
				t.Logf("%s: %d bytes there, %d back; %d faults, %d calls failed, %d of them had happened",
					x.name, bytes[request], bytes[answer], len(all), counts.failed.Load(), counts.happened.Load())
			})
		}
	}
}

// tell makes a call through a fault, and checks what the client says of it.
func (w *world) tell(x exchange, n int, f fault, fresh bool, counts *tally) {
	w.Helper()
	var err error
	w.strike(w.proxyOf(x), f, fresh, counts, func() { err = x.call(w, n) })
	done := x.done(w, n)
	what := fmt.Sprintf("%s: %+v: it happened %d times: %v", x.name, f, done, err)
	assert.LessOrEqual(w, done, 1, what)
	unknown, unavailable := errors.Is(err, contacts.ErrUnknownOutcome), errors.Is(err, contacts.ErrUnavailable)
	switch {
	case err == nil:
		assert.Equal(w, 1, done, what)
	case x.once:
		assert.True(w, unknown || unavailable && done == 0, what)
	default:
		assert.True(w, unavailable, what)
	}
	if err != nil {
		counts.failed.Add(1)
		counts.happened.Add(int64(done))
	}
}
