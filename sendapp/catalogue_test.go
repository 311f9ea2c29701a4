package sendapp_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/sendapp"
)

// variants are the methods that send the operation of another: in pages, of what
// was deleted, with more in the answer.
func variants(method string) string {
	if method == "Contacts.Profile" {
		return "Contacts.Get"
	}
	return strings.ReplaceAll(strings.TrimSuffix(method, "Page"), "ListDeleted", "List")
}

func TestEveryMethodHasARowAndEveryRowAMethod(t *testing.T) {
	t.Parallel()
	rows := map[string]bool{}
	names := map[string]bool{}
	for _, op := range sendapp.Operations() {
		rows[op.GoMethod] = true
		assert.False(t, names[op.Name], "%s is there twice", op.Name)
		names[op.Name] = true
		assert.True(t, strings.HasPrefix(op.Path, "/"), op.Name)
	}
	methods := map[string]bool{}
	client := reflect.TypeFor[*sendapp.Client]()
	for method := range client.Methods() {
		if method.Name != "With" && method.Name != "Check" && method.Name != "LimiterState" { // they are no operations
			methods[method.Name] = true
		}
	}
	for service := range client.Elem().Fields() {
		if !service.IsExported() {
			continue
		}
		for method := range service.Type.Methods() {
			methods[variants(service.Name+"."+method.Name)] = true
		}
	}
	assert.Equal(t, rows, methods)
}

func TestRequiredScopes(t *testing.T) {
	t.Parallel()
	scopes, err := sendapp.RequiredScopes("contacts.get", "Notes.List", "capabilities.get")
	require.NoError(t, err)
	assert.Equal(t, []string{"contacts.readonly"}, scopes)
	scopes, err = sendapp.RequiredScopes("Tags.Add", "activity.list")
	require.NoError(t, err)
	assert.Equal(t, []string{"contacts.readonly", "contacts.write"}, scopes)
	scopes, err = sendapp.RequiredScopes()
	require.NoError(t, err)
	assert.Empty(t, scopes)
	_, err = sendapp.RequiredScopes("contacts.got")
	require.ErrorIs(t, err, sendapp.ErrInvalid)
	require.ErrorContains(t, err, `no operation "contacts.got", the nearest is "contacts.get"`)
}

func TestOperationsAreSortedAndCopied(t *testing.T) {
	t.Parallel()
	all := sendapp.Operations()
	assert.True(t, slices.IsSortedFunc(all, func(a, b sendapp.Operation) int { return strings.Compare(a.Name, b.Name) }))
	all[0].Name = "changed"
	assert.NotEqual(t, "changed", sendapp.Operations()[0].Name)
	document := sendapp.OpenAPI()
	document[0] = '!'
	assert.NotEqual(t, document, sendapp.OpenAPI())
}
