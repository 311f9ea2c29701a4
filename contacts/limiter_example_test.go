package contacts_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
)

// A program that reads everything leaves the next slot, and a part of the day, to
// what people wait for.
func ExampleNewLimiter() {
	server, err := contactstest.NewServer(contactstest.WithLimits())
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	limiter, err := contacts.NewLimiter(contacts.RateLimits{Daily: 5, SweepShare: 0.6})
	if err != nil {
		log.Fatal(err)
	}
	client, err := contacts.NewClient(
		contacts.WithBaseURL("http://localhost"), contacts.WithHTTPClient(&http.Client{Transport: server.Transport()}),
		contacts.WithToken(contactstest.DefaultToken), contacts.WithLocation(contactstest.DefaultLocation),
		contacts.WithLimiter(limiter), // one for all clients of an app and a location
	)
	if err != nil {
		log.Fatal(err)
	}
	sweep := contacts.ContextWithPriority(context.Background(), contacts.Sweep)
	for i := range 5 {
		if _, err := client.Contacts.Get(sweep, "nobody"); errors.Is(err, contacts.ErrRateLimited) {
			fmt.Println("sweeps end after", i)
			break
		}
	}
	if _, err := client.Contacts.Get(context.Background(), "nobody"); errors.Is(err, contacts.ErrNotFound) {
		fmt.Println("a real-time request goes on")
	}
	state := limiter.State() // for metrics
	fmt.Println(state.Limit, "requests a window;", state.LeftToday, "left today")
	// Output:
	// sweeps end after 3
	// a real-time request goes on
	// 100 requests a window; 1 left today
}
