package contacts

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/contactlink/contactlink/internal/rest"
)

// Error is a request that failed: the operation, the HTTP status, the service's
// words and its trace id. It shows nothing of the request.
type Error = rest.Error

// FieldError says what is wrong with one field of a request. See Error.Fields.
type FieldError = rest.FieldError

// What an error means, for errors.Is.
var (
	// ErrNotFound says that there is no such record. The service answers 400 for
	// contacts, 404 for others.
	ErrNotFound = rest.ErrNotFound
	// ErrUnauthorized says that the token is wrong or has expired (401).
	ErrUnauthorized = rest.ErrUnauthorized
	// ErrScopeMissing says that the token lacks the operation's scope: see
	// RequiredScopes. The service answers 401, not 403.
	ErrScopeMissing = rest.ErrScopeMissing
	// ErrForbidden says that the token has no access to this location (403), or
	// that the operation takes no token of its kind (401).
	ErrForbidden = rest.ErrForbidden
	// ErrRateLimited says that the service (429) or the client's own limiter leaves
	// no slot in time. Error.RetryAfter is how long to wait, if that is known.
	ErrRateLimited = rest.ErrRateLimited
	// ErrInvalid says that the request is wrong, as found before it was sent or by
	// the service (400, 422). Error.Fields says what is wrong with which field.
	ErrInvalid = rest.ErrInvalid
	// ErrDuplicate says that the location allows no second contact with this e-mail
	// or phone. Error.ConflictingID has the first one's id.
	ErrDuplicate = rest.ErrDuplicate
	// ErrUnavailable says that an operation that may be repeated got a 5xx, no
	// answer, or one of no use: a page of something else, a path that isn't there.
	ErrUnavailable = rest.ErrUnavailable
	// ErrUnknownOutcome is ErrUnavailable for what may not be repeated, a create: it
	// may have happened. See UnknownOutcomeError.
	ErrUnknownOutcome = rest.ErrUnknownOutcome
	// ErrNoCredentials says that the client has no token.
	ErrNoCredentials = rest.ErrNoCredentials
)

// api is what the shared chain has to know of this service.
var api = rest.API{VersionHeader: "Version", Explain: explain, TraceID: traceID, Words: protocolWords}

// protocolWords are what requests have for values though they are no person's: names
// of fields and operators of a search, and values of enumerations.
var protocolWords = strings.Fields(`
	contactName firstNameLowerCase lastNameLowerCase postalCode assignedTo businessName companyName validEmail dnd
	dateOfBirth dateAdded dateUpdated activeWorkflows finishedWorkflows customFields
	not_eq contains not_contains not_exists range asc desc opportunity
	large_text numerical monetory checkbox single_options multiple_options radio textbox_list file_upload
	new confirmed cancelled showed noshow active inactive permanent sms whatsapp gmb rcs`)

// errorBody is what the service answers. message is a text, or several with
// 422.
type errorBody struct {
	Message json.RawMessage `json:"message"`
	Error   string          `json:"error"`
	TraceID string          `json:"traceId"`
	Meta    struct {
		ContactID string `json:"contactId"`
	} `json:"meta"`
}

// explain says what an error answer means. It is the one place that knows how
// the service uses its statuses.
func explain(e *Error, _ http.Header, body []byte) error {
	var answer errorBody
	_ = json.Unmarshal(body, &answer) // not JSON: the status has to do
	e.Messages = rest.Messages(answer.Message)
	if len(e.Messages) == 0 && answer.Error != "" {
		e.Messages = []string{answer.Error}
	}
	e.ConflictingID = answer.Meta.ContactID
	if e.TraceID == "" {
		e.TraceID = answer.TraceID
	}
	if e.Status == http.StatusUnprocessableEntity {
		e.Messages, e.Fields = fieldErrors(e.Messages)
	}
	text := strings.ToLower(strings.Join(e.Messages, " "))
	switch e.Status {
	case http.StatusBadRequest:
		switch {
		case e.ConflictingID != "" || strings.Contains(text, "duplicated contacts"):
			return ErrDuplicate
		case strings.Contains(text, "not found"): // an unknown id is a 400 here
			return ErrNotFound
		default:
			return ErrInvalid
		}
	case http.StatusUnauthorized: // four things: the token, its scope, its kind, the version header
		switch {
		case strings.Contains(text, "authclass"), strings.Contains(text, "iam service"):
			return ErrForbidden // no token of this kind is let in: an agency's, or a private one
		case strings.Contains(text, "scope"):
			return ErrScopeMissing
		default:
			return ErrUnauthorized
		}
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound:
		// Quirk: a path that the service does not have, as one of v3 under an older
		// version, is a 404 too: "Cannot GET /…". So is the page of what stands in
		// between. Who took either for a record that is gone would lose it.
		if len(e.Messages) == 0 || strings.HasPrefix(text, "cannot ") {
			return ErrUnavailable
		}
		return ErrNotFound
	case http.StatusUnprocessableEntity:
		return ErrInvalid
	case http.StatusTooManyRequests:
		return ErrRateLimited
	default:
		return nil
	}
}

// fieldErrors takes those messages of a 422 that name a field out of the others:
// "property foo should not exist" (the API refuses what it does not know) and
// "email must be an email".
func fieldErrors(messages []string) (others []string, fields []FieldError) {
	for _, message := range messages {
		name, rule, found := strings.Cut(strings.TrimPrefix(message, "property "), " ")
		if found && (strings.HasPrefix(rule, "should ") || strings.HasPrefix(rule, "must ")) {
			fields = append(fields, FieldError{Field: name, Message: rule})
		} else {
			others = append(others, message)
		}
	}
	return others, fields
}

func traceID(header http.Header, body []byte) string {
	if id := header.Get("X-Trace-Id"); id != "" {
		return id
	}
	const marker = `"traceId":"`
	if _, rest, found := strings.Cut(string(body[max(0, len(body)-200):]), marker); found {
		id, _, _ := strings.Cut(rest, `"`)
		return id
	}
	return ""
}
