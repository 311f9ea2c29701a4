package sendapp

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/wire"
	"github.com/contactlink/contactlink/mapping/opt"
)

// MaxNoteBody is how many bytes the body of a note may have, in UTF-8.
const MaxNoteBody = 64 << 10

// Note is a note as the server answers it. It belongs to one contact.
type Note struct {
	// NoteID is the server's id of the note.
	NoteID    string `json:"noteId"`
	ContactID string `json:"contactId,omitzero"`
	// ExternalID is the caller's own id of the note, unique in the account.
	ExternalID string `json:"externalId,omitzero"`
	// OccurredAt is when the note was written, which may be long before CreatedAt
	// if it was copied from elsewhere.
	OccurredAt Time   `json:"occurredAt,omitzero"`
	Body       string `json:"body,omitzero"`
	Author     string `json:"author,omitzero"`
	Pinned     bool   `json:"pinned"`
	CreatedAt  Time   `json:"createdAt,omitzero"`
	UpdatedAt  Time   `json:"updatedAt,omitzero"`
	// Version is another after every change. It is opaque; see [WithIfMatch].
	Version string `json:"version,omitzero"`

	extra wire.Extra
}

func (n *Note) identity() string { return n.NoteID }

func (n *Note) field(name string) any {
	switch name {
	case "noteId":
		return &n.NoteID
	case "contactId":
		return &n.ContactID
	case "externalId":
		return &n.ExternalID
	case "occurredAt":
		return &n.OccurredAt
	case "body":
		return &n.Body
	case "author":
		return &n.Author
	case "pinned":
		return &n.Pinned
	case "createdAt":
		return &n.CreatedAt
	case "updatedAt":
		return &n.UpdatedAt
	case "version":
		return &n.Version
	default:
		return nil
	}
}

// Extra returns what the server sent beyond the fields above, and what had
// another type than they have.
func (n *Note) Extra() map[string]json.RawMessage { return n.extra.Clone() }

// UnmarshalJSON never fails on an unknown field or a wrong type.
func (n *Note) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, n.field, &n.extra) }

// UnmarshalJSONFrom is UnmarshalJSON for encoding/json/v2.
func (n *Note) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	return wire.Decode(d, n.field, &n.extra)
}

// MarshalJSON writes the note with its extra fields.
func (n Note) MarshalJSON() ([]byte, error) {
	type plain Note
	return wire.Marshal(plain(n), n.extra)
}

// NoteUpdate holds the fields of a note that can be written. A field that is
// unset is left as it is, one that is null is cleared.
type NoteUpdate struct {
	// ContactID moves the note to another contact. It can't be null.
	ContactID  opt.Opt[string] `json:"contactId,omitzero"`
	ExternalID opt.Opt[string] `json:"externalId,omitzero"`
	OccurredAt opt.Opt[Time]   `json:"occurredAt,omitzero"`
	// Body may have MaxNoteBody bytes.
	Body   opt.Opt[string] `json:"body,omitzero"`
	Author opt.Opt[string] `json:"author,omitzero"`
	// Pinned that is null means false.
	Pinned opt.Opt[bool] `json:"pinned,omitzero"`
}

// NoteCreate holds the fields of a new note. None is required, and null means
// the same as unset. ContactID, if set, must be the contact that the note is
// created under.
type NoteCreate = NoteUpdate
