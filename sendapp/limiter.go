package sendapp

import (
	"time"

	"github.com/contactlink/contactlink/internal/rest"
)

// NewWindow returns a Limiter for WithLimiter that never has more than n
// requests counted in any window of the given length, wherever the server's
// window begins.
func NewWindow(n int, length time.Duration) Limiter { return rest.NewWindow(n, length) }
