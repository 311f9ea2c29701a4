package contacts

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/wire"
	"github.com/contactlink/contactlink/mapping/opt"
)

// Note is a note about a contact. The API does not tell when it changed.
type Note struct {
	ID        string `json:"id,omitzero"`
	ContactID string `json:"contactId,omitzero"`
	Body      string `json:"body,omitzero"`
	// UserID is the author, if a user wrote it.
	UserID string `json:"userId,omitzero"`
	Title  string `json:"title,omitzero"`
	// Color is a hex colour: "#FFAA00".
	Color     string `json:"color,omitzero"`
	Pinned    bool   `json:"pinned,omitzero"`
	DateAdded Time   `json:"dateAdded,omitzero"`

	extra wire.Extra
}

func (n *Note) field(name string) any {
	switch name {
	case "id":
		return &n.ID
	case "contactId":
		return &n.ContactID
	case "body":
		return &n.Body
	case "userId":
		return &n.UserID
	case "title":
		return &n.Title
	case "color":
		return &n.Color
	case "pinned":
		return &n.Pinned
	case "dateAdded":
		return &n.DateAdded
	default:
		return nil
	}
}

// Extra returns what the API sent beyond the fields above.
func (n *Note) Extra() map[string]json.RawMessage { return n.extra.Clone() }

// UnmarshalJSON never fails on an unknown field or a wrong type.
func (n *Note) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, n.field, &n.extra) }

// UnmarshalJSONFrom is UnmarshalJSON for encoding/json/v2.
func (n *Note) UnmarshalJSONFrom(d *jsontext.Decoder) error { return wire.Decode(d, n.field, &n.extra) }

// MarshalJSON writes the note with its extra fields.
func (n Note) MarshalJSON() ([]byte, error) {
	type plain Note
	return wire.Marshal(plain(n), n.extra)
}

// NoteCreate is a new note.
type NoteCreate struct {
	Body   string          `json:"body"`
	UserID opt.Opt[string] `json:"userId,omitzero"`
	Title  opt.Opt[string] `json:"title,omitzero"`
	Color  opt.Opt[string] `json:"color,omitzero"`
	Pinned opt.Opt[bool]   `json:"pinned,omitzero"`
}

// NoteUpdate changes the fields that are set.
type NoteUpdate struct {
	Body   opt.Opt[string] `json:"body,omitzero"`
	UserID opt.Opt[string] `json:"userId,omitzero"`
	Title  opt.Opt[string] `json:"title,omitzero"`
	Color  opt.Opt[string] `json:"color,omitzero"`
	Pinned opt.Opt[bool]   `json:"pinned,omitzero"`
}
