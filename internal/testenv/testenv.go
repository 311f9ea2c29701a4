// Package testenv gives tests what a user of the library may lack. A test that
// asks for something which is not there is skipped with the reason; where
// CONTACTLINK_CI is 1 it fails, so that nothing is left out unseen.
package testenv

import (
	"os"
	"path/filepath"
	"testing"
)

// Specs returns the directory with the Contacts API's published specifications,
// from the environment variable CONTACTLINK_SPECS. It has the OpenAPI files in
// apps and sample webhooks in webhooks. CONTRIBUTING.md says how to make it.
func Specs(t testing.TB) string {
	t.Helper()
	dir := named(t, "CONTACTLINK_SPECS", "a directory with the Contacts API's specifications")
	for _, part := range []string{"apps", "webhooks"} {
		if info, err := os.Stat(filepath.Join(dir, part)); err != nil || !info.IsDir() {
			missing(t, "CONTACTLINK_SPECS has no directory "+part)
		}
	}
	return dir
}

// Data returns the path of a contacts export for the quickstart, from the
// environment variable CONTACTLINK_DATA.
func Data(t testing.TB) string {
	t.Helper()
	file := named(t, "CONTACTLINK_DATA", "a contacts export, a JSON file")
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		missing(t, "CONTACTLINK_DATA is not a file")
	}
	return file
}

func named(t testing.TB, variable, what string) string {
	t.Helper()
	value := os.Getenv(variable)
	if value == "" {
		missing(t, variable+" is not set: it names "+what)
	}
	return value
}

func missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("CONTACTLINK_CI") == "1" {
		t.Fatal("CONTACTLINK_CI=1, but " + reason)
	}
	t.Skip(reason)
}
