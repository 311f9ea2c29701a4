package messaging

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/testserver"
)

// What must be seen nowhere.
const (
	to      = "+15551234567"
	key     = "key-k3yk3y"
	token   = "token-t0k3n"
	words   = "Dear Anna, your parcel"
	fileURL = "https://files.example.com/anna.pdf"
)

var (
	text     = Text{To: to, Body: words}
	media    = Media{To: to, Kind: Document, URL: fileURL, Caption: words, FileName: "anna.pdf"}
	template = Template{To: to, Name: "shipped", Language: "en", Parameters: []string{words}}
)

// both makes a sender of each product with a transport.
func both(t *testing.T, transport http.RoundTripper, opts ...Option) map[Product]Sender {
	t.Helper()
	opts = append([]Option{
		WithAPIKey(key), WithBaseURL("http://localhost/prefix"), WithHTTPClient(&http.Client{Transport: transport}), WithLimiter(nil),
	}, opts...)
	official, err := NewOfficial(opts...)
	require.NoError(t, err)
	agent, err := NewAgent(append(opts, WithAccountToken(token))...)
	require.NoError(t, err)
	return map[Product]Sender{ProductAgent: agent, ProductOfficial: official}
}

// sends are the three sends of a sender.
func sends(t *testing.T, s Sender) map[string]func() (*Receipt, error) {
	return map[string]func() (*Receipt, error){
		"text":     func() (*Receipt, error) { return s.SendText(t.Context(), text) },
		"media":    func() (*Receipt, error) { return s.SendMedia(t.Context(), media) },
		"template": func() (*Receipt, error) { return s.SendTemplate(t.Context(), template) },
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answers is a service that answers each request alike.
func answers(status int, body string) http.RoundTripper {
	return testserver.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/login?number="+url.QueryEscape(to))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	var requests []string
	senders := both(t, testserver.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		query, _ := url.QueryUnescape(r.URL.RawQuery)
		requests = append(requests, strings.TrimSpace(strings.Join([]string{
			r.Method, r.URL.Path, query, r.Header.Get("Authorization"), r.Header.Get("X-API-Key"), string(body),
		}, " ")))
		_, _ = io.WriteString(w, `{"status":"success","message_id":"wamid.1"}`)
	})))
	ctx := t.Context()
	for _, product := range []Product{ProductAgent, ProductOfficial} {
		s := senders[product]
		rich := Text{To: to, Body: "a", Header: "b", Footer: "c"}
		full := Template{To: to, Name: "n", Language: "it", Parameters: []string{"a", "b", "c"}}
		if product == ProductAgent {
			rich.Buttons = []json.RawMessage{json.RawMessage(`{"id":1}`)}
		} else {
			full.Buttons, full.HeaderMedia = []string{"x", "y", "z"}, "https://example.com/i.png"
		}
		for _, send := range []func() (*Receipt, error){
			func() (*Receipt, error) { return s.SendText(ctx, Text{To: to, Body: "Hi & bye"}) },
			func() (*Receipt, error) { return s.SendText(ctx, rich) },
			func() (*Receipt, error) {
				return s.SendMedia(ctx, Media{To: to, Kind: Image, URL: "https://example.com/i.png"})
			},
			func() (*Receipt, error) {
				return s.SendMedia(ctx, Media{To: to, Kind: Document, URL: "https://example.com/d", Caption: "c", FileName: "d.pdf"})
			},
			func() (*Receipt, error) { return s.SendTemplate(ctx, Template{To: to, Name: "n", Language: "it"}) },
			func() (*Receipt, error) { return s.SendTemplate(ctx, full) },
		} {
			receipt, err := send()
			require.NoError(t, err)
			assert.Equal(t, product, receipt.Product)
			assert.Equal(t, 200, receipt.Status)
			assert.Equal(t, "wamid.1", receipt.MessageID())
			assert.JSONEq(t, `{"status":"success","message_id":"wamid.1"}`, string(receipt.Raw))
		}
	}
	const agent = `POST /prefix/whatsapp-meta/send   key-k3yk3y {"apikey":"key-k3yk3y","token":"token-t0k3n","number":"15551234567",`
	const official = `GET /prefix/send/`
	assert.Equal(t, []string{
		agent + `"type":"freetext","message":"Hi & bye"}`,
		agent + `"type":"freetext","message":"a","header":"b","footer":"c","buttons":[{"id":1}]}`,
		agent + `"type":"freetext","media_type":"image","media_url":"https://example.com/i.png"}`,
		agent + `"type":"freetext","message":"c","media_type":"document","media_url":"https://example.com/d","file_name":"d.pdf"}`,
		agent + `"type":"template","template":{"name":"n","language":{"code":"it"},"components":[]}}`,
		agent + `"type":"template","template":{"name":"n","language":{"code":"it"},"components":[{"type":"body","parameters":` +
			`[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"text","text":"c"}]}]}}`,
		official + "text message=Hi & bye&number=+15551234567 Bearer key-k3yk3y",
		official + "text footer=c&header=b&message=a&number=+15551234567 Bearer key-k3yk3y",
		official + "media media_url=https://example.com/i.png&number=+15551234567&type=image Bearer key-k3yk3y",
		official + "media filename=d.pdf&media_url=https://example.com/d&message=c&number=+15551234567&type=document Bearer key-k3yk3y",
		official + "template language_code=it&number=+15551234567&template_id=n Bearer key-k3yk3y",
		official + "template button1=x&button2=y&button3=z&header_media=https://example.com/i.png&language_code=it&number=+15551234567" +
			"&param1=a&param2=b&param3=c&template_id=n Bearer key-k3yk3y",
	}, requests)
}

func TestMessagesThatAreNotSent(t *testing.T) {
	t.Parallel()
	senders := both(t, roundTripper(func(*http.Request) (*http.Response, error) {
		t.Error("a request left")
		return nil, errors.New("no")
	}))
	agent, official := senders[ProductAgent], senders[ProductOfficial]
	ctx := t.Context()
	four := []string{"a", "b", "c", "d"}
	ofText := func(s Sender, m Text) error { _, err := s.SendText(ctx, m); return err }
	ofMedia := func(s Sender, m Media) error { _, err := s.SendMedia(ctx, m); return err }
	ofTemplate := func(s Sender, m Template) error { _, err := s.SendTemplate(ctx, m); return err }
	button := json.RawMessage(`{}`)
	for _, s := range []Sender{agent, official} {
		for _, number := range []string{
			"", "+", "15551234567", "+1555", "+1 555 123 4567", "+05551234567", "+1234567890123456", "+1555123456a", "0015551234567", "++15551234567", "+１５５５１２３４５６７",
		} {
			for _, err := range []error{
				ofText(s, Text{To: number, Body: words}), ofMedia(s, Media{To: number, Kind: Image, URL: fileURL}),
				ofTemplate(s, Template{To: number, Name: "n", Language: "en"}),
			} {
				require.ErrorIs(t, err, ErrInvalid)
				require.ErrorContains(t, err, "E.164")
				if len(number) > 1 {
					assert.NotContains(t, err.Error(), number)
				}
			}
		}
		for want, err := range map[string]error{
			"Body is empty":           ofText(s, Text{To: to, Body: " \n"}),
			"Buttons are 4":           ofText(s, Text{To: to, Body: "a", Buttons: []json.RawMessage{button, button, button, button}}),
			"Kind is none":            ofMedia(s, Media{To: to, Kind: "gif", URL: fileURL}),
			"URL is not a URL":        ofMedia(s, Media{To: to, Kind: Image, URL: "file:///etc/passwd"}),
			"Name or Language":        ofTemplate(s, Template{To: to, Name: "n"}),
			"Parameters are 4":        ofTemplate(s, Template{To: to, Name: "n", Language: "en", Parameters: four}),
			"Buttons are 4, and":      ofTemplate(s, Template{To: to, Name: "n", Language: "en", Buttons: four}),
			"parameter 2 is empty":    ofTemplate(s, Template{To: to, Name: "n", Language: "en", Parameters: []string{"a", " "}}),
			"HeaderMedia is not":      ofTemplate(s, Template{To: to, Name: "n", Language: "en", HeaderMedia: "x"}),
			"Components are not JSON": ofTemplate(s, Template{To: to, Name: "n", Language: "en", Components: json.RawMessage("{")}),
			"Buttons are 4, and the":  ofTemplate(s, Template{To: to, Name: "n", Language: "en", Buttons: four}),
		} {
			require.ErrorIs(t, err, ErrInvalid, want)
			require.ErrorContains(t, err, want)
		}
	}
	for want, err := range map[string]error{
		"button 1 is not JSON":           ofText(agent, Text{To: to, Body: "a", Buttons: []json.RawMessage{nil}}),
		"no Buttons and HeaderMedia":     ofTemplate(agent, Template{To: to, Name: "n", Language: "en", Buttons: four[:1]}),
		"both Components and Parameters": ofTemplate(agent, Template{To: to, Name: "n", Language: "en", Parameters: four[:1], Components: json.RawMessage("[]")}),
		"a text of Official has no":      ofText(official, Text{To: to, Body: "a", Buttons: []json.RawMessage{button}}),
		"of Official has no Components":  ofTemplate(official, Template{To: to, Name: "n", Language: "en", Components: json.RawMessage("[]")}),
	} {
		require.ErrorIs(t, err, ErrInvalid, want)
		require.ErrorContains(t, err, want)
	}
}

// What each answer means, for each send, of each product; and that nothing of the
// message is seen in the error or the log, though the answers repeat it.
func TestAnswersAndSecrets(t *testing.T) {
	t.Parallel()
	echo := `"` + to + " " + words + " " + key + " " + token + " " + fileURL + `"`
	for name, test := range map[string]struct {
		transport http.RoundTripper
		want      error // nil: accepted
	}{
		"200":                   {answers(200, `{"number":`+echo+`}`), nil},
		"201":                   {answers(201, `{}`), nil},
		"no object":             {answers(200, `[1]`), nil},
		"no error after all":    {answers(200, `{"status":"ok","error":false}`), nil},
		"null error":            {answers(200, `{"error":null}`), nil},
		"status error":          {answers(200, `{"status":"error","message":`+echo+`}`), ErrRefused},
		"error":                 {answers(200, `{"error":`+echo+`}`), ErrRefused},
		"error object":          {answers(200, `{"error":{"message":`+echo+`}}`), ErrRefused},
		"login page":            {answers(200, "\n <!doctype html><p>"+echo), ErrNotAPI},
		"redirect":              {answers(302, ""), ErrNotAPI},
		"redirect that repeats": {answers(307, ""), ErrNotAPI},
		"page 400":              {answers(400, "<html>"+echo), ErrNotAPI},
		"empty":                 {answers(200, ""), ErrUnknownOutcome},
		"no JSON":               {answers(200, "OK "+echo), ErrUnknownOutcome},
		"cut JSON":              {answers(200, `{"status":`), ErrUnknownOutcome},
		"204":                   {answers(204, ""), ErrUnknownOutcome},
		"400":                   {answers(400, `{"message":`+echo+`}`), ErrInvalid},
		"401":                   {answers(401, `{"message":`+echo+`}`), ErrUnauthorized},
		"403":                   {answers(403, echo), ErrForbidden},
		"404":                   {answers(404, echo), ErrNotAPI},
		"408":                   {answers(408, echo), ErrUnknownOutcome},
		"422":                   {answers(422, echo), ErrInvalid},
		"429":                   {answers(429, `{"message":`+echo+`}`), ErrRateLimited},
		"500":                   {answers(500, echo), ErrUnknownOutcome},
		"503 page":              {answers(503, "<html>"+echo), ErrUnknownOutcome},
		"cut": {testserver.Transport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		})), ErrUnknownOutcome},
		"an error that says the URL": {roundTripper(func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("%s %s %q: broken pipe", r.Method, r.URL, r.Header)
		}), ErrUnknownOutcome},
		"an endless body": {roundTripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(endless{}), Request: r}, nil
		}), ErrUnknownOutcome},
		"an endless error": {roundTripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusBadRequest, Body: io.NopCloser(endless{}), Request: r}, nil
		}), ErrInvalid},
		"deep nesting": {answers(200, strings.Repeat("[", 1<<20)), ErrUnknownOutcome},
		"an error with the URL": {roundTripper(func(r *http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: r.Method, URL: r.URL.String(), Err: io.ErrUnexpectedEOF}
		}), ErrUnknownOutcome},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count := 0
			var log bytes.Buffer
			logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			for product, sender := range both(t, roundTripper(func(r *http.Request) (*http.Response, error) {
				count++
				return test.transport.RoundTrip(r)
			}), WithLogger(logger)) {
				for kind, send := range sends(t, sender) {
					count = 0
					receipt, err := send()
					assert.Equal(t, 1, count, "%s %s: a send is one request", product, kind)
					logger.Info("sent", "receipt", receipt, "error", err)
					show(t, receipt, false)
					show(t, sender, false)
					if test.want == nil {
						require.NoError(t, err)
						continue
					}
					require.ErrorIs(t, err, test.want)
					assert.Nil(t, receipt)
					show(t, err, true)
					unwrapped, ok := errors.AsType[*Error](err)
					require.True(t, ok)
					show(t, unwrapped, true)
				}
			}
			clean(t, log.String())
		})
	}
}

// endless never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '['
	}
	return len(p), nil
}

// show formats a value in every way that a program may and looks for secrets.
func show(t *testing.T, value any, asJSON bool) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		clean(t, fmt.Sprintf(verb, value))
	}
	if asJSON {
		data, err := json.Marshal(value)
		require.NoError(t, err)
		clean(t, string(data))
	}
}

func clean(t *testing.T, shown string) {
	t.Helper()
	for _, secret := range []string{to, "15551234567", words, "Anna", key, token, fileURL, "files.example", "anna.pdf", url.QueryEscape(words)} {
		assert.NotContains(t, shown, secret)
	}
}

func TestTheServicesWordsAreKept(t *testing.T) {
	t.Parallel()
	const body = `{"status":"error","message":"Out of the window"}`
	for _, sender := range both(t, answers(200, body)) {
		_, err := sender.SendText(t.Context(), text)
		e, ok := errors.AsType[*Error](err)
		require.True(t, ok)
		assert.JSONEq(t, body, string(e.Body()))
		assert.Equal(t, 200, e.Status)
		require.ErrorContains(t, err, "the service refused it")
	}
	for _, sender := range both(t, answers(200, "<html>")) {
		_, err := sender.Check(t.Context())
		require.ErrorIs(t, err, ErrNotAPI)
		require.ErrorContains(t, err, "the key or the base URL is wrong")
	}
}

func TestReadsAreRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for product, sender := range both(t, answers(503, "")) {
			start := time.Now()
			_, err := sender.Check(t.Context())
			require.ErrorIs(t, err, ErrUnavailable, product)
			assert.Positive(t, time.Since(start))
		}
	})
}

func FuzzAnswer(f *testing.F) {
	for _, body := range []string{"", "{}", "<p>", `{"status":"error"}`, `{"error":[]}`, `{"status":7,"error":""}`, "null"} {
		f.Add(200, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		official, err := NewOfficial(WithAPIKey(key), WithBaseURL("http://localhost"), WithLimiter(nil),
			WithHTTPClient(&http.Client{Transport: answers(status, string(body))}))
		if err != nil {
			t.Fatal(err)
		}
		receipt, err := official.SendText(t.Context(), text)
		switch {
		case (err == nil) == (receipt == nil):
			t.Errorf("%v, %v", receipt, err)
		case err == nil && (status > 202 || !json.Valid(receipt.Raw) && bytes.Equal(bytes.ToValidUTF8(body, nil), body)):
			t.Errorf("a receipt of %d %q", status, body)
		case err == nil:
			receipt.MessageID()
		}
	})
}
