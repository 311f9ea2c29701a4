package storetest_test

import (
	"testing"

	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/storetest"
)

func TestMemoryStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Features{}, func(*testing.T, string) syncer.Store { return syncer.NewMemoryStore() })
}
