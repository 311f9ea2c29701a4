package rest

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// What an error means, for errors.Is. Both clients export these values.
var (
	ErrNotFound       = errors.New("not found")
	ErrUnauthorized   = errors.New("the credentials were refused")
	ErrScopeMissing   = errors.New("the token lacks a scope")
	ErrForbidden      = errors.New("forbidden")
	ErrRateLimited    = errors.New("rate limited")
	ErrInvalid        = errors.New("invalid request")
	ErrDuplicate      = errors.New("duplicate")
	ErrConflict       = errors.New("the record changed meanwhile")
	ErrUnavailable    = errors.New("the service is unavailable")
	ErrUnknownOutcome = errors.New("the outcome is unknown")
)

// FieldError says what is wrong with one field of a request.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error is a request that failed. errors.Is matches it with what it means.
type Error struct {
	// Operation is the operation's name: "contacts.get".
	Operation string
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// Code is the service's code, if it has codes.
	Code string
	// Messages are the service's words, at most 20 messages of 300 characters. What
	// the request carried is left out of them, and of Code and Fields, and so is what
	// looks like an e-mail address or a phone. Names of fields stay.
	Messages []string
	// Fields say what is wrong with single fields.
	Fields []FieldError
	// TraceID is what the service's support asks for.
	TraceID string
	// RetryAfter is how long to wait, 0 if unknown.
	RetryAfter time.Duration
	// ConflictingID is the id of the record that is in the way.
	ConflictingID string

	meaning error // one of the above, or nil
	cause   error
	body    []byte
}

// Error says what was tried, what came back, and the service's trace id. It has
// no URL, no body and nothing of the request.
func (e *Error) Error() string {
	parts := []string{e.Operation}
	if e.Status != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", e.Status))
	}
	if e.Code != "" {
		parts = append(parts, e.Code)
	}
	if e.meaning != nil {
		parts = append(parts, e.meaning.Error())
	}
	parts = append(parts, e.Messages...)
	for _, field := range e.Fields {
		parts = append(parts, field.Field+" "+field.Message)
	}
	if e.cause != nil {
		parts = append(parts, e.cause.Error())
	}
	text := strings.Join(parts, ": ")
	if e.RetryAfter > 0 {
		text += fmt.Sprintf(" (wait %s)", e.RetryAfter.Round(time.Millisecond))
	}
	if e.TraceID != "" {
		text += " (trace " + e.TraceID + ")"
	}
	return text
}

// Unwrap returns what the error means, and what caused it.
func (e *Error) Unwrap() []error {
	var all []error
	for _, err := range []error{e.meaning, e.cause} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// Body is the answer as it came, at most 1 MiB of it. It may hold personal data.
func (e *Error) Body() []byte { return e.body }

// Format keeps fmt's verbs from printing the fields one by one: an error shows
// what Error says.
func (e *Error) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(e.Error())) }

// MarshalText is the text of the error, for JSON.
func (e *Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// LogValue is the text of the error.
func (e *Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }
