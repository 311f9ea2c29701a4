package messaging_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/contactlink/contactlink/sendapp/messaging"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

func ExampleNewOfficial() {
	server := sendapptest.NewMessaging() // leave this and the HTTP client out for SendApp itself
	sender, err := messaging.NewOfficial(
		messaging.WithAPIKey(sendapptest.DefaultMessagingKey),
		messaging.WithHTTPClient(&http.Client{Transport: server.Transport()}),
	)
	if err != nil {
		log.Fatal(err)
	}
	_, err = sender.SendTemplate(context.Background(), messaging.Template{
		To: "+15551234567", Name: "order_shipped", Language: "en", Parameters: []string{"Anna"},
	})
	switch {
	case errors.Is(err, messaging.ErrUnknownOutcome):
		log.Fatal("it may have been sent: don't repeat it blindly")
	case err != nil:
		log.Fatal(err)
	}
	sent := server.Sent()[0]
	fmt.Println(sent.Operation, sent.Number, sent.Fields["param1"])
	// Output: template +15551234567 Anna
}

func ExampleNewAgent() {
	server := sendapptest.NewMessaging()
	limiter, err := messaging.NewLimiter(messaging.RateLimits{Requests: 5, Window: time.Second})
	if err != nil {
		log.Fatal(err)
	}
	sender, err := messaging.NewAgent(
		messaging.WithAPIKey(sendapptest.DefaultMessagingKey),
		messaging.WithAccountToken(sendapptest.DefaultAccountToken),
		messaging.WithHTTPClient(&http.Client{Transport: server.Transport()}),
		messaging.WithLimiter(limiter),
	)
	if err != nil {
		log.Fatal(err)
	}
	check, err := sender.Check(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(check)
	if _, err := sender.SendText(context.Background(), messaging.Text{To: "+15551234567", Body: "Hello"}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(server.Sent()[0].Number)
	// Output:
	// SendApp's agent takes the key.
	// 15551234567
}

func ExampleWindow() {
	window := messaging.Window{LastMessage: time.Now().Add(-25 * time.Hour)}
	if !window.Open(time.Now()) {
		fmt.Println("send a template")
	}
	// Output: send a template
}

// A key that rotates is read from where it is kept, for each message.
func ExampleWithAPIKeySource() {
	server := sendapptest.NewMessaging()
	key := "an-older-key"
	sender, err := messaging.NewOfficial(
		messaging.WithAPIKeySource(func(context.Context) (string, error) { return key, nil }), // a file, a vault
		messaging.WithHTTPClient(&http.Client{Transport: server.Transport()}),
		messaging.WithLimiter(nil), // this server has no limit
	)
	if err != nil {
		log.Fatal(err)
	}
	hello := messaging.Text{To: "+15551234567", Body: "Hello"}
	_, err = sender.SendText(context.Background(), hello)
	fmt.Println(errors.Is(err, messaging.ErrNotAPI)) // what Official answers to a wrong key
	key = sendapptest.DefaultMessagingKey
	_, err = sender.SendText(context.Background(), hello)
	fmt.Println(err, len(server.Sent()))
	// Output:
	// true
	// <nil> 1
}
