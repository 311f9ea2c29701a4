package contactstest

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/contactlink/contactlink/internal/testserver"
)

// Limits are how many requests the server lets through. Zero fields are the
// service's: 100 requests in 10 seconds, 200,000 in a day.
type Limits struct {
	Requests int
	Window   time.Duration
	Daily    int
	// Sliding counts the requests of the last Window before each request, instead of
	// those in windows that begin at multiples of Window. Which of both the service
	// does is not known.
	Sliding bool
	// RetryAfter puts the header Retry-After into refusals. The service documents
	// none.
	RetryAfter bool
}

// WithLimits turns the service's limits on.
func WithLimits() Option { return WithRateLimits(Limits{}) }

// WithRateLimits turns limits on.
func WithRateLimits(limits Limits) Option {
	return func(s *Server) {
		burst := testserver.Window{Limit: 100, Length: 10 * time.Second, Sliding: limits.Sliding}
		if limits.Requests > 0 {
			burst.Limit = limits.Requests
		}
		if limits.Window > 0 {
			burst.Length = limits.Window
		}
		daily := testserver.Window{Limit: 200_000, Length: 24 * time.Hour}
		if limits.Daily > 0 {
			daily.Limit = limits.Daily
		}
		s.limits, s.daily, s.retryAfter = &burst, &daily, limits.RetryAfter
	}
}

// limited counts a request, sets the headers, and refuses it if it is too much.
func (s *Server) limited(header http.Header) (answer, bool) {
	if s.limits == nil {
		return answer{}, false
	}
	now := s.clock()
	left, wait, allowed := s.limits.Take(now)
	leftToday, waitToday, allowedToday := s.daily.Take(now)
	for name, value := range map[string]int{
		"X-RateLimit-Max": s.limits.Limit, "X-RateLimit-Remaining": left,
		"X-RateLimit-Interval-Milliseconds": int(s.limits.Length.Milliseconds()),
		"X-RateLimit-Limit-Daily":           s.daily.Limit, "X-RateLimit-Daily-Remaining": leftToday,
	} {
		header.Set(name, strconv.Itoa(value))
	}
	if allowed && allowedToday {
		return answer{}, false
	}
	if s.retryAfter {
		header.Set("Retry-After", seconds(max(wait, waitToday)))
	}
	return refuse(http.StatusTooManyRequests, "Too Many Requests"), true
}

// seconds is a time as Retry-After has it.
func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }
