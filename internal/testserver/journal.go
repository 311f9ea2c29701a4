package testserver

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Journal keeps changes in a directory. An entry is written before the request
// that made it is answered: a process that is killed at any moment loses nothing
// that was answered. (A machine that loses power may.)
//
// The entries are lines of JSON in a file whose name has a generation. Opening
// rewrites what is there into the next generation, so that the file does not
// grow for ever; the old one is removed once the new one is complete.
type Journal struct {
	file *os.File
	lock io.Closer
}

// OpenJournal replays the journal of this name: replay is called for each
// entry, then state returns the entries that make the same state anew.
func OpenJournal(dir, name string, replay func(json.RawMessage) error, state func() []any) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFile(filepath.Join(dir, name+".lock"))
	if err != nil {
		return nil, fmt.Errorf("%s is in use by another process: %w", dir, err)
	}
	j := &Journal{lock: lock}
	if err := j.open(dir, name, replay, state); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return j, nil
}

func (j *Journal) open(dir, name string, replay func(json.RawMessage) error, state func() []any) error {
	old, err := filepath.Glob(filepath.Join(dir, name+"-*.jsonl"))
	if err != nil {
		return err
	}
	slices.Sort(old)
	generation := 0
	if len(old) > 0 {
		newest := old[len(old)-1]
		number := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(newest), name+"-"), ".jsonl")
		if _, err := fmt.Sscanf(number, "%d", &generation); err != nil {
			return fmt.Errorf("the journal %s has a strange name: %w", newest, err)
		}
		if err := replayFile(newest, replay); err != nil {
			return err
		}
	}
	path := filepath.Join(dir, fmt.Sprintf("%s-%09d.jsonl", name, generation+1))
	if j.file, err = rewrite(path, state()); err != nil {
		return err
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	return nil
}

// replayFile reads entries. A last line without its end was cut short by a kill:
// its request was never answered.
func replayFile(path string, replay func(json.RawMessage) error) error {
	file, err := os.Open(path) //nolint:gosec // the caller's directory
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read
	lines := bufio.NewReaderSize(file, 1<<16)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := replay(line); err != nil {
			return fmt.Errorf("%s:%d: %w", filepath.Base(path), number, err)
		}
	}
}

// rewrite writes a whole journal beside its place and moves it there.
func rewrite(path string, entries []any) (*os.File, error) {
	file, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600) //nolint:gosec // the caller's directory
	if err != nil {
		return nil, err
	}
	buffer := bufio.NewWriterSize(file, 1<<16)
	encoder := json.NewEncoder(buffer)
	for _, entry := range entries {
		if err := encoder.Encode(entry); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	if err := errors.Join(buffer.Flush(), file.Sync(), os.Rename(path+".tmp", path)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Append writes an entry with one write, so that it is there whole or not at
// all.
func (j *Journal) Append(entry any) error {
	if j == nil {
		return nil
	}
	line, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	_, err = j.file.Write(append(line, '\n'))
	return err
}

// Close closes the journal.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	return errors.Join(j.file.Close(), j.lock.Close())
}
