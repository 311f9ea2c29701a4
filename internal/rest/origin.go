package rest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// errOrigin is why a redirect is not followed.
var errOrigin = errors.New("the service redirects to another place, where the credentials must not go: check the base URL")

// parseBase checks a base URL: HTTPS, except on loopback.
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

func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }

// checkRedirect follows a redirect of a GET within the same origin only.
func checkRedirect(request *http.Request, via []*http.Request) error {
	if len(via) > 5 || via[0].Method != http.MethodGet || !sameOrigin(request.URL, via[0].URL) {
		return errOrigin
	}
	return nil
}
