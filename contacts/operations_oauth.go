package contacts

import (
	"net/http"

	"github.com/contactlink/contactlink/internal/rest"
)

// oauthOperations are the rows of the OAuth API. The token endpoint declares no
// version and takes the app's own secret instead of a token.
var oauthOperations = struct{ Token, LocationToken, InstalledLocations *rest.Operation }{
	Token: &rest.Operation{
		Name: "oauth.token", GoMethod: "OAuth.Exchange", Method: http.MethodPost, Path: "/oauth/token",
		Success: []int{http.StatusOK}, Public: true, Secret: true,
	},
	// Made twice, there are two tokens, of which the second is kept.
	LocationToken: &rest.Operation{
		Name: "oauth.locationToken", GoMethod: "OAuth.Mint", Method: http.MethodPost, Path: "/oauth/locationToken",
		Version: versionOAuth, Scope: "oauth.write", Success: []int{http.StatusOK}, Idempotent: true, Secret: true,
	},
	InstalledLocations: &rest.Operation{
		Name: "oauth.installedLocations", GoMethod: "OAuth.InstalledLocations", Method: http.MethodGet, Path: "/oauth/installedLocations",
		Version: versionOAuth, Scope: "oauth.readonly", Success: []int{http.StatusOK}, Idempotent: true,
	},
}
