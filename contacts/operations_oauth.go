package contacts

import (
	"net/http"

	"github.com/contactlink/contactlink/internal/rest"
)

// oauthOperations are the rows of the OAuth API. The token endpoint declares no
// version and takes the app's own secret instead of a token.
var oauthOperations = struct{ token, locationToken, installedLocations *rest.Operation }{
	token: &rest.Operation{
		Name: "oauth.token", GoMethod: "OAuth.Exchange", Method: http.MethodPost, Path: "/oauth/token",
		Success: []int{http.StatusOK}, Public: true, Secret: true,
	},
	// Made twice, there are two tokens, of which the second is kept.
	locationToken: &rest.Operation{
		Name: "oauth.locationToken", GoMethod: "OAuth.Mint", Method: http.MethodPost, Path: "/oauth/locationToken",
		Version: version, Scope: "oauth.write", Success: []int{http.StatusOK}, Idempotent: true, Secret: true,
	},
	installedLocations: &rest.Operation{
		Name: "oauth.installedLocations", GoMethod: "OAuth.InstalledLocations", Method: http.MethodGet, Path: "/oauth/installedLocations",
		Version: version, Scope: "oauth.readonly", Success: []int{http.StatusOK}, Idempotent: true,
	},
}
