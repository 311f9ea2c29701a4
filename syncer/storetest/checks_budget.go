package storetest

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// aLoan asks for some of 80 requests in an hour.
func aLoan(holder string, n int) syncer.LoanRequest {
	return syncer.LoanRequest{Rate: "r", Holder: holder, N: n, Requests: 80, Window: time.Hour, Hold: time.Hour}
}

func (k *kit) lend(request syncer.LoanRequest) syncer.Loan {
	k.Helper()
	loan, err := k.Lend(k.ctx(), request)
	k.must(err)
	return loan
}

func (k *kit) repay(loan syncer.Loan, unspent int, window time.Duration) {
	k.Helper()
	k.must(k.Repay(k.ctx(), syncer.Repayment{Rate: "r", ID: loan.ID, Unspent: unspent, Window: window}))
}

// rest lends to one holder until there is nothing left, and says how much it was.
func (k *kit) rest(holder string) (sum int) {
	k.Helper()
	for {
		loan := k.lend(aLoan(holder, 100))
		if loan.Requests == 0 {
			if loan.Wait <= 0 || loan.Wait > time.Hour {
				k.Errorf("the wait is %s", loan.Wait)
			}
			return sum
		}
		sum += loan.Requests
	}
}

var budgetChecks = []check{
	{"a loan is a quarter of a holder's share at most, and never more than is asked for", func(k *kit) {
		k.equal("alone", k.lend(aLoan("a", 100)).Requests, 20)
		k.equal("asked for", k.lend(aLoan("a", 3)).Requests, 3)
		k.equal("with another", k.lend(aLoan("b", 100)).Requests, 10)
		k.equal("with two others", k.lend(aLoan("c", 100)).Requests, 6)
		few := aLoan("a", 100)
		few.Rate, few.Requests = "few", 2
		k.equal("at least", k.lend(few).Requests, 1)
		k.equal("together", k.rest("a")+20+3+10+6, 80)
	}},
	{"what was not spent is free at once, the rest when the window has passed", func(k *kit) {
		loan := k.lend(aLoan("a", 20))
		k.equal("the others", k.rest("b"), 60)
		k.repay(loan, 15, time.Hour)
		k.equal("not spent", k.rest("b"), 15)
		loan = k.lend(syncer.LoanRequest{Rate: "r", Holder: "a", N: 10, Requests: 90, Window: time.Hour, Hold: time.Hour})
		k.equal("more is allowed now", loan.Requests, 10)
		k.repay(loan, 0, -time.Second) // as if the window had passed
		k.equal("free again", k.lend(syncer.LoanRequest{
			Rate: "r", Holder: "a", N: 10, Requests: 90, Window: time.Hour, Hold: time.Hour,
		}).Requests, 10)
	}},
	{"to repay twice, too much, or what never was, frees no more", func(k *kit) {
		loan := k.lend(aLoan("a", 20))
		k.equal("the others", k.rest("b"), 60)
		k.repay(loan, 5, time.Hour)
		k.repay(loan, 5, time.Hour)
		k.repay(syncer.Loan{ID: loan.ID + 1000}, 5, time.Hour)
		k.equal("free", k.rest("b"), 5)
		loan = k.lend(syncer.LoanRequest{Rate: "r", Holder: "a", N: 4, Requests: 84, Window: time.Hour, Hold: time.Hour})
		k.repay(loan, 100, time.Hour)
		k.repay(loan, -100, time.Hour)
		k.equal("too much", k.rest("b"), 0)
	}},
	{"what the dead hold is free again after its time", func(k *kit) {
		dead := aLoan("dead", 20)
		dead.Hold = -2 * time.Hour // as if it had been lent so long ago
		k.equal("lent", k.lend(dead).Requests, 20)
		k.equal("free again", k.rest("b"), 80)
	}},
	{"rates are apart from each other", func(k *kit) {
		k.equal("one", k.rest("a"), 80)
		other := aLoan("a", 7)
		other.Rate = "other"
		k.equal("other", k.lend(other).Requests, 7)
	}},
	{"many borrowers never have more together than there is", func(k *kit) {
		handles := k.handles()
		var lent atomic.Int64
		var group sync.WaitGroup
		for i := range 12 {
			store, holder := handles[i%len(handles)], string(rune('a'+i))
			group.Go(func() {
				for range 30 {
					loan, err := store.Lend(k.ctx(), aLoan(holder, 10))
					if err != nil {
						k.Error(err)
						return
					}
					back := loan.Requests / 2
					lent.Add(int64(loan.Requests - back))
					if err := store.Repay(k.ctx(), syncer.Repayment{Rate: "r", ID: loan.ID, Unspent: back, Window: time.Hour}); err != nil {
						k.Error(err)
					}
				}
			})
		}
		group.Wait()
		k.equal("spent by all", lent.Load(), int64(80))
	}},
}
