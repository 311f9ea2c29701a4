package opt_test

import (
	"encoding/json"
	"fmt"

	"github.com/contactlink/contactlink/mapping/opt"
)

func Example() {
	type update struct {
		Phone   opt.Opt[string] `json:"phone,omitzero"`
		Website opt.Opt[string] `json:"website,omitzero"`
		City    opt.Opt[string] `json:"city,omitzero"`
	}
	body, err := json.Marshal(update{
		Phone:   opt.Set("+15551234567"), // is changed
		Website: opt.Null[string](),      // is cleared
	}) // City stays as it is
	fmt.Println(string(body), err)
	// Output: {"phone":"+15551234567","website":null} <nil>
}

func ExampleOrNull() {
	for _, website := range []string{"https://example.com", ""} {
		fmt.Println(opt.OrNull(website))
	}
	// Output:
	// https://example.com
	// null
}
