package rest

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Curl writes requests as lines for a shell. Its zero value writes none.
type Curl struct {
	mu *sync.Mutex
	to io.Writer
	// variable is the name of the environment variable that stands for the secret.
	variable string
}

// NewCurl makes a Curl. Clients that are derived from one another share it, so
// that lines don't mix.
func NewCurl(to io.Writer, variable string) Curl {
	return Curl{mu: new(sync.Mutex), to: to, variable: variable}
}

// secretHeaders are shown as the variable.
var secretHeaders = []string{"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "Api-Key", "Token"}

// curl writes each attempt as it is sent.
func (c *Client) curl(next step) step {
	if c.config.Curl.to == nil {
		return next
	}
	return func(request *http.Request) (*http.Response, error) {
		c.config.Curl.write(request, exchangeOf(request.Context()).operation)
		return next(request)
	}
}

func (c Curl) write(request *http.Request, op *Operation) {
	var line strings.Builder
	fmt.Fprintf(&line, "curl -X %s %s", request.Method, quote(request.URL.String()))
	for _, name := range slices.Sorted(maps.Keys(request.Header)) {
		for _, value := range request.Header[name] {
			line.WriteString(" \\\n  -H " + c.header(name, value))
		}
	}
	if body := bodyText(request); body != "" {
		switch {
		case op.Secret:
			line.WriteString(" \\\n  --data-raw '' # left out: it holds secrets")
		case strings.HasPrefix(request.Header.Get("Content-Type"), "multipart/"):
			fmt.Fprintf(&line, " \\\n  --data-raw '' # left out: a form with files, of %d bytes", len(body))
		default:
			line.WriteString(" \\\n  --data-raw " + quote(body))
		}
	}
	line.WriteByte('\n')
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = io.WriteString(c.to, line.String()) // a tool for looking: the request does not depend on it
}

// header quotes a header. A secret's own value is left out; its scheme is not.
func (c Curl) header(name, value string) string {
	if !slices.ContainsFunc(secretHeaders, func(secret string) bool { return strings.EqualFold(secret, name) }) {
		return quote(name + ": " + value)
	}
	scheme := ""
	if strings.HasPrefix(value, "Bearer ") {
		scheme = "Bearer "
	}
	return fmt.Sprintf(`"%s: %s$%s"`, name, scheme, c.variable)
}

// quote makes one word of a text for a POSIX shell: nothing in it has a meaning.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// bodyText reads a copy of a request's body.
func bodyText(request *http.Request) string {
	if request.GetBody == nil {
		return ""
	}
	body, err := request.GetBody()
	if err != nil {
		return ""
	}
	data, _ := io.ReadAll(body) // in memory
	return string(data)
}
