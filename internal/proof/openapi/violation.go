package openapi

import (
	"errors"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// Side says which part of an exchange is meant.
type Side string

// The sides.
const (
	Request Side = "request"
	Answer  Side = "answer"
)

// Violation is something that a specification does not allow.
type Violation struct {
	// Spec is the specification's name, Operation that of its operation.
	Spec, Operation string
	Side            Side
	// At says where: a JSON pointer into the body, "query limit" or another
	// parameter, "status 404", "body", "operation". Places in a list are "*".
	At      string
	Message string
}

func (v Violation) String() string {
	return fmt.Sprintf("%s %s, %s at %s: %s", v.Spec, v.Operation, v.Side, v.At, v.Message)
}

// Fault is something wrong in a specification: what it forbids is right.
type Fault struct {
	// Spec and Operation are a violation's; "*" is any.
	Spec, Operation string
	Side            Side
	// At is a violation's place, with all that is inside it.
	At string
	// Reason says how it is known that the specification is wrong.
	Reason string
}

func (f Fault) explains(v Violation) bool {
	return (f.Spec == "*" || f.Spec == v.Spec) && (f.Operation == "*" || f.Operation == v.Operation) && f.Side == v.Side &&
		(v.At == f.At || strings.HasPrefix(v.At, f.At+"/"))
}

// violationsOf takes an error of the validator apart.
func violationsOf(err error) []Violation {
	if err == nil {
		return nil
	}
	var many openapi3.MultiError
	var schema *openapi3.SchemaError
	request, isRequest := errors.AsType[*openapi3filter.RequestError](err)
	switch {
	case isRequest && request.Parameter != nil:
		return []Violation{{At: request.Parameter.In + " " + request.Parameter.Name, Message: oneLine(err)}}
	case isMulti(err, &many):
		var all []Violation
		for _, one := range many {
			all = append(all, violationsOf(one)...)
		}
		return all
	case errors.As(err, &schema):
		return []Violation{{At: pointer(schema.JSONPointer()), Message: oneLine(errors.New(schema.Reason))}}
	}
	return []Violation{{At: "body", Message: oneLine(err)}}
}

// isMulti finds the list of errors in an error. errors.As would ask the list's
// own As, which looks into it.
func isMulti(err error, many *openapi3.MultiError) bool {
	for err != nil {
		if m, is := err.(openapi3.MultiError); is { //nolint:errorlint // see above
			*many = m
			return true
		}
		err = errors.Unwrap(err)
	}
	return false
}

// statusUnknown says that the specification lacks the answer's status.
func statusUnknown(err error) bool {
	answer, is := errors.AsType[*openapi3filter.ResponseError](err)
	return is && answer.Reason == "status is not supported"
}

// pointer writes a JSON pointer; the same fault in each row of a list is one.
func pointer(parts []string) string {
	var text strings.Builder
	for _, part := range parts {
		if strings.Trim(part, "0123456789") == "" {
			part = "*"
		}
		text.WriteString("/" + part)
	}
	if text.Len() == 0 {
		return "body"
	}
	return text.String()
}

func oneLine(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	return text[:min(len(text), 300)]
}
