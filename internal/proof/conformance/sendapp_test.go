package conformance

import (
	"cmp"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/proof/openapi"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

func sendappSpec(t *testing.T) *openapi.Spec {
	t.Helper()
	spec, err := openapi.Parse("sendapp", sendapp.OpenAPI())
	require.NoError(t, err)
	return spec
}

func TestTheContractIsValid(t *testing.T) {
	t.Parallel()
	require.NoError(t, sendappSpec(t).Validate())
}

// The document and the client's table of operations say the same.
func TestTheContractAndTheClientAgree(t *testing.T) {
	t.Parallel()
	spec := sendappSpec(t)
	var names []string
	for _, op := range sendapp.Operations() {
		names = append(names, op.Name)
		method, path, scopes, found := spec.Operation(op.Name)
		require.True(t, found, op.Name)
		assert.Equal(t, op.Method+" "+op.Path, method+" "+path, op.Name)
		if op.Scope == "" {
			assert.Empty(t, scopes["token"], op.Name)
		} else {
			assert.Equal(t, []string{op.Scope}, scopes["token"], op.Name)
		}
		assert.Contains(t, scopes, "apiKey", op.Name)
	}
	assert.ElementsMatch(t, spec.Operations(), names)
}

// Every operation is called by the client, and its request and answer are
// checked. The server is the one in memory, or the one that CONTACTLINK_SENDAPP_URL
// names, with the key CONTACTLINK_SENDAPP_KEY.
func TestSendAppServerConforms(t *testing.T) {
	t.Parallel()
	spec := sendappSpec(t)
	base, key, transport := os.Getenv("CONTACTLINK_SENDAPP_URL"), os.Getenv("CONTACTLINK_SENDAPP_KEY"), http.DefaultTransport
	if base == "" {
		server, err := sendapptest.NewServer(sendapptest.WithLimits())
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, server.Close()) })
		base, key, transport = "http://localhost", sendapptest.DefaultAPIKey, server.Transport()
	}
	// The document knows paths from the base URL on.
	prefix := strings.TrimSuffix(pathOf(t, base), "/")
	checker := openapi.NewChecker(withPrefix{prefix, transport}, nil, spec)
	client, err := sendapp.NewClient(
		sendapp.WithBaseURL(strings.TrimSuffix(strings.TrimSuffix(base, "/"), prefix)), sendapp.WithAPIKey(key),
		sendapp.WithHTTPClient(&http.Client{Transport: checker}))
	require.NoError(t, err)

	suite := newSendappSuite(t, client)
	suite.run()
	checker.Report(t)
	for _, lack := range suite.lacks {
		t.Log("the server lacks ", lack)
	}
	missing := slices.DeleteFunc(spec.Missing(), func(name string) bool { return suite.skipped[name] })
	assert.Empty(t, missing, "operations that were not called with success")
	t.Log(spec.Coverage())
	if os.Getenv("CONTACTLINK_SENDAPP_URL") == "" {
		assert.Empty(t, suite.lacks, "the server in memory has all of the contract")
		spec.Complete(t)
	}
}

// Without a part, the suite says so and checks the rest.
func TestWhatAServerLacksIsTold(t *testing.T) {
	t.Parallel()
	_, client := sendapptest.Start(t, sendapptest.Without("notes", "activity", "webhooks", "versions", "tagSets", "idempotencyKeys"))
	suite := newSendappSuite(t, client)
	suite.run()
	slices.SortFunc(suite.lacks, cmp.Compare)
	assert.Equal(t, []string{"activity", "idempotencyKeys", "notes", "tagSets", "versions", "webhooks"}, suite.lacks)
}
