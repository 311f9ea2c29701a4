//go:build unix

package contacts

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// lockFile takes a lock that ends with the process, however it ends.
func lockFile(path string) (io.Closer, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the caller's directory
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = errLocked
	case err == nil:
		return file, nil
	}
	_ = file.Close()
	return nil, err
}

// syncDir makes a renaming durable.
func syncDir(path string) error {
	dir, err := os.Open(path) //nolint:gosec // the caller's directory
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
