package rest

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a service says is kept within these.
const (
	maxMessages = 20  // of an error
	maxWords    = 300 // characters of a message
	maxTrace    = 128 // bytes of a trace id
)

// clean makes the words of a service fit for an error and a log: they hold
// nothing of the request that a person or a thief would mind, no control
// characters that forge lines or move a cursor, and not too much.
func (e *Error) clean(h *hidden) {
	e.Code = words(e.Code, h)
	e.Messages = e.Messages[:min(len(e.Messages), maxMessages)]
	for i, message := range e.Messages {
		e.Messages[i] = words(message, h)
	}
	e.Fields = e.Fields[:min(len(e.Fields), maxMessages)]
	for i, field := range e.Fields {
		e.Fields[i] = FieldError{Field: words(field.Field, h), Message: words(field.Message, h)}
	}
	if e.TraceID = trace(e.TraceID); h.cut(e.TraceID) != e.TraceID {
		e.TraceID = ""
	}
	if CheckID(e.ConflictingID) != nil {
		e.ConflictingID = ""
	}
}

// An answer to a path that isn't there repeats the query, so that both are
// looked for in the writing of a URL too.
var (
	email = regexp.MustCompile(`[^\s@"'<>(),;:?&=]+(@|%40)[^\s@"'<>(),;:?&=]+`)
	// digits are those of a phone, if there are enough of them: see phone.
	digits = regexp.MustCompile(`(%2[Bb]|\+|\b)\d[\d ().-]{5,}\d\b`)
)

func words(text string, h *hidden) string {
	text = h.cut(text)
	text = email.ReplaceAllString(text, redacted)
	text = digits.ReplaceAllStringFunc(text, phone)
	text = Printable(text)
	if utf8.RuneCountInString(text) > maxWords {
		text = string([]rune(text)[:maxWords]) + "…"
	}
	return text
}

// Printable makes one line of a text: a space for what moves a cursor, ends a line
// or turns the direction of writing.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

// phone leaves out what looks like a phone: a date has fewer digits.
func phone(text string) string {
	count := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			count++
		}
	}
	if count > len("20060102") || strings.HasPrefix(text, "+") || strings.HasPrefix(text, "%") {
		return redacted
	}
	return text
}

// traceID is the service's, unless it repeats a secret: it is logged and kept.
func (c *Client) traceID(x *exchange, response *http.Response) string {
	id := trace(c.config.API.TraceID(response.Header, bodyOf(response)))
	if slices.ContainsFunc(x.allSecrets(), func(secret string) bool { return strings.Contains(id, secret) }) {
		return ""
	}
	return id
}

// trace is a trace id, if it is one: it stands in errors and logs.
func trace(id string) string {
	if len(id) > maxTrace || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"\@`, r) }) {
		return ""
	}
	return id
}

// outsideError is the failure of a transport. Its text is cleaned, as the words of a
// service are; what it wraps can be looked for and asked, but not printed.
type outsideError struct {
	text  string
	cause error
}

func (e *outsideError) Error() string        { return e.text }
func (e *outsideError) Is(target error) bool { return errors.Is(e.cause, target) }
func (e *outsideError) As(target any) bool   { return errors.As(e.cause, target) }

// Format keeps fmt's verbs from printing what it wraps.
func (e *outsideError) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(e.text)) }

// quoted is what net/http repeats of an answer that it can't read.
var quoted = regexp.MustCompile(`"(\\.|[^"\\])*"|header line: .*`)

func outside(text string, h *hidden) string { return words(quoted.ReplaceAllString(text, "…"), h) }
