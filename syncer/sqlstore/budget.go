package sqlstore

import (
	"context"

	"github.com/contactlink/contactlink/syncer"
)

// Lend implements syncer.BudgetStore.
func (s *Store) Lend(ctx context.Context, request syncer.LoanRequest) (loan syncer.Loan, err error) {
	err = s.write(ctx, "lend requests", func(t *tx) error {
		loan = syncer.Loan{}
		if err := t.do(ctx, `DELETE FROM {p}loans WHERE rate = ? AND until <= ?`, request.Rate, t.now); err != nil {
			return err
		}
		free, first := request.Requests, request.Window
		holders := map[string]bool{request.Holder: true}
		err := t.each(ctx, func(rows scanner) error {
			var holder string
			var requests int
			var until int64
			err := rows.Scan(&holder, &requests, &until)
			free -= requests
			first = min(first, moment(until).Sub(moment(t.now)))
			holders[holder] = true
			return err
		}, `SELECT holder, requests, until FROM {p}loans WHERE rate = ?`, request.Rate)
		if err != nil {
			return err
		}
		n := min(request.N, syncer.LoanShare(request.Requests, len(holders)), free)
		if n <= 0 {
			loan.Wait = syncer.LoanWait(first)
			return nil
		}
		loan = syncer.Loan{ID: t.next(), Requests: n}
		return t.do(ctx, `INSERT INTO {p}loans (rate, id, holder, requests, ended, until) VALUES (?, ?, ?, ?, 0, ?)`,
			request.Rate, loan.ID, request.Holder, n, t.now+(request.Hold+request.Window).Microseconds())
	})
	return loan, err
}

// Repay implements syncer.BudgetStore.
func (s *Store) Repay(ctx context.Context, repayment syncer.Repayment) error {
	unspent := max(0, repayment.Unspent)
	return s.write(ctx, "take requests back", func(t *tx) error {
		return t.do(ctx, `UPDATE {p}loans SET ended = 1, until = ?, requests = CASE WHEN requests > ? THEN requests - ? ELSE 0 END
			WHERE rate = ? AND id = ? AND ended = 0`,
			t.now+repayment.Window.Microseconds(), unspent, unspent, repayment.Rate, repayment.ID)
	})
}
