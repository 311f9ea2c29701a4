package phone

import "sync"

const (
	// cacheSize is how many numbers one generation of a Cache holds.
	cacheSize = 4096
	// cacheable is how long a number may be that a Cache keeps, in bytes.
	cacheable = 64
)

// Cache remembers what E164 and National made of a number, because reading one
// costs a hundred times as much as looking it up. It holds the last 4,096 to
// 8,192 numbers that were asked for. The zero Cache is empty and ready. It is
// safe for concurrent use; don't copy it.
type Cache struct {
	mu         sync.Mutex
	young, old map[question]answer
}

type question struct {
	number, region string
	national       bool
}

type answer struct {
	text string
	err  error
}

// E164 is the function of that name.
func (c *Cache) E164(number, region string) (string, error) {
	return c.ask(question{number, region, false}, E164)
}

// National is the function of that name.
func (c *Cache) National(number, region string) (string, error) {
	return c.ask(question{number, region, true}, National)
}

func (c *Cache) ask(q question, read func(number, region string) (string, error)) (string, error) {
	if len(q.number)+len(q.region) > cacheable {
		return read(q.number, q.region)
	}
	c.mu.Lock()
	known, ok := c.young[q]
	if !ok {
		if known, ok = c.old[q]; ok {
			c.keep(q, known)
		}
	}
	c.mu.Unlock()
	if ok {
		return known.text, known.err
	}
	known.text, known.err = read(q.number, q.region)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(q, known)
	return known.text, known.err
}

// keep stores an answer. A full generation becomes the old one, and the one
// before it is forgotten.
func (c *Cache) keep(q question, a answer) {
	if len(c.young) >= cacheSize {
		c.old, c.young = c.young, nil
	}
	if c.young == nil {
		c.young = make(map[question]answer, 64)
	}
	c.young[q] = a
}
