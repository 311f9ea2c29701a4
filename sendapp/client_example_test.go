package sendapp_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// What a client lacks, or has wrong, is said at once.
func ExampleNewClient() {
	_, err := sendapp.NewClient(
		sendapp.WithBaseURL("https://crm.example.com/v1"), // a server that implements the contract
		sendapp.WithAPIKey("key"),                         // from the environment
	)
	fmt.Println(err)
	_, err = sendapp.NewClient(sendapp.WithAPIKey("key"))
	fmt.Println(err)
	// Output:
	// <nil>
	// sendapp: make a client: there is no base URL: the contract is contactlink's own, not an API that SendApp hosts, so there is no default; give WithBaseURL the address of a server that implements it
}

// While secrets rotate, a verifier has both.
func ExampleNewVerifier() {
	_, err := sendapp.NewVerifier("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
	fmt.Println(err)
	_, err = sendapp.NewVerifier("a password")
	fmt.Println(err)
	// Output:
	// <nil>
	// sendapp: webhook secret 1: it does not begin with "whsec_"
}

// The contract leaves the limit to the server: a client keeps to the one that is set.
func ExampleNewLimiter() {
	server, err := sendapptest.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	limiter, err := sendapp.NewLimiter(sendapp.RateLimits{Daily: 1000})
	if err != nil {
		log.Fatal(err)
	}
	client, err := sendapp.NewClient(
		sendapp.WithBaseURL("http://localhost"), sendapp.WithAPIKey(sendapptest.DefaultAPIKey),
		sendapp.WithHTTPClient(&http.Client{Transport: server.Transport()}),
		sendapp.WithLimiter(limiter), // one for all clients of an account
	)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Contacts.Create(context.Background(), sendapp.ContactCreate{FirstName: opt.Set("Anna")}); err != nil {
		log.Fatal(err)
	}
	state := limiter.State() // for metrics
	fmt.Println(state.Limit, "requests a window;", state.LeftToday, "left today")
	// Output: 100 requests a window; 999 left today
}
