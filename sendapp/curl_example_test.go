package sendapp_test

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// A line can be pasted into a shell, where SENDAPP_KEY is the key.
func ExampleWithCurl() {
	server, err := sendapptest.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client, err := sendapp.NewClient(
		sendapp.WithBaseURL("http://localhost"), sendapp.WithHTTPClient(&http.Client{Transport: server.Transport()}),
		sendapp.WithAPIKey(sendapptest.DefaultAPIKey),
		sendapp.WithCurl(os.Stdout),
	)
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Contacts.Create(context.Background(),
		sendapp.ContactCreate{FirstName: opt.Set("Rose O'Hara")}, sendapp.WithIdempotencyKey("import-1"))
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// curl -X POST 'http://localhost/contacts' \
	//   -H 'Accept: application/json' \
	//   -H 'Content-Type: application/json' \
	//   -H 'Idempotency-Key: import-1' \
	//   -H 'User-Agent: contactlink' \
	//   -H "X-Api-Key: $SENDAPP_KEY" \
	//   --data-raw '{"firstName":"Rose O'\''Hara"}'
}
