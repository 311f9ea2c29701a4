package sendapptest

import (
	"testing"

	"github.com/contactlink/contactlink/sendapp"
)

// Start returns a server and a client that is ready to use it. They need no
// sockets, and end with the test.
func Start(t testing.TB, opts ...Option) (*Server, *sendapp.Client) {
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
