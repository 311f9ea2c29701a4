package messaging

import (
	"fmt"
	"strings"
)

// Check says that a service takes the credentials. String says it in words.
type Check struct {
	Product Product
	// TokenMissing says that Agent's list does not show the account token. The
	// list's shape is not described, so this is a hint.
	TokenMissing bool
	// Health is what Official says of itself; nil for Agent.
	Health *Health
}

// String is some lines for people to read.
func (c *Check) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "SendApp's %s takes the key.\n", c.Product)
	if c.TokenMissing {
		text.WriteString("It does not list the account token: is it of another account?\n")
	}
	if c.Health != nil && c.Health.Status != "" {
		fmt.Fprintf(&text, "It says that its status is %q, version %q.\n", c.Health.Status, c.Health.Version)
	}
	return text.String()
}
