package sendapptest

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// The scopes that a bearer token needs.
const (
	readScope  = "contacts.readonly"
	writeScope = "contacts.write"
)

// newRoutes names the operations, as the client names them, and says what scope
// each needs.
func (s *Server) newRoutes() http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	route := func(method, path, name string, handle func(call) reply) {
		methods[path] = append(methods[path], method)
		scope := writeScope
		switch {
		case path == "/capabilities":
			scope = ""
		case method == http.MethodGet:
			scope = readScope
		}
		mux.HandleFunc(method+" "+path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, name, scope, handle) })
	}
	route("GET", "/capabilities", "capabilities.get", func(call) reply { return reply{status: 200, body: capabilities()} })
	for _, k := range s.state.kinds {
		one, all, list := "/contacts/{contactId}", "/contacts", k.name+".list"
		if k.child {
			all = "/contacts/{contactId}/" + k.name
			one, list = all+"/{id}", k.name+".listAll"
			route("GET", all, k.name+".list", s.list(k, k.filters...))
		}
		// Tombstones are those of the account.
		route("GET", "/"+k.name, list, s.list(k, append([]string{"deletedSince"}, k.filters...)...))
		route("POST", all, k.name+".create", s.createRecord(k))
		route("GET", one, k.name+".get", s.withRecord(k, func(_ call, r *record) reply { return reply{status: 200, body: r.encode(k)} }))
		route("PUT", one, k.name+".update", s.withRecord(k, func(c call, r *record) reply { return s.updateRecord(k, c, r, c.body) }))
		route("DELETE", one, k.name+".delete", s.withRecord(k, func(_ call, r *record) reply { return s.deleteRecord(k, r) }))
	}
	contact, task := s.state.kinds[contacts], s.state.kinds[tasks]
	route("POST", "/contacts/{contactId}/tags", "tags.add", s.withRecord(contact, func(c call, r *record) reply { return s.changeTags(c, r, true) }))
	route("DELETE", "/contacts/{contactId}/tags", "tags.remove", s.withRecord(contact, func(c call, r *record) reply { return s.changeTags(c, r, false) }))
	route("PUT", "/contacts/{contactId}/tasks/{id}/completed", "tasks.complete", s.withRecord(task, s.complete))
	for path, allowed := range methods {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			s.serve(w, r, "unknown", "", func(call) reply {
				return refused(newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "The path has no such method."))
			})
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, "unknown", "", func(call) reply {
			return refused(newProblem(http.StatusNotFound, "no_route", "The contract has no such path."))
		})
	})
	return mux
}

// capabilities says that this server has all of the contract that it knows.
func capabilities() jsontext.Value {
	return jsontext.Value(`{"contract":"1","resources":["contacts","tasks","notes"],` +
		`"features":["externalIds","versions","idempotencyKeys","tombstones","cascades","moves"],` +
		`"limits":{"pageSize":200,"bodyBytes":1048576,"noteBodyBytes":65536}}`)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routes.ServeHTTP(w, r) }
