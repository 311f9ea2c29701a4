package sendapp

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/contactlink/contactlink/internal/rest"
)

// Error is a request that failed: the operation, the HTTP status, and what the
// server's problem document (RFC 9457) says. TraceID is its requestId. It shows
// nothing of the request.
type Error = rest.Error

// What an error means, for errors.Is. The package contacts has the same values.
var (
	ErrNotFound       = rest.ErrNotFound
	ErrUnauthorized   = rest.ErrUnauthorized
	ErrScopeMissing   = rest.ErrScopeMissing
	ErrForbidden      = rest.ErrForbidden
	ErrRateLimited    = rest.ErrRateLimited
	ErrInvalid        = rest.ErrInvalid        // Error.Fields says what is wrong with which field
	ErrDuplicate      = rest.ErrDuplicate      // Error.ConflictingID is the record that is in the way
	ErrConflict       = rest.ErrConflict       // the record has another version than WithIfMatch says
	ErrUnavailable    = rest.ErrUnavailable    // a 5xx, or no answer, to what may be repeated
	ErrUnknownOutcome = rest.ErrUnknownOutcome // a create that may have happened
	ErrNoCredentials  = rest.ErrNoCredentials
)

// The codes of the contract's errors, for Error.Code, where one status has
// several meanings.
const (
	CodeExternalIDTaken     = "external_id_taken"
	CodePhoneTaken          = "phone_taken"
	CodeEmailTaken          = "email_taken"
	CodeIdempotencyMismatch = "idempotency_mismatch"
	CodeContactLimitReached = "contact_limit_reached"
	CodeVersionMismatch     = "version_mismatch"
	CodeScopeMissing        = "scope_missing"
	CodeNotFound            = "not_found"
)

// api is what the shared chain has to know of the contract.
var api = rest.API{Explain: explain, TraceID: traceID}

// problem is an error answer (RFC 9457).
type problem struct {
	Title         string            `json:"title"`
	Detail        string            `json:"detail"`
	Code          string            `json:"code"`
	Fields        []rest.FieldError `json:"fields"`
	ConflictingID string            `json:"conflictingId"`
}

// explain says what an error answer means. It is the one place that knows how
// the contract uses its statuses.
func explain(e *Error, _ http.Header, body []byte) error {
	var p problem
	_ = json.Unmarshal(body, &p) // not a problem document: the status has to do
	e.Code, e.Fields, e.ConflictingID = p.Code, p.Fields, p.ConflictingID
	switch {
	case p.Detail != "":
		e.Messages = []string{p.Detail}
	case p.Title != "":
		e.Messages = []string{p.Title}
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return ErrInvalid
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		if p.Code == CodeScopeMissing {
			return ErrScopeMissing
		}
		return ErrForbidden
	case http.StatusNotFound:
		// Any web server answers 404 below a wrong base URL. That must not read as if
		// the record had been deleted.
		if p.Code == CodeNotFound {
			return ErrNotFound
		}
		e.Messages = append(e.Messages, "the server does not know the path: check the base URL")
		return nil
	case http.StatusConflict:
		if strings.HasSuffix(p.Code, "_taken") {
			return ErrDuplicate
		}
		return ErrConflict
	case http.StatusPreconditionFailed:
		return ErrConflict
	case http.StatusTooManyRequests:
		return ErrRateLimited
	default:
		return nil
	}
}

// traceID is the id that the server gave a request.
func traceID(header http.Header, _ []byte) string { return header.Get("X-Request-Id") }
