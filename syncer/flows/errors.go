package flows

import (
	"context"
	"errors"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer"
)

// kind says what an error of either client means for the engine. Both clients
// have the same meanings, so there is one place for it.
func kind(err error) error {
	e := &syncer.Error{Err: err}
	var detail *contacts.Error
	if errors.As(err, &detail) {
		e.Wait, e.Conflict, e.TraceID = detail.RetryAfter, detail.ConflictingID, detail.TraceID
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		e.Kind = syncer.KindPace
	case errors.Is(err, contacts.ErrNotFound):
		e.Kind = syncer.KindGone
	case errors.Is(err, contacts.ErrRateLimited):
		e.Kind = syncer.KindPace
	case errors.Is(err, contacts.ErrScopeMissing):
		e.Kind = syncer.KindScope
	case errors.Is(err, contacts.ErrNoCredentials), errors.Is(err, contacts.ErrUnauthorized), errors.Is(err, contacts.ErrForbidden),
		errors.Is(err, contacts.ErrLocationInactive), errors.Is(err, contacts.ErrNoToken), errors.Is(err, contacts.ErrWrongKey):
		e.Kind = syncer.KindAccount
	case detail != nil && detail.Code == sendapp.CodeContactLimitReached:
		e.Kind = syncer.KindQuota
	case errors.Is(err, sendapp.ErrConflict):
		e.Kind = syncer.KindVersion
	case errors.Is(err, contacts.ErrDuplicate):
		e.Kind = syncer.KindIdentity
		switch {
		case detail == nil:
		case detail.Code == sendapp.CodeExternalIDTaken:
			e.Kind = syncer.KindTaken
		case detail.Code == sendapp.CodePhoneTaken:
			e.Field = "phone"
		case detail.Code == sendapp.CodeEmailTaken:
			e.Field = "email"
		}
	case errors.Is(err, contacts.ErrInvalid):
		e.Kind = syncer.KindRow
	case errors.Is(err, contacts.ErrUnknownOutcome):
		e.Kind = syncer.KindAmbiguous
	default:
		e.Kind = syncer.KindTransient
	}
	return e
}
