package syncer

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Somebody whose phone changes for ever, on either side, makes the index no larger.
func TestTheIndexForgetsKeysThatNobodyHas(t *testing.T) {
	t.Parallel()
	m := newMatcher()
	for i := range 1000 {
		keys := []NaturalKey{{Field: "phone", Value: fmt.Sprint(i)}}
		m.putTarget(entry{ref: Ref{ID: "t"}, keys: keys})
		m.putSource("s", keys)
	}
	assert.Len(t, m.targets, 1)
	assert.Len(t, m.sources, 1)
	m.dropTarget("t")
	m.putSource("s", nil)
	assert.Empty(t, m.targets)
	assert.Empty(t, m.held)
	assert.Empty(t, m.sources)
	assert.Empty(t, m.known)
}
