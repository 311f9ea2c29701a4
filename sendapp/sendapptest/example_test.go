package sendapptest_test

import (
	"fmt"
	"log"
	"net/http"
	"strings"

	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// The server speaks HTTP on loopback, to whatever speaks the contract. In a Go
// test, Start is shorter.
func Example() {
	server, err := sendapptest.NewServer(sendapptest.WithAPIKey("key"))
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	url, err := server.Listen("127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPost, url+"/contacts", strings.NewReader(`{"firstName": "Anna"}`))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("X-API-Key", "key")
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	fmt.Println(response.StatusCode, server.Counts().Contacts, server.Requests()["contacts.create"])
	// Output: 201 1 1
}
