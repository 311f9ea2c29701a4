package messaging

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// Product says which interface of SendApp's was used.
type Product string

// The products.
const (
	ProductAgent    Product = "agent"
	ProductOfficial Product = "official"
)

// Receipt says that the service took a message. Whether it reached anyone is not
// known by it.
type Receipt struct {
	Product Product
	// Status is the HTTP status.
	Status int
	// Raw is the answer: JSON whose shape neither interface describes.
	Raw Raw
}

// MessageID is the answer's message_id, "" if it has none. It is not described:
// integrators read it from Agent's answers. Don't rely on it.
func (r *Receipt) MessageID() string {
	var answer struct {
		MessageID string `json:"message_id"`
	}
	_ = json.Unmarshal(r.Raw, &answer) // another shape has no id
	return answer.MessageID
}

// Raw is an answer as it came, in JSON. It may hold personal data or secrets: fmt
// and slog don't show it.
type Raw []byte

// String says how long it is.
func (r Raw) String() string { return fmt.Sprintf("[%d bytes]", len(r)) }

// Format keeps every verb of fmt from showing it.
func (r Raw) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(r.String())) }

// LogValue keeps slog from showing it.
func (r Raw) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON writes the answer as it came.
func (r Raw) MarshalJSON() ([]byte, error) { return json.RawMessage(r).MarshalJSON() }

// UnmarshalJSON keeps the answer as it comes.
func (r *Raw) UnmarshalJSON(data []byte) error {
	*r = append((*r)[:0], data...)
	return nil
}

// LogValue leaves the answer out.
func (r *Receipt) LogValue() slog.Value {
	return slog.GroupValue(slog.String("product", string(r.Product)), slog.Int("status", r.Status))
}
