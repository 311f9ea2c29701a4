package syncer_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/syncer"
)

func ExampleNewBudget() {
	store := syncer.NewMemoryStore() // processes that share a limit share a store: see syncer/postgres
	limiter, err := contacts.NewLimiter(contacts.RateLimits{
		Budget: syncer.NewBudget(store, syncer.Rate{App: "my-app", Location: "ve9EPM428h8vShlRW1KT"}),
	})
	if err != nil {
		log.Fatal(err)
	}
	release, err := limiter.Acquire(context.Background()) // as a client does
	if err != nil {
		log.Fatal(err)
	}
	release(http.StatusOK, nil)
	fmt.Println("one request of 100 in 10 seconds, whichever process sent it")
	// Output: one request of 100 in 10 seconds, whichever process sent it
}
