package contactstest

import (
	"net/http"
	"testing"

	"github.com/contactlink/contactlink/contacts"
)

// Start returns a server and a client that is ready to use it. They need no
// sockets, and end with the test.
func Start(t testing.TB, opts ...Option) (*Server, *contacts.Client) {
	t.Helper()
	server, err := NewServer(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := server.Client()
	if err != nil {
		t.Fatal(err)
	}
	return server, client
}

// Client returns a client that is ready to use the server, without sockets.
func (s *Server) Client(opts ...contacts.ClientOption) (*contacts.Client, error) {
	return contacts.NewClient(append([]contacts.ClientOption{
		contacts.WithBaseURL("http://localhost"), contacts.WithHTTPClient(&http.Client{Transport: s.Transport()}),
		contacts.WithToken(s.token), contacts.WithLocation(s.location),
	}, opts...)...)
}
