// Command jsonhas reads one JSON object and checks numbers in it. Scripts use it
// where they would need a JSON tool otherwise:
//
//	jsonhas resources.contacts.created=537 resources.contacts.failed=0 <report.json
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if err := check(os.Stdin, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// check holds each assertion, a dotted path and the number there, against the
// object. All that do not hold are in the error.
func check(r io.Reader, assertions []string) error {
	decoder := json.NewDecoder(r)
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return fmt.Errorf("read the JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one JSON object")
	}
	var failures []error
	for _, assertion := range assertions {
		path, want, ok := strings.Cut(assertion, "=")
		if !ok {
			return fmt.Errorf("%q is not a path and a number", assertion)
		}
		if got := at(object, path); fmt.Sprint(got) != want {
			failures = append(failures, fmt.Errorf("%s is %v, want %s", path, got, want))
		}
	}
	return errors.Join(failures...)
}

// at is the value at a dotted path, or "missing".
func at(object map[string]any, path string) any {
	name, rest, deeper := strings.Cut(path, ".")
	value, ok := object[name]
	if !ok {
		return "missing"
	}
	if !deeper {
		return value
	}
	inner, ok := value.(map[string]any)
	if !ok {
		return "missing"
	}
	return at(inner, rest)
}
