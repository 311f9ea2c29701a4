package contacts

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
)

// TokenKey encrypts stored tokens. The zero value is none.
type TokenKey struct {
	id   string
	aead cipher.AEAD
}

// NewTokenKey makes a key of 32 random bytes. Its id is stored beside what it
// encrypts; it has 1 to 64 letters, digits, "-", "_" or ".".
func NewTokenKey(id string, key []byte) (TokenKey, error) {
	if id == "" || len(id) > 64 || strings.Trim(strings.ToLower(id), "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		return TokenKey{}, errors.New("contacts: make a token key: an id has 1 to 64 of the letters, the digits, and - _ . only")
	}
	if len(key) != 32 {
		return TokenKey{}, fmt.Errorf("contacts: make a token key: a key has 32 bytes, not %d", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return TokenKey{}, fmt.Errorf("contacts: make a token key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return TokenKey{}, fmt.Errorf("contacts: make a token key: %w", err)
	}
	return TokenKey{id: id, aead: aead}, nil
}

// String is the key's id.
func (k TokenKey) String() string { return "token key " + k.id }

// GoString is the key's id.
func (k TokenKey) GoString() string { return k.String() }

// ErrWrongKey says that a stored token was encrypted with a key that is not
// given, or was changed.
var ErrWrongKey = errors.New("the stored token cannot be decrypted")

// EncryptTokenStore encrypts what a store keeps with AES-256-GCM. The first key
// encrypts, all of them decrypt: to rotate a key, put a new one before it, and
// take the old one away when all tokens were refreshed, which each is at least
// once a day that it is used.
func EncryptTokenStore(store TokenStore, keys ...TokenKey) (TokenStore, error) {
	if store == nil || len(keys) == 0 {
		return nil, errors.New("contacts: encrypt a token store: it needs a store and a key")
	}
	byID := map[string]TokenKey{}
	for _, key := range keys {
		if key.aead == nil {
			return nil, errors.New("contacts: encrypt a token store: a key is empty: use NewTokenKey")
		}
		if _, twice := byID[key.id]; twice {
			return nil, fmt.Errorf("contacts: encrypt a token store: two keys have the id %q", key.id)
		}
		byID[key.id] = key
	}
	return &encryptedTokens{store: store, first: keys[0], keys: byID}, nil
}

type encryptedTokens struct {
	store TokenStore
	first TokenKey
	keys  map[string]TokenKey
}

// sealedForm is the form's version. Then come the key's id, a line break, the
// nonce, the sealed value.
const sealedForm = "contactlink-aes256gcm-1 "

// Get decrypts a value.
func (e *encryptedTokens) Get(ctx context.Context, key string) ([]byte, error) {
	data, err := e.store.Get(ctx, key)
	if err != nil || len(data) == 0 {
		return nil, err
	}
	head, sealed, found := strings.Cut(string(data), "\n")
	id, ours := strings.CutPrefix(head, sealedForm)
	if !found || !ours {
		return nil, fmt.Errorf("%w: it is not encrypted, or by another program", ErrWrongKey)
	}
	known, ok := e.keys[id]
	if !ok {
		return nil, fmt.Errorf("%w: its key %.64q is not among those given", ErrWrongKey, id)
	}
	size := known.aead.NonceSize()
	if len(sealed) < size {
		return nil, fmt.Errorf("%w: it is cut off", ErrWrongKey)
	}
	// The name is sealed in: a token can't be put in the place of another.
	plain, err := known.aead.Open(nil, []byte(sealed[:size]), []byte(sealed[size:]), []byte(key))
	if err != nil {
		return nil, fmt.Errorf("%w: the key %q is another one than it was encrypted with, or it was changed", ErrWrongKey, id)
	}
	return plain, nil
}

// Put encrypts a value.
func (e *encryptedTokens) Put(ctx context.Context, key string, value []byte) error {
	nonce := make([]byte, e.first.aead.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	data := append([]byte(sealedForm+e.first.id+"\n"), nonce...)
	return e.store.Put(ctx, key, e.first.aead.Seal(data, nonce, value, []byte(key)))
}

// Lock is the store's own.
func (e *encryptedTokens) Lock(ctx context.Context, key string) (func(), error) {
	return e.store.Lock(ctx, key)
}
