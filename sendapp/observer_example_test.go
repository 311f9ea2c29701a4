package sendapp_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// durations tells of each attempt what a histogram of Prometheus, or a span of
// OpenTelemetry, needs: see the examples of contacts.WithObserver.
type durations struct{}

func (durations) StartAttempt(ctx context.Context, _ sendapp.Attempt) context.Context { return ctx }

func (durations) EndAttempt(_ context.Context, a sendapp.Attempt) {
	fmt.Println(a.Operation, a.Number, a.Status, a.Err, a.Duration >= 0)
}

func ExampleWithObserver() {
	server, err := sendapptest.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client, err := sendapp.NewClient(
		sendapp.WithBaseURL("http://localhost"), sendapp.WithAPIKey(sendapptest.DefaultAPIKey),
		sendapp.WithHTTPClient(&http.Client{Transport: server.Transport()}),
		sendapp.WithObserver(durations{}),
	)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Contacts.Get(context.Background(), "nobody"); err != nil {
		fmt.Println("the call failed")
	}
	// Output:
	// contacts.get 1 404 not found true
	// the call failed
}
