// Package openapi checks requests and answers against OpenAPI specifications,
// and counts which of their operations were called.
//
// A [Checker] stands between a client and a server, as an http.RoundTripper. It
// reads documents of OpenAPI 3.0 and 3.1, both with kin-openapi, which takes a
// validator of JSON Schema 2020-12 for the latter. They differ in one place: a
// property that is missing is reported there by 3.0, and at the object that
// lacks it by 3.1.
package openapi

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Spec is a specification, with what was called of it. It is safe for
// concurrent use.
type Spec struct {
	// Name stands in messages.
	Name string

	doc    *openapi3.T
	router routers.Router
	wants  func(*http.Request) bool

	mu     sync.Mutex
	called map[string]bool
}

// Load reads a specification from a file, and the files that it refers to.
func Load(name, file string) (*Spec, error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, fmt.Errorf("openapi: %s: %w", name, err)
	}
	return read(name, func(l *openapi3.Loader) (*openapi3.T, error) { return l.LoadFromFile(path) })
}

// Parse reads a specification from memory, JSON or YAML. It refers to nothing
// outside.
func Parse(name string, data []byte) (*Spec, error) {
	return read(name, func(l *openapi3.Loader) (*openapi3.T, error) {
		l.IsExternalRefsAllowed = false
		return l.LoadFromDataWithPath(data, &url.URL{Path: "."})
	})
}

// read loads a document. It is not validated as such: the Contacts API's own
// specifications have faulty examples. Spec.Validate does.
func read(name string, load func(*openapi3.Loader) (*openapi3.T, error)) (*Spec, error) {
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	doc, err := load(loader)
	if err != nil {
		return nil, fmt.Errorf("openapi: %s: %w", name, err)
	}
	doc.Servers = nil // any host
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("openapi: %s: %w", name, err)
	}
	return &Spec{Name: name, doc: doc, router: router, called: map[string]bool{}}, nil
}

// For restricts the specification to the requests that want it, as by a version
// header. It returns the specification.
func (s *Spec) For(wants func(*http.Request) bool) *Spec {
	s.wants = wants
	return s
}

// Validate says what is wrong with the document itself, examples included.
func (s *Spec) Validate(options ...openapi3.ValidationOption) error {
	return s.doc.Validate(openapi3.NewLoader().Context, options...)
}

// Operations are the names of all operations, sorted: their operationId, or
// method and path where there is none.
func (s *Spec) Operations() []string {
	var names []string
	for path, item := range s.doc.Paths.Map() {
		for method, operation := range item.Operations() {
			names = append(names, operationName(operation, method, path))
		}
	}
	slices.Sort(names)
	return names
}

// Called are the operations that were answered with a success, sorted.
func (s *Spec) Called() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name := range s.called {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Missing are the operations that were not, sorted.
func (s *Spec) Missing() []string {
	called := s.Called()
	return slices.DeleteFunc(s.Operations(), func(name string) bool { return slices.Contains(called, name) })
}

// Coverage is how many of the operations were called: "contacts: 32/32".
func (s *Spec) Coverage() string {
	return fmt.Sprintf("%s: %d/%d", s.Name, len(s.Called()), len(s.Operations()))
}

func (s *Spec) call(operation string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.called[operation] = true
}

func operationName(operation *openapi3.Operation, method, path string) string {
	if operation.OperationID != "" {
		return operation.OperationID
	}
	return method + " " + path
}
