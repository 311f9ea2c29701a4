package contacts

import (
	"errors"
	"io"

	"github.com/contactlink/contactlink/internal/rest"
)

// WithCurl writes each request as a curl line, as it is sent. $CONTACTS_TOKEN stands for
// the token; the rest is as it was, personal data in the URL and body included: it
// is a tool for a developer's own eyes, not a log.
func WithCurl(w io.Writer) ClientOption {
	return clientOption(func(s *settings) error {
		if w == nil {
			return errors.New("WithCurl: the writer is nil")
		}
		s.config.Curl = rest.NewCurl(w, "CONTACTS_TOKEN")
		return nil
	})
}
