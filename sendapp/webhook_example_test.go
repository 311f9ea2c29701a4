package sendapp_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/contactlink/contactlink/sendapp"
)

func ExampleNewWebhookHandler() {
	// While secrets rotate, give both. Yours come from the server.
	verifier, err := sendapp.NewVerifier("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		log.Fatal(err)
	}
	handler := sendapp.NewWebhookHandler(verifier, func(_ context.Context, event sendapp.Event) error {
		if note, ok := event.Note(); ok {
			fmt.Println(event.Type, note.NoteID) // store it, and do the work later
		}
		return nil
	})

	// What a server sends.
	body := []byte(`{"type":"note.created","timestamp":"2026-03-04T05:06:07Z","data":{"noteId":"n1"}}`)
	request := httptest.NewRequest(http.MethodPost, "/webhooks", bytes.NewReader(body))
	request.Header = verifier.Sign("msg_1", time.Now(), body)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	fmt.Println(answer.Code)
	// Output:
	// note.created n1
	// 200
}
