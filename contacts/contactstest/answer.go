package contactstest

import (
	"fmt"
	"net/http"
)

// answer is a status with its body.
type answer struct {
	status int
	body   map[string]any
}

func ok(body map[string]any) answer { return answer{http.StatusOK, body} }

func created(body map[string]any) answer { return answer{http.StatusCreated, body} }

// done is a success without anything else to say.
//
// Quirk: the flag is spelt "succeded".
func done() answer { return ok(map[string]any{"succeded": true}) }

func refuse(status int, message any) answer {
	return answer{status, map[string]any{"statusCode": status, "message": message}}
}

// invalid is a 422.
//
// Quirk: its message is a list.
func invalid(messages ...string) answer {
	a := refuse(http.StatusUnprocessableEntity, messages)
	a.body["error"] = "Unprocessable Entity"
	return a
}

func unauthorized(message string) answer {
	a := refuse(http.StatusUnauthorized, message)
	a.body["error"] = "Unauthorized"
	return a
}

func forbidden() answer {
	a := refuse(http.StatusForbidden, "The token does not have access to this location")
	a.body["error"] = "Forbidden"
	return a
}

// contactNotFound is what the service answers for an id that it doesn't know.
//
// Quirk: it is a 400, and so is a path that is no operation, as GET
// /contacts/lookup.
func contactNotFound(id string) answer {
	return refuse(http.StatusBadRequest, fmt.Sprintf("Contact with id %s not found", id))
}

func notFound(what, id string) answer {
	return refuse(http.StatusNotFound, fmt.Sprintf("%s with id %s not found", what, id))
}

func failed(err error) answer { return refuse(http.StatusInternalServerError, err.Error()) }
