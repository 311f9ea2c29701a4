package sendapp

import (
	"fmt"
	"log/slog"
)

// Secret is a text that is shown nowhere: fmt, slog and JSON write "[redacted]".
// string(secret) is the text itself.
type Secret string

const redacted = "[redacted]"

// Format keeps every verb of fmt from showing it.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue keeps slog from showing it.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText keeps encoders from showing it.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
