package testserver

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever is in a journal's file, it is refused and stays as it is, or its entries
// are kept. What follows the last line's end was never answered.
func FuzzJournal(f *testing.F) {
	f.Add([]byte("{\"a\":1}\n[2]\n"), "000000001")
	f.Add([]byte("{\"a\":1}\n[2"), "7")
	f.Add([]byte("null\n\n"), "x")
	f.Add([]byte("{\n"), "999999999999999999999")
	f.Fuzz(func(t *testing.T, data []byte, generation string) {
		dir := t.TempDir()
		path := filepath.Join(dir, "x-"+filepath.Base(generation)+".jsonl")
		if filepath.Dir(path) != dir || os.WriteFile(path, data, 0o600) != nil {
			return // no name of a file
		}
		open := func() (entries []any, err error) {
			journal, err := OpenJournal(dir, "x", func(line json.RawMessage) error {
				var entry any
				if err := json.Unmarshal(line, &entry); err != nil {
					return err
				}
				entries = append(entries, entry)
				return nil
			}, func() []any { return entries })
			if err == nil {
				require.NoError(t, journal.Close())
			}
			return entries, err
		}
		entries, err := open()
		if err != nil {
			left, err := os.ReadFile(path)
			require.NoError(t, err)
			require.True(t, bytes.Equal(data, left), "nothing is lost")
			return
		}
		again, err := open()
		require.NoError(t, err)
		require.Equal(t, entries, again)
	})
}
