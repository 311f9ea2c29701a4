package syncer

import (
	"context"
	"maps"
	"time"
)

// memoryLoan is a loan, or what was spent of it.
type memoryLoan struct {
	holder   string
	requests int
	ended    bool
	until    time.Time // when it does not count any more
}

func (s *memoryStore) Lend(ctx context.Context, request LoanRequest) (Loan, error) {
	if err := s.enter(ctx); err != nil {
		return Loan{}, err
	}
	defer s.mu.Unlock()
	now := time.Now()
	loans := s.loans[request.Rate]
	if loans == nil {
		loans = map[int64]*memoryLoan{}
		s.loans[request.Rate] = loans
	}
	maps.DeleteFunc(loans, func(_ int64, l *memoryLoan) bool { return !l.until.After(now) })
	free, first := request.Requests, request.Window
	holders := map[string]bool{request.Holder: true}
	for _, l := range loans {
		free -= l.requests
		first = min(first, l.until.Sub(now))
		holders[l.holder] = true
	}
	n := min(request.N, LoanShare(request.Requests, len(holders)), free)
	if n <= 0 {
		return Loan{Wait: LoanWait(first)}, nil
	}
	loan := Loan{ID: s.next(), Requests: n}
	loans[loan.ID] = &memoryLoan{holder: request.Holder, requests: n, until: now.Add(request.Hold + request.Window)}
	return loan, nil
}

func (s *memoryStore) Repay(ctx context.Context, repayment Repayment) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	loan := s.loans[repayment.Rate][repayment.ID]
	if loan == nil || loan.ended {
		return nil
	}
	loan.ended = true
	loan.requests -= max(0, min(repayment.Unspent, loan.requests))
	loan.until = time.Now().Add(repayment.Window)
	return nil
}
