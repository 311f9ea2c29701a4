package testenv

import (
	"os"
	"testing"
)

// Long skips a test that takes long, unless CONTACTLINK_LONG is 1: .ci/long sets
// it.
func Long(t testing.TB) {
	t.Helper()
	if os.Getenv("CONTACTLINK_LONG") != "1" {
		t.Skip("it takes long: CONTACTLINK_LONG=1 runs it")
	}
}
