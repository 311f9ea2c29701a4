package contacts_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
)

func TestTokenStores(t *testing.T) {
	t.Parallel()
	key := testKey(t, "k1", 'a')
	dir := t.TempDir()
	files, err := contacts.NewFileTokenStore(dir, key)
	require.NoError(t, err)
	encrypted, err := contacts.EncryptTokenStore(contacts.NewMemoryTokenStore(), key)
	require.NoError(t, err)
	for name, store := range map[string]contacts.TokenStore{
		"memory": contacts.NewMemoryTokenStore(), "file": files, "encrypted": encrypted,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			got, err := store.Get(ctx, "a/b")
			require.NoError(t, err)
			assert.Nil(t, got)
			require.NoError(t, store.Put(ctx, "a/b", []byte("one")))
			require.NoError(t, store.Put(ctx, "a/b", []byte("two")))
			got, err = store.Get(ctx, "a/b")
			require.NoError(t, err)
			assert.Equal(t, "two", string(got))

			unlock, err := store.Lock(ctx, "a/b")
			require.NoError(t, err)
			other, err := store.Lock(ctx, "c")
			require.NoError(t, err, "another key")
			other()
			short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
			defer cancel()
			_, err = store.Lock(short, "a/b")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			unlock()
			unlock, err = store.Lock(ctx, "a/b")
			require.NoError(t, err)
			unlock()
		})
	}
}

func TestFilesAreEncryptedAndPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, err := contacts.NewFileTokenStore(dir, testKey(t, "k1", 'a'))
	require.NoError(t, err)
	require.NoError(t, store.Put(t.Context(), "../../etc/passwd", []byte("s3cr3t")))
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, names, 1, "no path leaves the directory, and nothing is left over")
	data, err := os.ReadFile(names[0])
	require.NoError(t, err)
	assert.NotContains(t, string(data), "s3cr3t")
	info, err := os.Stat(names[0])
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	// Two stores of one directory are two processes.
	other, err := contacts.NewFileTokenStore(dir, testKey(t, "k1", 'a'))
	require.NoError(t, err)
	unlock, err := store.Lock(t.Context(), "a")
	require.NoError(t, err)
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = other.Lock(short, "a")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	unlock()
	_, err = other.Lock(t.Context(), "a")
	require.NoError(t, err)
}

func TestAnEncryptionKeyIsRotated(t *testing.T) {
	t.Parallel()
	plain := contacts.NewMemoryTokenStore()
	old, fresh := testKey(t, "k1", 'a'), testKey(t, "k2", 'b')
	with := func(keys ...contacts.TokenKey) contacts.TokenStore {
		store, err := contacts.EncryptTokenStore(plain, keys...)
		require.NoError(t, err)
		return store
	}
	require.NoError(t, with(old).Put(t.Context(), "a", []byte("one")))
	got, err := with(fresh, old).Get(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, "one", string(got))
	_, err = with(fresh).Get(t.Context(), "a")
	require.ErrorIs(t, err, contacts.ErrWrongKey)
	require.ErrorContains(t, err, "k1")
	require.NoError(t, with(fresh, old).Put(t.Context(), "a", []byte("two")))
	_, err = with(fresh).Get(t.Context(), "a")
	require.NoError(t, err, "the first one encrypts")

	_, err = with(testKey(t, "k2", 'c')).Get(t.Context(), "a")
	require.ErrorIs(t, err, contacts.ErrWrongKey)
	moved, err := plain.Get(t.Context(), "a")
	require.NoError(t, err)
	require.NoError(t, plain.Put(t.Context(), "b", moved))
	_, err = with(fresh).Get(t.Context(), "b")
	require.ErrorIs(t, err, contacts.ErrWrongKey, "a token in the place of another")
	require.NoError(t, plain.Put(t.Context(), "c", []byte(`{"accessToken":"x"}`)))
	_, err = with(fresh).Get(t.Context(), "c")
	require.ErrorIs(t, err, contacts.ErrWrongKey)

	for _, keys := range [][]contacts.TokenKey{nil, {{}}, {old, old}} {
		_, err := contacts.EncryptTokenStore(plain, keys...)
		require.Error(t, err)
	}
	for id, key := range map[string][]byte{"": make([]byte, 32), "a b": make([]byte, 32), "short": make([]byte, 16)} {
		_, err := contacts.NewTokenKey(id, key)
		require.Error(t, err)
	}
}

// What a store holds may be anything.
func FuzzEncryptedToken(f *testing.F) {
	f.Add([]byte("contactlink-aes256gcm-1 k1\n0123456789ab"))
	f.Add([]byte("contactlink-aes256gcm-1 k1"))
	f.Add([]byte{})
	key, err := contacts.NewTokenKey("k1", make([]byte, 32))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data []byte) {
		plain := contacts.NewMemoryTokenStore()
		store, err := contacts.EncryptTokenStore(plain, key)
		require.NoError(t, err)
		require.NoError(t, plain.Put(t.Context(), "a", data))
		if got, err := store.Get(t.Context(), "a"); err == nil {
			assert.Empty(t, got)
		} else {
			require.ErrorIs(t, err, contacts.ErrWrongKey)
		}
	})
}

// What is in the way of a token's file is neither followed nor overwritten.
func TestWhatIsInTheWayOfATokensFile(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside")
	require.NoError(t, os.WriteFile(outside, []byte("outside"), 0o600))
	store, err := contacts.NewFileTokenStore(dir, testKey(t, "k1", 'a'))
	require.NoError(t, err)
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "a.token")))
	_, err = store.Get(t.Context(), "a")
	require.ErrorContains(t, err, "is in the way")
	require.NoError(t, store.Put(t.Context(), "a", []byte("one")))
	got, err := store.Get(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, "one", string(got), "the link was replaced")
	data, err := os.ReadFile(outside)
	require.NoError(t, err)
	assert.Equal(t, "outside", string(data))

	require.NoError(t, os.Mkdir(filepath.Join(dir, "b.token"), 0o700))
	_, err = store.Get(t.Context(), "b")
	require.ErrorContains(t, err, "is in the way")
	require.Error(t, store.Put(t.Context(), "b", []byte("one")))

	large, err := os.Create(filepath.Join(dir, "c.token"))
	require.NoError(t, err)
	require.NoError(t, large.Truncate(1<<30))
	require.NoError(t, large.Close())
	_, err = store.Get(t.Context(), "c")
	require.ErrorContains(t, err, "larger")

	left, err := filepath.Glob(filepath.Join(dir, ".new-*"))
	require.NoError(t, err)
	assert.Empty(t, left, "nothing is left over by what failed")
	_, err = contacts.NewFileTokenStore(outside, testKey(t, "k1", 'a'))
	require.ErrorContains(t, err, "open a token store")
}
