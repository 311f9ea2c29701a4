package sendapptest

import (
	"net/http"

	"github.com/contactlink/contactlink/sendapp"
)

// problem is an error answer (RFC 9457).
type problem struct {
	Type          string         `json:"type"`
	Title         string         `json:"title"`
	Status        int            `json:"status"`
	Detail        string         `json:"detail,omitzero"`
	Code          string         `json:"code"`
	Fields        []fieldProblem `json:"fields,omitzero"`
	ConflictingID string         `json:"conflictingId,omitzero"`
	Scope         string         `json:"scope,omitzero"`
	RequestID     string         `json:"requestId"`
}

type fieldProblem struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func newProblem(status int, code, detail string) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

func malformed(detail string) *problem {
	return newProblem(http.StatusBadRequest, sendapp.CodeMalformed, detail)
}

func invalid(fields ...fieldProblem) *problem {
	p := newProblem(http.StatusUnprocessableEntity, sendapp.CodeInvalid, "Some fields are not valid.")
	p.Fields = fields
	return p
}

func notFound(detail string) *problem {
	return newProblem(http.StatusNotFound, sendapp.CodeNotFound, detail)
}

func taken(code, field, conflictingID string) *problem {
	p := newProblem(http.StatusConflict, code, "Another record has this "+field+".")
	p.ConflictingID = conflictingID
	p.Fields = []fieldProblem{{Field: field, Message: "is taken"}}
	return p
}
