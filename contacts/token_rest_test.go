package contacts_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
)

const tokenAtRest = `{"accessToken":"acc3ss-s3cr3t","refreshToken":"r3fresh-s3cr3t"}`

// atRest are the two kinds of places where tokens lie: files, and rows of a store.
// raw and replace are what somebody does who can reach the place.
func atRest(t *testing.T) map[string]struct {
	open    func(keys ...contacts.TokenKey) contacts.TokenStore
	raw     func() []byte
	replace func(data []byte)
} {
	t.Helper()
	dir, rows := t.TempDir(), contacts.NewMemoryTokenStore()
	path := filepath.Join(dir, "oauth%2Fapp.token")
	return map[string]struct {
		open    func(keys ...contacts.TokenKey) contacts.TokenStore
		raw     func() []byte
		replace func(data []byte)
	}{
		"files": {
			func(keys ...contacts.TokenKey) contacts.TokenStore {
				store, err := contacts.NewFileTokenStore(dir, keys...)
				require.NoError(t, err)
				return store
			},
			func() []byte {
				data, err := os.ReadFile(path)
				require.NoError(t, err)
				return data
			},
			func(data []byte) { require.NoError(t, os.WriteFile(path, data, 0o600)) },
		},
		"rows": {
			func(keys ...contacts.TokenKey) contacts.TokenStore {
				store, err := contacts.EncryptTokenStore(rows, keys...)
				require.NoError(t, err)
				return store
			},
			func() []byte {
				data, err := rows.Get(t.Context(), "oauth/app")
				require.NoError(t, err)
				return data
			},
			func(data []byte) { require.NoError(t, rows.Put(t.Context(), "oauth/app", data)) },
		},
	}
}

func TestATokenAtRestIsUnreadableWithoutItsKey(t *testing.T) {
	t.Parallel()
	old, fresh := testKey(t, "k1", 'a'), testKey(t, "k2", 'b')
	for name, place := range atRest(t) {
		ctx := t.Context()
		require.NoError(t, place.open(old).Put(ctx, "oauth/app", []byte(tokenAtRest)))
		sealed := place.raw()
		for _, secret := range []string{"acc3ss-s3cr3t", "r3fresh-s3cr3t", "accessToken"} {
			assert.NotContains(t, string(sealed), secret, name)
			assert.NotContains(t, string(sealed), base64.StdEncoding.EncodeToString([]byte(secret))[:12], name)
			assert.NotContains(t, string(sealed), hex.EncodeToString([]byte(secret)), name)
		}
		require.NoError(t, place.open(old).Put(ctx, "oauth/app", []byte(tokenAtRest)))
		assert.False(t, bytes.Equal(sealed, place.raw()), "%s: the same token is never sealed in the same way", name)

		for what, keys := range map[string][]contacts.TokenKey{
			"another key": {fresh}, "another key of its name": {testKey(t, "k1", 'c')}, "others": {fresh, testKey(t, "k3", 'd')},
		} {
			got, err := place.open(keys...).Get(ctx, "oauth/app")
			require.ErrorIs(t, err, contacts.ErrWrongKey, "%s, %s", name, what)
			require.ErrorContains(t, err, "k1", "it says which key is needed")
			assert.Nil(t, got)
			assert.NotContains(t, fmt.Sprintf("%+v %#v", err, err), "s3cr3t")
		}

		// What was changed, or cut off, anywhere, is no token, and no other one.
		sealed = place.raw()
		for i := range sealed {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1
			place.replace(changed)
			_, err := place.open(old, fresh).Get(ctx, "oauth/app")
			require.ErrorIs(t, err, contacts.ErrWrongKey, "%s: byte %d", name, i)
			if i > 0 { // nothing at all is none
				place.replace(sealed[:i])
				_, err = place.open(old).Get(ctx, "oauth/app")
				require.ErrorIs(t, err, contacts.ErrWrongKey, "%s: cut at %d", name, i)
			}
		}
		place.replace(sealed)

		// A rotation: both keys, a token that is written anew, the new key alone.
		got, err := place.open(fresh, old).Get(ctx, "oauth/app")
		require.NoError(t, err)
		assert.JSONEq(t, tokenAtRest, string(got))
		require.NoError(t, place.open(fresh, old).Put(ctx, "oauth/app", got))
		got, err = place.open(fresh).Get(ctx, "oauth/app")
		require.NoError(t, err)
		assert.JSONEq(t, tokenAtRest, string(got))
		_, err = place.open(old).Get(ctx, "oauth/app")
		require.ErrorIs(t, err, contacts.ErrWrongKey, "the old key is of no use any more")
	}
}

// Whatever was there before, and whatever the program's mask: only the user reads it.
func TestTheFilesOfTokensAreTheUsersAlone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("it has no such permissions")
	}
	dir := filepath.Join(t.TempDir(), "deep", "tokens")
	store, err := contacts.NewFileTokenStore(dir, testKey(t, "k1", 'a'))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.token"), []byte("before"), 0o644))
	unlock, err := store.Lock(t.Context(), "a")
	require.NoError(t, err)
	require.NoError(t, store.Put(t.Context(), "a", []byte(tokenAtRest)))
	unlock()
	modes := map[string]os.FileMode{}
	require.NoError(t, filepath.Walk(filepath.Dir(dir), func(path string, info os.FileInfo, err error) error {
		modes[filepath.Base(path)] = info.Mode().Perm()
		return err
	}))
	assert.Equal(t, map[string]os.FileMode{"deep": 0o700, "tokens": 0o700, "a.token": 0o600, "a.lock": 0o600}, modes)
}
