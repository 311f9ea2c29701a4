package contactstest

import (
	"net/http"
	"net/url"
	"strings"
)

// route is an operation of the API.
type route struct {
	name   string
	scope  string
	handle func(call) answer
	params []string // names of the wildcards
	// contacts routes have a version v3 of their own, oauth routes are for agencies,
	// an upload is no JSON, and some routes are known in v3 only.
	contacts, oauth, upload, onlyV3 bool
}

// node is a segment of the paths. A literal wins over a wildcard, so that
// /contacts/search is no contact's id.
type node struct {
	literal  map[string]*node
	wildcard *node
	methods  map[string]*route
}

// add adds a route. http.ServeMux would refuse these paths: neither of
// /contacts/business/{businessId} and /contacts/{contactId}/tasks is the more
// special one.
func (n *node) add(method, path string, r *route) {
	for segment := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if name, is := strings.CutPrefix(segment, "{"); is {
			r.params = append(r.params, strings.TrimSuffix(name, "}"))
			if n.wildcard == nil {
				n.wildcard = &node{}
			}
			n = n.wildcard
			continue
		}
		if n.literal == nil {
			n.literal = map[string]*node{}
		}
		if n.literal[segment] == nil {
			n.literal[segment] = &node{}
		}
		n = n.literal[segment]
	}
	if n.methods == nil {
		n.methods = map[string]*route{}
	}
	n.methods[method] = r
}

// find finds a request's route and sets its path values.
func (n *node) find(r *http.Request) *route {
	segments := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	found, values := n.match(r.Method, segments, nil)
	if found == nil {
		return nil
	}
	for i, value := range values {
		text, err := url.PathUnescape(value)
		if err != nil {
			return nil
		}
		r.SetPathValue(found.params[i], text)
	}
	return found
}

func (n *node) match(method string, segments, values []string) (*route, []string) {
	if len(segments) == 0 {
		return n.methods[method], values
	}
	if next := n.literal[segments[0]]; next != nil {
		if found, values := next.match(method, segments[1:], values); found != nil {
			return found, values
		}
	}
	if n.wildcard == nil || segments[0] == "" {
		return nil, nil
	}
	return n.wildcard.match(method, segments[1:], append(values, segments[0]))
}
