package messaging

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/contactlink/contactlink/internal/rest"
)

// AgentURL is where Agent is (the documentation page; the guide has the prefix).
const AgentURL = "https://app.sendapp.ai/api"

// Agent sends by the API of app.sendapp.ai.
type Agent struct {
	client

	token func() string
}

var (
	agentTokens = secret(read("agent.tokens", "/get_tokens"))
	agentSend   = send("agent.send", http.MethodPost, "/whatsapp-meta/send")
)

// NewAgent makes a sender. It needs WithAPIKey, or WithAPIKeySource, and
// WithAccountToken.
//
// The key goes as the header X-API-Key (the guide), and with the token in the body
// of a send, where the documentation page requires both.
func NewAgent(opts ...Option) (*Agent, error) {
	s, err := newSettings(AgentURL, opts)
	if s.accountToken == nil {
		err = errors.Join(err, errors.New("there is no account token: give WithAccountToken"))
	}
	if err != nil {
		return nil, fmt.Errorf("messaging: make an Agent: %w", err)
	}
	c, err := newClient(ProductAgent, s, func(key rest.Source) rest.Credentials { return rest.Header("X-API-Key", key) })
	if err != nil {
		return nil, fmt.Errorf("messaging: make an Agent: %w", err)
	}
	return &Agent{client: c, token: s.accountToken}, nil
}

// agentMessage is the body of a send (the documentation page).
type agentMessage struct {
	APIKey    string            `json:"apikey"`
	Token     string            `json:"token"`
	Number    string            `json:"number"` // without a plus
	Type      string            `json:"type"`   // freetext or template
	Message   string            `json:"message,omitempty"`
	MediaType MediaKind         `json:"media_type,omitempty"`
	MediaURL  string            `json:"media_url,omitempty"`
	FileName  string            `json:"file_name,omitempty"`
	Header    string            `json:"header,omitempty"`
	Footer    string            `json:"footer,omitempty"`
	Buttons   []json.RawMessage `json:"buttons,omitempty"`
	Template  *agentTemplate    `json:"template,omitempty"`
}

// agentTemplate is a template: its three members are the documentation page's,
// what is in them is as integrators send it.
type agentTemplate struct {
	Name     string `json:"name"`
	Language struct {
		Code string `json:"code"`
	} `json:"language"`
	Components json.RawMessage `json:"components"`
}

type (
	component struct {
		Type       string      `json:"type"`
		Parameters []parameter `json:"parameters"`
	}
	parameter struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
)

// SendText sends a free text.
func (a *Agent) SendText(ctx context.Context, text Text) (*Receipt, error) {
	return a.post(ctx, text.check(), text.To, agentMessage{
		Type: "freetext", Message: text.Body, Header: text.Header, Footer: text.Footer, Buttons: text.Buttons,
	})
}

// SendMedia sends a file.
func (a *Agent) SendMedia(ctx context.Context, media Media) (*Receipt, error) {
	return a.post(ctx, media.check(), media.To, agentMessage{
		Type: "freetext", Message: media.Caption, MediaType: media.Kind, MediaURL: media.URL, FileName: media.FileName,
	})
}

// SendTemplate sends a template.
func (a *Agent) SendTemplate(ctx context.Context, template Template) (*Receipt, error) {
	err := template.check()
	switch {
	case err != nil:
	case len(template.Buttons) > 0, template.HeaderMedia != "":
		err = errors.New("a template of Agent has no Buttons and HeaderMedia: use Components")
	case template.Components != nil && len(template.Parameters) > 0:
		err = errors.New("it has both Components and Parameters")
	}
	out := &agentTemplate{Name: template.Name, Components: template.Components}
	out.Language.Code = template.Language
	if out.Components == nil {
		out.Components = components(template.Parameters)
	}
	return a.post(ctx, err, template.To, agentMessage{Type: "template", Template: out})
}

// components are those of a template with these parameters: none without any.
func components(texts []string) json.RawMessage {
	all := []component{}
	if len(texts) > 0 {
		body := component{Type: "body"}
		for _, text := range texts {
			body.Parameters = append(body.Parameters, parameter{"text", text})
		}
		all = append(all, body)
	}
	data, _ := json.Marshal(all) // texts always marshal
	return data
}

func (a *Agent) post(ctx context.Context, checked error, to string, message agentMessage) (*Receipt, error) {
	ctx = withKey(ctx, a.key)
	if checked == nil && ctx != nil {
		message.APIKey, _ = readKey(ctx) // what fails here fails as the header
	}
	message.Token, message.Number = a.token(), strings.TrimPrefix(to, "+")
	return a.send(ctx, rest.Call{Operation: agentSend, Body: message}, checked)
}

// Tokens are the tokens of the account's numbers and bots, for WithAccountToken.
// The shape of the answer is not described. It holds secrets.
func (a *Agent) Tokens(ctx context.Context) (Raw, error) { return a.read(ctx, agentTokens) }

// Check lists the tokens and looks for its own among them.
func (a *Agent) Check(ctx context.Context) (*Check, error) {
	raw, err := a.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	var answer any
	_ = json.Unmarshal(raw, &answer) // it was JSON
	return &Check{Product: ProductAgent, TokenMissing: !holds(answer, a.token())}, nil
}

// holds reports whether a JSON value has a text somewhere.
func holds(value any, text string) bool {
	switch value := value.(type) {
	case string:
		return value == text
	case []any:
		for _, one := range value {
			if holds(one, text) {
				return true
			}
		}
	case map[string]any:
		for name, one := range value {
			if name == text || holds(one, text) {
				return true
			}
		}
	}
	return false
}
