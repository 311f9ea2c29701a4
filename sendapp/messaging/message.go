package messaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// What both interfaces take at most: three parameters of a template and three
// buttons (the published collection; for Agent's buttons the documentation page).
const (
	MaxParameters = 3
	MaxButtons    = 3
)

// Text is a free text. WhatsApp takes it only within 24 hours of the customer's
// last message: see [Window].
type Text struct {
	// To is the recipient in E.164 with a plus: "+15551234567".
	To   string
	Body string
	// Header and Footer are optional. Agent has them for interactive messages.
	Header, Footer string
	// Buttons are for Agent only, at most three. The documentation page does not
	// show their shape: they are sent as they are.
	Buttons []json.RawMessage
}

// MediaKind is the type of a file.
type MediaKind string

// The types that both interfaces have.
const (
	Image    MediaKind = "image"
	Video    MediaKind = "video"
	Audio    MediaKind = "audio"
	Document MediaKind = "document"
)

// Media is a file that the service gets from a public URL. The 24 hours of [Text]
// hold here too.
type Media struct {
	// To is the recipient in E.164 with a plus: "+15551234567".
	To   string
	Kind MediaKind
	// URL is where the file is, for anyone: http or https.
	URL string
	// Caption and FileName are optional.
	Caption, FileName string
}

// Template is a message that WhatsApp has approved. It may be sent at any time.
type Template struct {
	// To is the recipient in E.164 with a plus: "+15551234567".
	To string
	// Name is the template's name for Agent, its id for Official.
	Name string
	// Language is its language: "en", "it".
	Language string
	// Parameters fill the template's body in their order, at most three.
	Parameters []string
	// Buttons fill the template's buttons in their order, at most three, and
	// HeaderMedia is the URL of an image or a video. Both are for Official only.
	Buttons     []string
	HeaderMedia string
	// Components are for Agent only, instead of Parameters: the template's
	// components as WhatsApp's own interface has them, which are sent as they are.
	Components json.RawMessage
}

// checkPhone refuses what is not E.164 with a plus. Its error does not show it.
func checkPhone(to string) error {
	digits, plus := strings.CutPrefix(to, "+")
	if !plus || len(digits) < 7 || len(digits) > 15 || digits[0] == '0' ||
		strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return errors.New(`its To is not in E.164: "+", the country code and the number, as in "+390612345678", digits only`)
	}
	return nil
}

func (t Text) check() error {
	if strings.TrimSpace(t.Body) == "" {
		return errors.New("its Body is empty")
	}
	if err := atMost("Buttons", len(t.Buttons), MaxButtons); err != nil {
		return err
	}
	for i, button := range t.Buttons {
		if !json.Valid(button) {
			return fmt.Errorf("button %d is not JSON", i+1)
		}
	}
	return checkPhone(t.To)
}

func (m Media) check() error {
	switch m.Kind {
	case Image, Video, Audio, Document:
	default:
		return errors.New("its Kind is none of image, video, audio, document")
	}
	if err := checkURL("URL", m.URL); err != nil {
		return err
	}
	return checkPhone(m.To)
}

func (t Template) check() error {
	if t.Name == "" || t.Language == "" {
		return errors.New("its Name or Language is empty")
	}
	if err := atMost("Parameters", len(t.Parameters), MaxParameters); err != nil {
		return err
	}
	if err := atMost("Buttons", len(t.Buttons), MaxButtons); err != nil {
		return err
	}
	for i, parameter := range t.Parameters {
		if strings.TrimSpace(parameter) == "" {
			return fmt.Errorf("parameter %d is empty, which WhatsApp does not take", i+1)
		}
	}
	if t.HeaderMedia != "" {
		if err := checkURL("HeaderMedia", t.HeaderMedia); err != nil {
			return err
		}
	}
	if t.Components != nil && !json.Valid(t.Components) {
		return errors.New("its Components are not JSON")
	}
	return checkPhone(t.To)
}

func atMost(name string, n, limit int) error {
	if n > limit {
		return fmt.Errorf("its %s are %d, and the service takes at most %d", name, n, limit)
	}
	return nil
}

// checkURL refuses what the service could not get. Its error does not show it.
func checkURL(name, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return fmt.Errorf("its %s is not a URL that begins with https:// or http://", name)
	}
	return nil
}
