package contacts

import (
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
