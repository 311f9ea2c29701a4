package syncer_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/syncer"
)

// A plan that was saved may have been changed by anybody: it is refused, or can be
// shown and saved again, and applying it creates nothing that isn't in the source.
func FuzzReadPlan(f *testing.F) {
	f.Add(`{"format":1}`)
	f.Add(`{"format":2,"flows":[{"tenant":"here","flow":"people","operations":[{"id":"a","action":"created"}]}]}`)
	f.Add(`{"Format":1,"Flows":[{"Tenant":"here","Flow":"people","Mapping":"x","Operations":[{"ID":"nobody","Action":"created","Fields":[{"Field":"title","After":"\"x\""}]}]}]}`)
	f.Add(`{"format":1,"flows":[{"tenant":"nowhere","flow":"","operations":[{"action":"deleted","target":"t"}],"unknown":[{"n":-1}]}]}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, text string) {
		plan, err := syncer.ReadPlan(strings.NewReader(text))
		if err != nil {
			return
		}
		assert.NotEmpty(t, plan.String())
		plan.Operations()
		plan.Unknown()
		saved, err := json.Marshal(plan)
		require.NoError(t, err)
		again, err := syncer.ReadPlan(strings.NewReader(string(saved)))
		require.NoError(t, err)
		assert.Equal(t, plan.Operations(), again.Operations())
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			ctx, cancel := context.WithTimeout(t.Context(), 10*minute)
			defer cancel()
			_, _ = w.engine.Apply(ctx, plan) // it may be of tenants that are not there
			assert.Empty(t, w.cards.took(), "the source is empty")
		})
	})
}
