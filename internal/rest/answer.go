package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxErrorBody is how much of an error's body is kept.
const maxErrorBody = 1 << 20

// answer makes a value or an error of a response.
func (c *Client) answer(op *Operation, idempotent bool, response *http.Response, body []byte, trace string, into any) error {
	e := &Error{Operation: op.Name, Status: response.StatusCode, TraceID: trace, RetryAfter: retryAfter(response.Header)}
	switch {
	case response.StatusCode == tooLarge:
		e.Status = 0
		e.cause = fmt.Errorf("the answer is larger than %d bytes", c.config.MaxAnswer)
		e.meaning = afterEffect(idempotent)
		return e
	case !slices.Contains(op.Success, response.StatusCode):
		e.body = body[:min(len(body), maxErrorBody)]
		e.meaning = c.config.API.Explain(e, response.Header, e.body)
		if e.meaning == nil && response.StatusCode >= 500 {
			e.meaning = ErrUnavailable
		}
		if response.StatusCode >= 500 && !idempotent {
			e.meaning = ErrUnknownOutcome
		}
		return e
	case into == nil:
		return nil
	}
	err := jsonv2.Unmarshal(body, into, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		e.meaning = afterEffect(idempotent)
		e.cause = errors.New("the answer is not JSON")
		if looksLikeHTML(body) {
			e.cause = errors.New("the answer is a web page, not JSON: check the base URL, and what stands in between")
		}
		return e
	}
	return nil
}

// afterEffect is what an unreadable answer of success means.
func afterEffect(idempotent bool) error {
	if idempotent {
		return ErrUnavailable
	}
	return ErrUnknownOutcome
}

func looksLikeHTML(body []byte) bool {
	start := strings.ToLower(string(bytes.TrimSpace(body[:min(len(body), 200)])))
	return strings.HasPrefix(start, "<")
}

func jsonString(text string) ([]byte, error) { return json.Marshal(text) }

// Messages reads what services send as "message": a text, several, or nothing.
func Messages(value json.RawMessage) []string {
	var one string
	if json.Unmarshal(value, &one) == nil && one != "" {
		return []string{one}
	}
	var many []string
	if json.Unmarshal(value, &many) == nil {
		return many
	}
	return nil
}
