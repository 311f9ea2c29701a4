package contacts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// NewFileTokenStore keeps tokens in files of a directory, encrypted as
// EncryptTokenStore says, readable by the user only. A file is replaced as a
// whole and flushed to the disk. Processes may share the directory, on Unix.
//
// Give it a directory of its own, which others cannot write to: without the key
// they cannot read or forge a token, but they could put back an older one.
func NewFileTokenStore(dir string, keys ...TokenKey) (TokenStore, error) {
	if dir == "" {
		return nil, errors.New("contacts: open a token store: the directory is empty")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("contacts: open a token store: %w", err)
	}
	return EncryptTokenStore(&fileTokens{dir: dir}, keys...)
}

type fileTokens struct {
	dir   string
	locks keyLocks
}

func (f *fileTokens) path(key string) string { return filepath.Join(f.dir, url.PathEscape(key)) }

func (f *fileTokens) Get(_ context.Context, key string) ([]byte, error) {
	path := f.path(key) + ".token"
	// What is no file is not opened: a pipe would wait, a device never end.
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is in the way: it is no file but a %v", filepath.Base(path), info.Mode().Type())
	case info.Size() > maxTokenFile:
		return nil, fmt.Errorf("%s is larger than %d bytes: it is no token", filepath.Base(path), maxTokenFile)
	}
	return os.ReadFile(path) //nolint:gosec // the caller's directory
}

// maxTokenFile is how many bytes a token's file has at most.
const maxTokenFile = 1 << 20

// Put writes a new file, flushes it, puts it in the place of the old one, and
// flushes the directory.
func (f *fileTokens) Put(_ context.Context, key string, value []byte) error {
	file, err := os.CreateTemp(f.dir, ".new-*") // only the user may read it
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) //nolint:errcheck // it is gone if all went well
	_, err = file.Write(value)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), f.path(key)+".token"); err != nil {
		return err
	}
	return syncDir(f.dir)
}

// lockPoll is how often a lock of another process is tried.
const lockPoll = 20 * time.Millisecond

// Lock locks within the process first, for a file's lock is the process's.
func (f *fileTokens) Lock(ctx context.Context, key string) (func(), error) {
	unlock, err := f.locks.lock(ctx, key)
	if err != nil {
		return nil, err
	}
	for {
		file, err := lockFile(f.path(key) + ".lock")
		switch {
		case err == nil:
			return func() { _ = file.Close(); unlock() }, nil
		case !errors.Is(err, errLocked):
			unlock()
			return nil, err
		}
		timer := time.NewTimer(lockPoll)
		select {
		case <-ctx.Done():
			timer.Stop()
			unlock()
			return nil, ctx.Err()
		case <-timer.C:
		}
	}
}

// errLocked says that another process has the lock.
var errLocked = errors.New("another process has the lock")
