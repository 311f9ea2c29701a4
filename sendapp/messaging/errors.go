package messaging

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/contactlink/contactlink/internal/rest"
)

// Error is a request that failed: the operation, the HTTP status, what it means.
// Its text has nothing of the request. The service's words are in Body, which may
// hold personal data.
type Error = rest.Error

// What an error means, for errors.Is.
var (
	// ErrInvalid is a message that neither was sent nor would be taken, or a 4xx.
	ErrInvalid       = rest.ErrInvalid
	ErrUnauthorized  = rest.ErrUnauthorized
	ErrForbidden     = rest.ErrForbidden
	ErrRateLimited   = rest.ErrRateLimited
	ErrNoCredentials = rest.ErrNoCredentials
	// ErrUnavailable is a request that did not leave, or one that sends nothing.
	ErrUnavailable = rest.ErrUnavailable
	// ErrUnknownOutcome is a message that may have been sent, and may not.
	ErrUnknownOutcome = rest.ErrUnknownOutcome
	// ErrRefused is an answer of HTTP 200 that says status "error", or has an error.
	ErrRefused = errors.New("the service refused it")
	// ErrNotAPI is a web page, or a redirect, where the API should have answered.
	ErrNotAPI = errors.New("the answer is not the API's: the key or the base URL is wrong")
)

// api is what the shared chain has to know of both interfaces.
var api = rest.API{
	Explain: explain, Judge: judge,
	TraceID: func(http.Header, []byte) string { return "" }, // no such header is described
}

// explain says what an error answer means. The documentation page has only 401,
// for a wrong key; the others are what the statuses say.
func explain(e *Error, _ http.Header, body []byte) error {
	switch {
	case e.Status == http.StatusUnauthorized:
		return ErrUnauthorized
	case e.Status == http.StatusForbidden:
		return ErrForbidden
	case e.Status == http.StatusTooManyRequests:
		return ErrRateLimited
	case e.Status < 400, isPage(body), e.Status == http.StatusNotFound, e.Status == http.StatusMethodNotAllowed:
		return ErrNotAPI
	case e.Status == http.StatusRequestTimeout:
		return ErrUnknownOutcome // what has arrived of it is not known
	default:
		return ErrInvalid
	}
}

// judge finds the failures that are answered with a status of success: as
// integrators see them, an object with the status "error" or with an error, and
// the login page instead of an answer. The content type says nothing: JSON comes
// without its own.
func judge(_ *Error, body []byte) error {
	if isPage(body) {
		return ErrNotAPI
	}
	var answer map[string]json.RawMessage
	_ = json.Unmarshal(body, &answer) // what is no object has neither
	var status string
	if json.Unmarshal(answer["status"], &status) == nil && status == "error" {
		return ErrRefused
	}
	switch string(answer["error"]) {
	case "", "null", "false", `""`, "0":
		return nil
	default:
		return ErrRefused
	}
}

func isPage(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }
