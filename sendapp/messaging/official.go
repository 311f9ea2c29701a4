package messaging

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/contactlink/contactlink/internal/rest"
)

// OfficialURL is where Official is (the published collection).
const OfficialURL = "https://official.sendapp.cloud/apiv3"

// Official sends by apiv3 of official.sendapp.cloud, WhatsApp's business platform.
type Official struct{ client }

// Every operation of apiv3 is a GET with parameters in the query (the published
// collection), also those that send.
var (
	officialHealth       = read("official.health", "/health")
	officialTemplates    = read("official.templates", "/templates")
	officialSendText     = send("official.sendText", http.MethodGet, "/send/text")
	officialSendMedia    = send("official.sendMedia", http.MethodGet, "/send/media")
	officialSendTemplate = send("official.sendTemplate", http.MethodGet, "/send/template")
)

// NewOfficial makes a sender. It needs WithAPIKey or WithAPIKeySource.
//
// The key goes as Authorization: Bearer (the published collection, which also has
// a parameter of the query for it: that would put the key into URLs).
func NewOfficial(opts ...Option) (*Official, error) {
	s, err := newSettings(OfficialURL, opts)
	if s.accountToken != nil {
		err = errors.Join(err, errors.New("WithAccountToken: Official has no account tokens"))
	}
	if err != nil {
		return nil, fmt.Errorf("messaging: make an Official: %w", err)
	}
	c, err := newClient(ProductOfficial, s, rest.Bearer)
	if err != nil {
		return nil, fmt.Errorf("messaging: make an Official: %w", err)
	}
	return &Official{c}, nil
}

// parameters are those of a query; what is empty is left out.
type parameters url.Values

func (p parameters) set(name, value string) {
	if value != "" {
		url.Values(p).Set(name, value)
	}
}

// SendText sends a free text.
func (o *Official) SendText(ctx context.Context, text Text) (*Receipt, error) {
	err := text.check()
	if err == nil && len(text.Buttons) > 0 {
		err = errors.New("a text of Official has no Buttons")
	}
	p := parameters{}
	p.set("message", text.Body)
	p.set("header", text.Header)
	p.set("footer", text.Footer)
	return o.get(ctx, officialSendText, err, text.To, p)
}

// SendMedia sends a file.
func (o *Official) SendMedia(ctx context.Context, media Media) (*Receipt, error) {
	p := parameters{}
	p.set("type", string(media.Kind))
	p.set("media_url", media.URL)
	p.set("message", media.Caption)
	p.set("filename", media.FileName)
	return o.get(ctx, officialSendMedia, media.check(), media.To, p)
}

// SendTemplate sends a template.
func (o *Official) SendTemplate(ctx context.Context, template Template) (*Receipt, error) {
	err := template.check()
	if err == nil && template.Components != nil {
		err = errors.New("a template of Official has no Components: use Parameters, Buttons and HeaderMedia")
	}
	p := parameters{}
	p.set("template_id", template.Name)
	p.set("language_code", template.Language)
	for i, text := range template.Parameters {
		p.set("param"+strconv.Itoa(i+1), text)
	}
	for i, text := range template.Buttons {
		p.set("button"+strconv.Itoa(i+1), text)
	}
	p.set("header_media", template.HeaderMedia)
	return o.get(ctx, officialSendTemplate, err, template.To, p)
}

func (o *Official) get(ctx context.Context, op *rest.Operation, checked error, to string, p parameters) (*Receipt, error) {
	p.set("number", to) // with its plus
	return o.send(withKey(ctx, o.key), rest.Call{Operation: op, Query: url.Values(p)}, checked)
}

// Templates lists the templates. The shape of the answer is not described.
func (o *Official) Templates(ctx context.Context) (Raw, error) { return o.read(ctx, officialTemplates) }

// Health is what the service says of itself (the published collection).
type Health struct {
	Service string `json:"service"`
	Status  string `json:"status"`
	Version string `json:"version"`
	// Raw is all of the answer.
	Raw Raw `json:"-"`
}

// Health asks the service how it is.
func (o *Official) Health(ctx context.Context) (*Health, error) {
	raw, err := o.read(ctx, officialHealth)
	if err != nil {
		return nil, err
	}
	health := &Health{Raw: raw}
	var members map[string]json.RawMessage
	_ = json.Unmarshal(raw, &members) // another shape says nothing
	for name, into := range map[string]*string{"service": &health.Service, "status": &health.Status, "version": &health.Version} {
		_ = json.Unmarshal(members[name], into) // a wrong type fails nothing
	}
	return health, nil
}

// Check asks the service how it is, and lists the templates, which shows that it
// takes the key.
func (o *Official) Check(ctx context.Context) (*Check, error) {
	health, err := o.Health(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := o.Templates(ctx); err != nil {
		return nil, err
	}
	return &Check{Product: ProductOfficial, Health: health}, nil
}
