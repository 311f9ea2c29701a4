package sendapptest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/sendapp/messaging"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

func senders(t *testing.T, server *sendapptest.Messaging, key, token string) []messaging.Sender {
	t.Helper()
	opts := []messaging.Option{
		messaging.WithAPIKey(key), messaging.WithLimiter(nil), messaging.WithHTTPClient(&http.Client{Transport: server.Transport()}),
	}
	official, err := messaging.NewOfficial(opts...)
	require.NoError(t, err)
	agent, err := messaging.NewAgent(append(opts, messaging.WithAccountToken(token))...)
	require.NoError(t, err)
	return []messaging.Sender{agent, official}
}

func TestMessagingRecords(t *testing.T) {
	t.Parallel()
	server, ctx := sendapptest.NewMessaging(), t.Context()
	const to, file = "+15551230001", "https://example.com/a.png"
	for _, s := range senders(t, server, sendapptest.DefaultMessagingKey, sendapptest.DefaultAccountToken) {
		check, err := s.Check(ctx)
		require.NoError(t, err)
		assert.False(t, check.TokenMissing)
		assert.Contains(t, check.String(), "takes the key")
		receipt, err := s.SendText(ctx, messaging.Text{To: to, Body: "Hello"})
		require.NoError(t, err)
		sent := server.Sent()
		assert.Equal(t, sent[len(sent)-1].MessageID, receipt.MessageID())
		assert.Equal(t, string(receipt.Product), sent[len(sent)-1].Product)
		_, err = s.SendMedia(ctx, messaging.Media{To: to, Kind: messaging.Image, URL: file})
		require.NoError(t, err)
		_, err = s.SendTemplate(ctx, messaging.Template{To: to, Name: "shipped", Language: "en"})
		require.NoError(t, err)
	}
	sent := server.Sent()
	require.Len(t, sent, 6)
	assert.Equal(t, map[string]any{"number": "15551230001", "type": "freetext", "message": "Hello"}, sent[0].Fields, "without credentials")
	assert.Equal(t, map[string]any{"number": "+15551230001", "message": "Hello"}, sent[3].Fields)
	for i, want := range []string{"send", "send", "send", "text", "media", "template"} {
		assert.Equal(t, want, sent[i].Operation)
	}
}

func TestMessagingRefusesCredentials(t *testing.T) {
	t.Parallel()
	server, ctx := sendapptest.NewMessaging(), t.Context()
	text := messaging.Text{To: "+15551230001", Body: "Hello"}
	for i, s := range senders(t, server, "another-key", sendapptest.DefaultAccountToken) {
		want := []error{messaging.ErrUnauthorized, messaging.ErrNotAPI}[i]
		_, err := s.SendText(ctx, text)
		require.ErrorIs(t, err, want)
		_, err = s.Check(ctx)
		require.ErrorIs(t, err, want)
	}
	agent := senders(t, server, sendapptest.DefaultMessagingKey, "another-token")[0]
	check, err := agent.Check(ctx)
	require.NoError(t, err)
	assert.True(t, check.TokenMissing)
	assert.Contains(t, check.String(), "of another account")
	_, err = agent.SendText(ctx, text)
	require.ErrorIs(t, err, messaging.ErrRefused)
	assert.Empty(t, server.Sent())
}

// What the client would not send is refused as the services refuse: with 200.
func TestMessagingRefusals(t *testing.T) {
	t.Parallel()
	server := sendapptest.NewMessaging()
	url, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	defer func() {
		require.NoError(t, server.Close())
		require.NoError(t, server.Close(), "a second time does nothing")
	}()
	transport := &http.Transport{DisableKeepAlives: true}
	const credentials = `"apikey":"` + sendapptest.DefaultMessagingKey + `","token":"` + sendapptest.DefaultAccountToken + `"`
	for _, test := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/api/whatsapp-meta/send", `{` + credentials + `,"number":"+15551230001","type":"freetext"}`, 200, "Invalid number"},
		{"/api/whatsapp-meta/send", `{` + credentials + `,"number":"15551230001","type":"text"}`, 200, "Invalid type"},
		{"/api/whatsapp-meta/send", `{` + credentials + `,"number":"15551230001","type":"template"}`, 200, "template is required"},
		{"/api/whatsapp-meta/send", `{` + credentials + `,"number":"15551230001","type":"freetext","buttons":[1,2,3,4]}`, 200, "3 buttons"},
		{"/api/whatsapp-meta/send", `{`, 400, "not JSON"},
		{"/apiv3/send/text?number=15551230001&message=a", "", 200, "Invalid number"},
		{"/apiv3/send/text?number=%2B15551230001", "", 200, "message is required"},
		{"/apiv3/send/template?number=%2B15551230001&template_id=a", "", 200, "language_code is required"},
		{"/api/v1/send", "{}", 404, "<!DOCTYPE html>"},
	} {
		method := http.MethodGet
		if test.body != "" {
			method = http.MethodPost
		}
		request, err := http.NewRequestWithContext(t.Context(), method, url+test.path, strings.NewReader(test.body))
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+sendapptest.DefaultMessagingKey)
		response, err := transport.RoundTrip(request)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, test.status, response.StatusCode, test.path)
		assert.Contains(t, string(body), test.want, test.path)
		assert.NotContains(t, response.Header.Get("Content-Type"), "json", "the content type says nothing")
	}
	assert.Empty(t, server.Sent())
}

// A fault of each kind, for each product, by the names that errors have.
func TestMessagingFails(t *testing.T) {
	t.Parallel()
	server := sendapptest.NewMessaging()
	text := messaging.Text{To: "+15551230001", Body: "Hello"}
	for i, s := range senders(t, server, sendapptest.DefaultMessagingKey, sendapptest.DefaultAccountToken) {
		operation := []string{"agent.send", "official.sendText"}[i]
		for _, test := range []struct {
			fault sendapptest.Fault
			want  error
			sent  int // more than before
		}{
			{sendapptest.Fault{Status: http.StatusServiceUnavailable}, messaging.ErrUnknownOutcome, 0},
			{sendapptest.Fault{Status: http.StatusTooManyRequests}, messaging.ErrRateLimited, 0},
			{sendapptest.Fault{Cut: true}, messaging.ErrUnknownOutcome, 0},
			{sendapptest.Fault{Cut: true, After: true}, messaging.ErrUnknownOutcome, 1},
			{sendapptest.Fault{HTML: true}, messaging.ErrNotAPI, 1},
			{sendapptest.Fault{CutBody: true}, messaging.ErrUnknownOutcome, 1},
		} {
			before := len(server.Sent())
			test.fault.Operation = operation
			server.Fail(test.fault)
			_, err := s.SendText(t.Context(), text)
			require.ErrorIs(t, err, test.want, "%s %+v", operation, test.fault)
			assert.ErrorContains(t, err, operation)
			assert.Len(t, server.Sent(), before+test.sent)
		}
		server.Fail(sendapptest.Fault{Operation: operation, Times: -1, Cut: true})
		server.Heal()
		_, err := s.SendText(t.Context(), text)
		require.NoError(t, err)
	}
	server = sendapptest.NewMessaging(sendapptest.WithMessagingFaults(func(operation string, call int) sendapptest.Fault {
		return sendapptest.Fault{Cut: operation == "agent.send" && call == 2}
	}))
	agent := senders(t, server, sendapptest.DefaultMessagingKey, sendapptest.DefaultAccountToken)[0]
	for _, want := range []error{nil, messaging.ErrUnknownOutcome, nil} {
		_, err := agent.SendText(t.Context(), text)
		require.ErrorIs(t, err, want)
	}
}
