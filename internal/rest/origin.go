package rest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

var (
	errOrigin    = errors.New("the request would leave the origin of the base URL, where the credentials must not go")
	errElsewhere = errors.New("the service redirects to another place, where the credentials must not go: check the base URL")
	errRedirect  = errors.New("the service redirects a request that must not be redirected: check the base URL")
)

// parseBase checks a base URL: HTTPS, except on loopback. Its errors do not
// show it: it may hold a password.
func parseBase(text string) (*url.URL, error) {
	base, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("the base URL is not a URL")
	}
	switch {
	case base.Scheme != "https" && base.Scheme != "http" || base.Host == "":
		return nil, errors.New("the base URL must begin with https://")
	case base.Scheme == "http" && !loopback(base.Hostname()):
		return nil, fmt.Errorf("the base URL of %s must begin with https://: http is for loopback only", base.Hostname())
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("the base URL must have no user, query or fragment")
	}
	return base, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// sameOrigin refuses a user too, whom net/http would make credentials of.
func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host && a.User == nil }

// origin lets nothing through that goes elsewhere than to the base URL's origin.
// It stands behind the credentials, so that nothing after it changes the place.
func (c *Client) origin(next step) step {
	return func(request *http.Request) (*http.Response, error) {
		if !sameOrigin(request.URL, c.base) {
			return nil, &localError{errOrigin}
		}
		return next(request)
	}
}

// maxRedirects is how many redirects of a GET are followed.
const maxRedirects = 5

// checkRedirect follows a redirect of a GET within the same origin only. Another
// one is not followed: the answer that redirects becomes an error.
func checkRedirect(request *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects || via[0].Method != http.MethodGet || !sameOrigin(request.URL, via[0].URL) {
		return http.ErrUseLastResponse
	}
	return nil
}

// redirectCause says why a redirect was not followed; nil if it is none.
func (c *Client) redirectCause(response *http.Response) error {
	if response.StatusCode < 300 || response.StatusCode >= 400 {
		return nil
	}
	if to, err := response.Location(); err == nil && !sameOrigin(to, c.base) {
		return errElsewhere
	}
	return errRedirect
}
