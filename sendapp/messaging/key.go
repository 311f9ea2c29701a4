package messaging

import (
	"context"
	"sync"

	"github.com/contactlink/contactlink/internal/rest"
)

// keyOfSend is where the context of a send has its key: a function, so that no
// verb shows what it returns.
type keyOfSend struct{}

// withKey lets all that one send needs the key for read it once: Agent has it in
// the body and in a header, and another one after a 401 would be a second request.
func withKey(ctx context.Context, key rest.Source) context.Context {
	if ctx == nil {
		return nil // refused later
	}
	return context.WithValue(ctx, keyOfSend{}, sync.OnceValues(func() (string, error) { return key(ctx) }))
}

// readKey is the source of the key of sends, under withKey.
func readKey(ctx context.Context) (string, error) {
	read, ok := ctx.Value(keyOfSend{}).(func() (string, error))
	if !ok {
		return "", rest.ErrNoCredentials
	}
	return read()
}
