package sendapptest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/contactlink/contactlink/sendapp"
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
		resource, _, _ := strings.Cut(name, ".")
		if s.config.without[resource] || resource == "tags" && !s.has(sendapp.FeatureTagSets) {
			return
		}
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
	route("GET", "/capabilities", "capabilities.get", func(c call) reply { return reply{status: 200, body: s.capabilities(c)} })
	for _, k := range s.state.kinds {
		s.recordRoutes(k, route)
	}
	const contact = "/contacts/{contactId}"
	of, task := s.state.kinds[contacts], s.state.kinds[tasks]
	route("POST", contact+"/tags", "tags.add", s.withRecord(of, func(c call, r *record) reply { return s.changeTags(c, r, true) }))
	route("DELETE", contact+"/tags", "tags.remove", s.withRecord(of, func(c call, r *record) reply { return s.changeTags(c, r, false) }))
	route("PUT", contact+"/tasks/{id}/completed", "tasks.complete", s.withRecord(task, s.complete))
	route("GET", contact+"/activity", "activity.list", s.listActivity)
	route("GET", "/webhooks", "webhooks.list", s.listWebhooks)
	route("POST", "/webhooks", "webhooks.create", s.createWebhook)
	route("DELETE", "/webhooks/{webhookId}", "webhooks.delete", s.deleteWebhook)
	for path, allowed := range methods {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			s.serve(w, r, "unknown", "", func(call) reply {
				return refused(newProblem(http.StatusMethodNotAllowed, sendapp.CodeMethodNotAllowed, "The path has no such method."))
			})
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, "unknown", "", func(call) reply {
			return refused(newProblem(http.StatusNotFound, sendapp.CodeNoRoute, "The contract has no such path."))
		})
	})
	return mux
}

// recordRoutes are the routes that every kind of records has.
func (s *Server) recordRoutes(k *kind, route func(method, path, name string, handle func(call) reply)) {
	const contact = "/contacts/{contactId}"
	get := func(_ call, r *record) reply { return reply{status: http.StatusOK, body: r.encode(k)} }
	ofAccount := slices.DeleteFunc(slices.Clone(k.filters), func(name string) bool {
		return k.child && name == "status" || name == "externalId" && !s.has(sendapp.FeatureExternalIDs)
	})
	if s.has(sendapp.FeatureTombstones) {
		ofAccount = append(ofAccount, "deletedSince") // tombstones are those of the account
	}
	one, all, list := contact, "/contacts", k.name+".list"
	if k.child {
		ofContact := slices.DeleteFunc(slices.Clone(k.filters), func(name string) bool {
			return name == "externalId" && !s.has(sendapp.FeatureExternalIDs)
		})
		all = contact + "/" + k.name
		one, list = all+"/{id}", k.name+".listAll"
		route("GET", all, k.name+".list", s.list(k, ofContact...))
	} else {
		get = s.getContact
	}
	route("GET", "/"+k.name, list, s.list(k, ofAccount...))
	route("POST", all, k.name+".create", s.createRecord(k))
	route("GET", one, k.name+".get", s.withRecord(k, get))
	route("PUT", one, k.name+".update", s.withRecord(k, func(c call, r *record) reply { return s.updateRecord(k, c, r, c.body) }))
	route("DELETE", one, k.name+".delete", s.withRecord(k, func(_ call, r *record) reply { return s.deleteRecord(k, r) }))
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routes.ServeHTTP(w, r) }
