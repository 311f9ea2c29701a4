package contacts_test

import (
	"crypto/rand"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"

	"github.com/contactlink/contactlink/contacts"
)

// The two pages of a web application that connect a user's location.
func ExampleNewOAuth() {
	dir, err := os.MkdirTemp("", "tokens")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	key, err := contacts.NewTokenKey("2026-11", make([]byte, 32)) // 32 random bytes, from a vault
	if err != nil {
		log.Fatal(err)
	}
	store, err := contacts.NewFileTokenStore(dir, key)
	if err != nil {
		log.Fatal(err)
	}
	oauth, err := contacts.NewOAuth(contacts.OAuthConfig{
		ClientID: "65f0-lk3x", ClientSecret: "the-app's-secret", RedirectURL: "https://app.example.com/back",
		Scopes: []string{"contacts.readonly"}, Store: store,
	})
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /connect", func(w http.ResponseWriter, r *http.Request) {
		state := rand.Text()
		page, err := oauth.AuthorizationURL(state)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "state", Value: state, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
		http.Redirect(w, r, page, http.StatusFound)
	})
	http.HandleFunc("GET /back", func(w http.ResponseWriter, r *http.Request) {
		if state, err := r.Cookie("state"); err != nil || state.Value == "" || state.Value != r.FormValue("state") {
			http.Error(w, "this is not the browser that was sent away", http.StatusBadRequest)
			return
		}
		token, err := oauth.Exchange(r.Context(), r.FormValue("code"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		// From now on, in any process that shares the store:
		_, err = contacts.NewClient(
			contacts.WithTokenSource(oauth.Location(token.LocationID)), contacts.WithLocation(token.LocationID))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})

	page, err := oauth.AuthorizationURL("a-state-nobody-guesses")
	if err != nil {
		log.Fatal(err)
	}
	target, err := url.Parse(page)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(target.Host, target.Query().Get("scope"))
	// Output: marketplace.gohighlevel.com contacts.readonly
}
