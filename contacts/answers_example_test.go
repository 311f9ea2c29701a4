package contacts_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/contactlink/contactlink/contacts"
)

// answers stands for the service in some of the examples: it answers requests by
// their method and path.
type answers map[string]string

// RoundTrip implements http.RoundTripper.
func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	body, ok := a[r.Method+" "+r.URL.Path]
	status := http.StatusOK
	if !ok {
		status, body = http.StatusNotFound, fmt.Sprintf(`{"message":"Cannot %s %s"}`, r.Method, r.URL.Path)
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"X-Ratelimit-Remaining": {"99"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

// exampleClient is a client of answers.
func exampleClient(a answers) *contacts.Client {
	client, err := contacts.NewClient(
		contacts.WithToken("pit-0123"), contacts.WithLocation("l1"),
		contacts.WithHTTPClient(&http.Client{Transport: a}),
	)
	if err != nil {
		log.Fatal(err)
	}
	return client
}
