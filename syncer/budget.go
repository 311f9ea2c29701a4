package syncer

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"time"
)

// Rate is a rate limit that several processes share.
type Rate struct {
	// App and Location are whose limit it is: the Contacts API counts for each app in
	// each location. For SendApp, they are what tells its accounts apart.
	App, Location string
	// Requests are allowed in each Window. They are those of the clients' limiter.
	// The defaults are the Contacts API's: 100 in 10 seconds.
	Requests int
	Window   time.Duration
	// Hold is the longest time from borrowing to returning: what a request may take,
	// and how long a process may stall. The default is 35 seconds.
	Hold time.Duration
}

// Budget lends the requests of a Rate. It is what the clients of package contacts
// take as contacts.RateLimits.Budget.
type Budget struct {
	store  BudgetStore
	rate   Rate
	name   string
	holder string
}

// NewBudget returns a limit that all processes with this store share. Each limiter
// has one of its own:
//
//	limiter, err := contacts.NewLimiter(contacts.RateLimits{
//		Budget: syncer.NewBudget(store, syncer.Rate{App: appID, Location: locationID}),
//	})
func NewBudget(store BudgetStore, rate Rate) *Budget {
	rate.Requests = cmp.Or(rate.Requests, 100)
	rate.Window = cmp.Or(rate.Window, 10*time.Second)
	rate.Hold = cmp.Or(rate.Hold, 35*time.Second)
	return &Budget{store: store, rate: rate, name: fmt.Sprintf("%q %q", rate.App, rate.Location), holder: rand.Text()}
}

// Borrow lends up to n requests under an id. If it lends none, wait says when to
// ask again.
func (b *Budget) Borrow(ctx context.Context, n int) (id string, lent int, wait time.Duration, err error) {
	loan, err := b.store.Lend(ctx, LoanRequest{
		Rate: b.name, Holder: b.holder, N: n, Requests: b.rate.Requests, Window: b.rate.Window, Hold: b.rate.Hold,
	})
	if err != nil {
		return "", 0, 0, fmt.Errorf("syncer: borrow requests: %w", err)
	}
	return strconv.FormatInt(loan.ID, 10), loan.Requests, loan.Wait, nil
}

// Return ends a loan.
func (b *Budget) Return(ctx context.Context, id string, unspent int) error {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return fmt.Errorf("syncer: %q is no id of a loan", id)
	}
	err = b.store.Repay(ctx, Repayment{Rate: b.name, ID: number, Unspent: unspent, Window: b.rate.Window})
	if err != nil {
		return fmt.Errorf("syncer: return requests: %w", err)
	}
	return nil
}
