//go:build !unix

package contacts

import (
	"io"
	"os"
)

// lockFile does not lock here: use one process a directory.
func lockFile(path string) (io.Closer, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}

// syncDir does nothing: a directory cannot be flushed here.
func syncDir(string) error { return nil }
