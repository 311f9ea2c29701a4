package sendapp

import (
	"encoding/json"
	"errors"
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

	// ErrContactLimit says that the account's plan holds no more contacts. To
	// repeat the call does not help until the plan is another.
	ErrContactLimit = errors.New("the plan holds no more contacts")
	// ErrUnsupported says that the server does not have this part of the contract,
	// or that the base URL is wrong. See [Client.Capabilities].
	ErrUnsupported = errors.ErrUnsupported
)

// The codes of the contract's errors, for Error.Code. What they mean is told by
// errors.Is; a code says more where one status has several meanings.
const (
	CodeMalformed            = "malformed"              // 400, ErrInvalid
	CodeUnauthorized         = "unauthorized"           // 401, ErrUnauthorized
	CodeForbidden            = "forbidden"              // 403, ErrForbidden
	CodeScopeMissing         = "scope_missing"          // 403, ErrScopeMissing
	CodeNotFound             = "not_found"              // 404, ErrNotFound
	CodeNoRoute              = "no_route"               // 404, ErrUnsupported
	CodeMethodNotAllowed     = "method_not_allowed"     // 405, ErrUnsupported
	CodeExternalIDTaken      = "external_id_taken"      // 409, ErrDuplicate
	CodePhoneTaken           = "phone_taken"            // 409, ErrDuplicate
	CodeEmailTaken           = "email_taken"            // 409, ErrDuplicate
	CodeVersionMismatch      = "version_mismatch"       // 412, ErrConflict
	CodeTooLarge             = "too_large"              // 413, ErrInvalid
	CodeUnsupportedMediaType = "unsupported_media_type" // 415, ErrInvalid
	CodeInvalid              = "invalid"                // 422, ErrInvalid
	CodeIdempotencyMismatch  = "idempotency_mismatch"   // 422, ErrInvalid
	CodeContactLimitReached  = "contact_limit_reached"  // 422, ErrContactLimit
	CodeRateLimited          = "rate_limited"           // 429, ErrRateLimited
	CodeInternal             = "internal"               // 500, ErrUnavailable or ErrUnknownOutcome
	CodeUnavailable          = "unavailable"            // 503, ErrUnavailable or ErrUnknownOutcome
)

// api is what the shared chain has to know of the contract.
var api = rest.API{Explain: explain, TraceID: traceID, Words: protocolWords}

// protocolWords are what requests have for values though they are no person's: values
// of enumerations.
var protocolWords = strings.Fields("pending new confirmed cancelled showed noshow created updated deleted booked webhook")

// problem is an error answer (RFC 9457).
type problem struct {
	Title         string            `json:"title"`
	Detail        string            `json:"detail"`
	Code          string            `json:"code"`
	Fields        []rest.FieldError `json:"fields"`
	ConflictingID string            `json:"conflictingId"`
	Scope         string            `json:"scope"`
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
	case http.StatusUnprocessableEntity:
		if p.Code == CodeContactLimitReached {
			return ErrContactLimit
		}
		return ErrInvalid
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return ErrInvalid
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		if p.Code == CodeScopeMissing {
			if p.Scope != "" && !strings.Contains(p.Detail, p.Scope) {
				e.Messages = append(e.Messages, "it needs "+p.Scope)
			}
			return ErrScopeMissing
		}
		return ErrForbidden
	case http.StatusNotFound:
		// Any web server answers 404 below a wrong base URL. That must not read as if
		// the record had been deleted.
		switch p.Code {
		case CodeNotFound:
			return ErrNotFound
		case CodeNoRoute:
			e.Messages = append(e.Messages, "check the base URL, and by Capabilities whether the server has this")
			return ErrUnsupported
		default:
			e.Messages = append(e.Messages, "the server does not know the path: check the base URL")
			return nil
		}
	case http.StatusMethodNotAllowed:
		return ErrUnsupported
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
