//go:build !unix

package testserver

import (
	"io"
	"os"
)

// lockFile does not lock here: use one process a directory.
func lockFile(path string) (io.Closer, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}
