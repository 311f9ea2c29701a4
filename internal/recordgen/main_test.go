package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheDecodersAreUpToDate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "contacts")
	want, err := generate(dir)
	require.NoError(t, err)
	have, err := os.ReadFile(filepath.Join(dir, output))
	require.NoError(t, err)
	assert.Equal(t, string(want), string(have), "run: go generate ./contacts")
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"a name that two fields have": "type R struct{ A string `json:\"a\"`; B string `json:\"b\" also:\"a\"`; extra wire.Extra }",
		"a field without a name":      "type R struct{ A string `json:\",omitzero\"`; extra wire.Extra }",
		"a package without a record":  "type R struct{ A string `json:\"a\"` }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "r.go"), []byte("package r\n"+source), 0o600))
			_, err := generate(dir)
			assert.Error(t, err)
		})
	}
}
