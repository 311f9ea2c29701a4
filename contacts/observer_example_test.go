package contacts_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"sync"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
)

// span and tracer are as much of OpenTelemetry as the adapter needs.
type span interface {
	SetAttribute(key string, value any)
	RecordError(err error)
	End()
}

type tracer interface {
	Start(ctx context.Context, name string) (context.Context, span)
}

// spans makes a span of each attempt: an adapter for OpenTelemetry.
type spans struct{ tracer tracer }

type spanKey struct{}

func (s spans) StartAttempt(ctx context.Context, a contacts.Attempt) context.Context {
	ctx, span := s.tracer.Start(ctx, a.Operation)
	return context.WithValue(ctx, spanKey{}, span)
}

func (s spans) EndAttempt(ctx context.Context, a contacts.Attempt) {
	span, _ := ctx.Value(spanKey{}).(span)
	span.SetAttribute("http.response.status_code", a.Status)
	span.SetAttribute("http.request.resend_count", a.Number-1)
	if a.Err != nil {
		span.RecordError(a.Err)
	}
	span.End()
}

// Spans, as OpenTelemetry has them.
func ExampleWithObserver_spans() {
	server, err := contactstest.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client, err := contacts.NewClient(
		contacts.WithBaseURL("http://localhost"), contacts.WithHTTPClient(&http.Client{Transport: server.Transport()}),
		contacts.WithToken(contactstest.DefaultToken), contacts.WithLocation(contactstest.DefaultLocation),
		contacts.WithObserver(spans{printer{}}), // otel.Tracer("…") in a program
	)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Contacts.Get(context.Background(), "nobody"); err != nil {
		fmt.Println("the call failed")
	}
	// Output:
	// contacts.get: started
	// contacts.get: http.response.status_code=400
	// contacts.get: http.request.resend_count=0
	// contacts.get: not found
	// contacts.get: ended
	// the call failed
}

// counter is as much of Prometheus as the adapter needs.
type counter interface {
	Add(value float64, labels ...string)
}

// metrics counts attempts and seconds: an adapter for Prometheus.
type metrics struct{ requests, seconds, waited counter }

func (m metrics) StartAttempt(ctx context.Context, _ contacts.Attempt) context.Context { return ctx }

func (m metrics) EndAttempt(_ context.Context, a contacts.Attempt) {
	outcome := "ok"
	if a.Err != nil {
		outcome = a.Err.Error() // few values: what it means, never the service's words
	}
	m.requests.Add(1, a.Operation, fmt.Sprint(a.Status), outcome)
	m.seconds.Add(a.Duration.Seconds(), a.Operation)
	m.waited.Add(a.Wait.Seconds(), a.Priority.String())
}

// Counters, as Prometheus has them.
func ExampleWithObserver_counters() {
	server, err := contactstest.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	requests := &counts{}
	client, err := contacts.NewClient(
		contacts.WithBaseURL("http://localhost"), contacts.WithHTTPClient(&http.Client{Transport: server.Transport()}),
		contacts.WithToken(contactstest.DefaultToken), contacts.WithLocation(contactstest.DefaultLocation),
		contacts.WithObserver(metrics{requests: requests, seconds: &counts{}, waited: &counts{}}),
	)
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		if _, err := client.Contacts.Get(context.Background(), "nobody"); err == nil {
			log.Fatal("there is somebody")
		}
	}
	fmt.Println(requests.of("contacts.get", "400", "not found"))
	// Output: 3
}

// printer is a tracer that prints.
type printer struct{ name string }

func (printer) Start(ctx context.Context, name string) (context.Context, span) {
	fmt.Println(name + ": started")
	return ctx, printer{name}
}
func (p printer) SetAttribute(key string, value any) { fmt.Printf("%s: %s=%v\n", p.name, key, value) }
func (p printer) RecordError(err error)              { fmt.Printf("%s: %v\n", p.name, err) }
func (p printer) End()                               { fmt.Println(p.name + ": ended") }

// counts is a counter in memory.
type counts struct {
	mu     sync.Mutex
	values map[string]float64
}

func (c *counts) Add(value float64, labels ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.values == nil {
		c.values = map[string]float64{}
	}
	c.values[fmt.Sprint(labels)] += value
}

func (c *counts) of(labels ...string) float64 { return c.values[fmt.Sprint(labels)] }
