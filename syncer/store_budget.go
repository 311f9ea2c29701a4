package syncer

import (
	"context"
	"time"
)

// LoanRequest asks for requests of a rate limit that processes share.
type LoanRequest struct {
	// Rate names the limit, Holder who borrows: a process.
	Rate, Holder string
	// N is how many requests are wanted.
	N int
	// Requests are allowed in each Window.
	Requests int
	Window   time.Duration
	// Hold is how long a loan may be out. Whoever has not repaid it by then is dead,
	// and has sent nothing since.
	Hold time.Duration
}

// Loan are requests that the borrower may send.
type Loan struct {
	// ID is a number of the store's sequence.
	ID int64
	// Requests is how many; 0 if there are none. Then Wait is how long it takes until
	// there may be some.
	Requests int
	Wait     time.Duration
}

// Repayment ends a loan.
type Repayment struct {
	Rate string
	ID   int64
	// Unspent is how many of its requests were not sent.
	Unspent int
	// Window is how long the others still count.
	Window time.Duration
}

// BudgetStore lends the requests of rate limits that processes share; see
// NewBudget.
type BudgetStore interface {
	// Lend lends requests. All that is lent, and all that was spent in the window
	// before, is never more than LoanRequest.Requests. A loan is N at most, and
	// Requests/(4 × holders), but at least 1; the holders are those with requests
	// that are lent or still count, and the borrower. A loan that is not repaid
	// counts until Hold and Window have passed.
	Lend(ctx context.Context, request LoanRequest) (Loan, error)
	// Repay ends a loan: what was not spent is free at once, the rest when the window
	// has passed. To repay a loan that has ended, or never was, changes nothing.
	Repay(ctx context.Context, repayment Repayment) error
}

// LoanShare is how many requests a loan has at most, with so many holders.
func LoanShare(requests, holders int) int { return max(1, requests/(4*max(1, holders))) }

// loanWait is how long a borrower waits for what others may repay, at most.
const loanWait = time.Second

// LoanWait is the wait of a Loan without requests, of which the first ones that
// count are free again after d.
func LoanWait(d time.Duration) time.Duration { return max(time.Millisecond, min(d, loanWait)) }
