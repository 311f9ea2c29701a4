package conformance

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/sendapp"
)

// Whoever writes a server from the document finds an example of each body there,
// and each code. That the examples fit their schemas, TestTheContractIsValid says.
func TestTheContractHasExamples(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(sendapp.OpenAPI())
	require.NoError(t, err)
	bodies := 0
	check := func(where string, content openapi3.Content) {
		for kind, media := range content {
			bodies++
			assert.True(t, media.Example != nil || len(media.Examples) > 0, "%s: %s has no example", where, kind)
		}
	}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			where := method + " " + path
			if operation.RequestBody != nil {
				check(where, operation.RequestBody.Value.Content)
			}
			for status, response := range operation.Responses.Map() {
				check(where+" "+status, response.Value.Content)
			}
		}
	}
	assert.Greater(t, bodies, 200)
}

func TestTheContractHasEveryCode(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(sendapp.OpenAPI())
	require.NoError(t, err)
	codes := doc.Components.Schemas["Problem"].Value.Properties["code"].Value.Description
	for _, code := range []string{
		sendapp.CodeMalformed, sendapp.CodeUnauthorized, sendapp.CodeForbidden, sendapp.CodeScopeMissing, sendapp.CodeNotFound,
		sendapp.CodeNoRoute, sendapp.CodeMethodNotAllowed, sendapp.CodeExternalIDTaken, sendapp.CodePhoneTaken, sendapp.CodeEmailTaken,
		sendapp.CodeVersionMismatch, sendapp.CodeTooLarge, sendapp.CodeUnsupportedMediaType, sendapp.CodeInvalid,
		sendapp.CodeIdempotencyMismatch, sendapp.CodeContactLimitReached, sendapp.CodeRateLimited, sendapp.CodeInternal,
		sendapp.CodeUnavailable,
	} {
		assert.Regexp(t, `\b`+code+`\b`, codes)
	}
}
