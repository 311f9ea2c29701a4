package main

import (
	"context"
	"errors"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/syncer/flows"
)

// sharedLimit: the CRM counts the requests of all programs of an app and location
// together. The client's limiter sees in the answers what the others take, and takes
// less. To leave them more, give contacts.NewLimiter a lower limit.
func sharedLimit(ctx context.Context, d *day) error {
	other := make(chan greed, 1)
	go func() { other <- greedy(ctx, d, 5*time.Minute) }()
	all, refused := d.asked.all.Load(), d.asked.refused.Load()
	if err := pass(ctx, 20*time.Second+time.Second/3); err != nil {
		return err
	}
	n, err := d.imports("Springfield", "Ogdenville")
	if err != nil {
		return err
	}
	d.wrong("Another program takes 80 of the 100 requests that the CRM allows in 10 seconds. An import changes %d contacts.", n)
	d.you("You do not wait for the next sweep: you ask for a backfill.")
	began := time.Now()
	report, err := d.engine.Backfill(ctx)
	if err != nil {
		return err
	}
	done := report.Flows[flows.Contacts]
	d.say(" engine", "It updates %d contacts within %s, and %d fail. Of 100 requests its limiter takes %s now.",
		done.Updated, within(time.Since(began)), done.Failed, fewer(d.limiter.State().Limit, 50))
	d.say(" engine", "It sent %s requests; the CRM refused %s, which were sent again.",
		fewer(int(d.asked.all.Load()-all), 50), fewer(int(d.asked.refused.Load()-refused), 5))
	greed := <-other
	if greed.err != nil {
		return greed.err
	}
	d.say("", "The other program has no limiter: it sent %d.", greed.sent)
	if err := pass(ctx, time.Minute); err != nil { // the limiter forgets it
		return err
	}
	return d.end(ctx)
}

type greed struct {
	sent int
	err  error
}

// greedy is a program that heeds no limit.
func greedy(ctx context.Context, d *day, how time.Duration) (g greed) {
	client, err := d.crm.With(contacts.WithLimiter(nil), contacts.WithRetry(contacts.RetryPolicy{}), contacts.WithToken(contactstest.DefaultToken))
	if err != nil {
		return greed{err: err}
	}
	for start := time.Now(); time.Since(start) < how; {
		for range 8 {
			_, err := client.Contacts.SearchPage(ctx, contacts.SearchQuery{Limit: 1}, "")
			if err != nil && !errors.Is(err, contacts.ErrRateLimited) {
				return greed{err: err}
			}
			g.sent++
		}
		if err := pass(ctx, time.Second); err != nil {
			return greed{err: err}
		}
	}
	return g
}
