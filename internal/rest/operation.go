package rest

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// Operation is a row of a client's table of operations. The request, the retry
// rule, the text of an error and the scopes that are needed all read it.
type Operation struct {
	// Name is stable: it stands in errors and logs. "contacts.get".
	Name string
	// GoMethod is the client's method that sends it: "Contacts.Get".
	GoMethod string
	Method   string
	// Path is a template: "/contacts/{contactId}".
	Path string
	// Version is the value of the API's version header; empty if it has none.
	Version string
	// Scope is what an OAuth token needs.
	Scope string
	// Success are the status codes of success.
	Success []int
	// Idempotent says that sending it twice does what sending it once does.
	Idempotent bool
	// Public says that it needs no credentials.
	Public bool
	// Secret says that what it sends or answers holds secrets: no error keeps it,
	// and no curl line shows it.
	Secret bool
}

// fill puts the parameters into the path, in the order of the template, each
// escaped.
func (o *Operation) fill(params []string) (string, error) {
	var path strings.Builder
	rest := o.Path
	for {
		before, after, found := strings.Cut(rest, "{")
		path.WriteString(before)
		if !found {
			break
		}
		name, tail, _ := strings.Cut(after, "}")
		if len(params) == 0 {
			return "", fmt.Errorf("%w: %s is missing", ErrInvalid, name)
		}
		if err := CheckID(params[0]); err != nil {
			return "", fmt.Errorf("%w: %s %w", ErrInvalid, name, err)
		}
		path.WriteString(url.PathEscape(params[0]))
		params, rest = params[1:], tail
	}
	if len(params) > 0 {
		return "", fmt.Errorf("%w: %s takes fewer ids", ErrInvalid, o.Path)
	}
	return path.String(), nil
}

// CheckID refuses what could name another path. No id of either API needs it. Its
// error does not show the id.
func CheckID(id string) error {
	switch {
	case id == "":
		return errors.New("is empty")
	case strings.Trim(id, ".") == "":
		return errors.New("is not an id but a path")
	case strings.ContainsAny(id, `/\?#%`): // % too: some proxies decode twice
		return errors.New("has a character that no id has")
	case strings.ContainsFunc(id, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }):
		return errors.New("has a control character")
	case strings.TrimSpace(id) != id:
		return errors.New("has a space around it")
	case len(id) > 512:
		return errors.New("is longer than 512 bytes")
	}
	return nil
}
