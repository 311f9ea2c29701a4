package phone

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCacheAnswersAsTheFunctionsDo(t *testing.T) {
	t.Parallel()
	var cache Cache
	for range 2 {
		for _, region := range []string{"US", "IT", ""} {
			for _, number := range []string{"202-225-4601", "06 1234 5678", "+12022254601", "911", "", "no"} {
				want, wantErr := E164(number, region)
				got, err := cache.E164(number, region)
				assert.Equal(t, want, got)
				assert.Equal(t, wantErr, err)
				want, wantErr = National(number, region)
				got, err = cache.National(number, region)
				assert.Equal(t, want, got)
				assert.Equal(t, wantErr, err)
			}
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	var (
		cache Cache
		all   sync.WaitGroup
	)
	for worker := range 4 {
		all.Go(func() {
			for i := range 2*cacheSize + 10 {
				_, err := cache.ask(question{number: fmt.Sprint(worker, i)}, func(string, string) (string, error) { return "x", nil })
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
	assert.LessOrEqual(t, len(cache.young), cacheSize)
	assert.Len(t, cache.old, cacheSize)
}

func TestCacheRemembers(t *testing.T) {
	t.Parallel()
	var cache Cache
	asked := 0
	read := func(number, _ string) (string, error) {
		asked++
		return number, nil
	}
	frequent := question{number: "1"}
	for i := range 3 * cacheSize {
		_, err := cache.ask(frequent, read)
		require.NoError(t, err)
		_, err = cache.ask(question{number: fmt.Sprint("n", i)}, read)
		require.NoError(t, err)
	}
	assert.Equal(t, 3*cacheSize+1, asked, "what is asked for again and again is read once")

	long := question{number: strings.Repeat("1", cacheable+1)}
	for range 2 {
		_, err := cache.ask(long, read)
		require.NoError(t, err)
	}
	assert.Equal(t, 3*cacheSize+3, asked, "no page of text is kept")
}
