package sendapp

import (
	_ "embed"
	"slices"
)

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI is the contract as an OpenAPI 3.1 document in YAML: every path, field,
// error and example. A server can be generated from it.
func OpenAPI() []byte { return slices.Clone(openAPI) }
