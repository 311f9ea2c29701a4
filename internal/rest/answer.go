package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// answer makes a value or an error of a response.
func (c *Client) answer(x *exchange, response *http.Response, into any) error {
	if e := c.refusal(x, response); e != nil {
		if x.renewal != nil { // it says more than that the old credentials were refused
			e.meaning, e.cause = nil, x.renewal
		}
		return e
	}
	if into == nil {
		return nil
	}
	body := bodyOf(response)
	err := jsonv2.Unmarshal(body, into, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return c.newError(x, response, x.lost(), decodingCause(body, err))
	}
	return nil
}

// refusal is the error of an answer whose status is none of success; nil if it
// is one.
func (c *Client) refusal(x *exchange, response *http.Response) *Error {
	status, body := response.StatusCode, bodyOf(response)
	switch {
	case status >= 300:
		e := c.newError(x, response, nil, c.redirectCause(response))
		e.meaning = c.config.API.Explain(e, response.Header, body)
		if status >= 500 {
			e.meaning = x.lost()
		}
		e.clean(x.hide(c.config.API).with(x.allSecrets(), body))
		if !x.operation.Secret {
			e.body = body
		}
		return e
	case !slices.Contains(x.operation.Success, status):
		return c.newError(x, response, x.lost(), fmt.Errorf("%d is no answer of this operation", status))
	default:
		return c.judged(x, response)
	}
}

// judged is the error of an answer of success that says that it is none; nil if
// it doesn't.
func (c *Client) judged(x *exchange, response *http.Response) *Error {
	if c.config.API.Judge == nil {
		return nil
	}
	e, body := c.newError(x, response, nil, nil), bodyOf(response)
	if e.meaning = c.config.API.Judge(e, body); e.meaning == nil {
		return nil
	}
	e.clean(x.hide(c.config.API).with(x.allSecrets(), body))
	if !x.operation.Secret {
		e.body = body
	}
	return e
}

func (c *Client) newError(x *exchange, response *http.Response, meaning, cause error) *Error {
	return &Error{
		Operation: x.operation.Name, Status: response.StatusCode, RetryAfter: c.asked(response),
		TraceID: c.traceID(x, response), meaning: meaning, cause: cause,
	}
}

// lost is what it means that an answer is of no use.
func (x *exchange) lost() error {
	if x.idempotent {
		return ErrUnavailable
	}
	return ErrUnknownOutcome
}

// decodingCause says what is wrong with an answer, without quoting it.
func decodingCause(body []byte, err error) error {
	var semantic *jsonv2.SemanticError
	switch start := bytes.TrimSpace(body); {
	case len(start) == 0:
		return errors.New("the answer is empty")
	case start[0] == '<':
		return errors.New("the answer is a web page, not JSON: check the base URL, and what stands in between")
	case errors.As(err, &semantic):
		// Where it is stays out: the names of members may be anybody's text.
		return errors.New("the answer has another shape than expected")
	default:
		return errors.New("the answer is not JSON")
	}
}

// Incomplete is the error of an answer of success that lacks what the operation
// answers. Who took it for an empty record, or an empty list, would lose data.
func Incomplete(op *Operation, what string) error {
	x := exchange{idempotent: op.Idempotent}
	return &Error{Operation: op.Name, meaning: x.lost(), cause: fmt.Errorf("the answer has no %s", what)}
}

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
