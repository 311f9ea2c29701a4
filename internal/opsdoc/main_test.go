package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheDocumentIsUpToDate(t *testing.T) {
	t.Parallel()
	have, err := os.ReadFile(filepath.Join("..", "..", output))
	require.NoError(t, err)
	assert.Equal(t, string(document(clients())), string(have), "run: go run ./internal/opsdoc")
}

func TestEveryEventHasAMethod(t *testing.T) {
	t.Parallel()
	for _, e := range append(contactEvents(), sendappEvents()...) {
		assert.NotEmpty(t, e.method, e.name)
	}
}
