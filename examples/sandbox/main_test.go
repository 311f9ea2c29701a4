package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// start runs the program until the test ends it, and returns what it printed.
func start(t *testing.T, args ...string) (printed string, stop func() (code int, log string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var log bytes.Buffer // read when the program has ended
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, args, in, &log)
		_ = in.Close()
	}()
	text := make(chan string, 1)
	go func() {
		var all strings.Builder
		chunk := make([]byte, 4096)
		for !strings.Contains(all.String(), "Ctrl-C") {
			n, err := out.Read(chunk)
			all.Write(chunk[:n])
			if err != nil {
				break
			}
		}
		text <- all.String()
	}()
	printed = <-text
	return printed, func() (int, string) {
		cancel()
		code := <-ended
		return code, log.String()
	}
}

var words = regexp.MustCompile(`'([^']*)'|(\S+)`)

// curl does what a curl line says, and returns the status, 0 if there was no
// answer, and the body.
func curl(t *testing.T, line string) (int, string) {
	t.Helper()
	var args []string
	for _, word := range words.FindAllStringSubmatch(line, -1) {
		args = append(args, word[1]+word[2])
	}
	require.Equal(t, "curl", args[0])
	method, url, body, header := "", "", "", http.Header{}
	for i := 1; i < len(args); i++ {
		switch args[i] {
		case "-H", "-d", "-X":
			i++
			switch args[i-1] {
			case "-H":
				name, value, _ := strings.Cut(args[i], ": ")
				header.Set(name, value)
			case "-d":
				body = args[i]
			case "-X":
				method = args[i]
			}
		default:
			url = args[i]
		}
	}
	if method == "" && body != "" {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header = header
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		return 0, ""
	}
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode, string(data)
}

func curlLines(printed string) []string {
	var lines []string
	for line := range strings.Lines(printed) {
		if strings.HasPrefix(line, "curl ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func TestThePrintedLinesWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	printed, stop := start(t, "-dir", dir)
	lines := curlLines(printed)
	require.Len(t, lines, 6)
	for i, want := range []struct {
		status int
		body   string
	}{{200, "sampleContact0000001"}, {201, "Zoë"}, {200, "message_id"}, {200, "20%"}, {200, "0%"}, {201, "whsec_"}} {
		status, body := curl(t, lines[i])
		assert.Equal(t, want.status, status, lines[i])
		assert.Contains(t, body, want.body)
	}
	code, log := stop()
	assert.Zero(t, code, log)
	for _, want := range []string{"msg=contacts method=GET", "msg=sendapp method=POST path=/contacts status=201", "path=/apiv3/send/text"} {
		assert.Contains(t, log, want)
	}

	printed, stop = start(t, "-dir", dir)
	assert.Contains(t, printed, "and 2 at SendApp", "the directory keeps them")
	code, log = stop()
	assert.Zero(t, code, log)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	printed, stop := start(t, "-fault", "100%")
	lines := curlLines(printed)
	seen := map[int]bool{}
	for range 40 {
		status, _ := curl(t, lines[1])
		seen[status] = true
	}
	assert.Equal(t, map[int]bool{0: true, 503: true}, seen)
	for range 20 {
		_, _ = curl(t, lines[2]) // messaging goes wrong, too
	}
	status, _ := curl(t, lines[4]) // 0%
	assert.Equal(t, 200, status)
	status, _ = curl(t, lines[1])
	assert.Equal(t, 201, status)
	status, body := curl(t, strings.Replace(lines[4], "0%", "lots", 1))
	assert.Equal(t, 400, status, body)
	code, log := stop()
	assert.Zero(t, code)
	assert.Contains(t, log, `msg=sendapp operation=contacts.create fault="cut after"`)
	assert.Contains(t, log, "msg=sendapp method=POST path=/contacts status=0", "a connection that broke")
	assert.Contains(t, log, "msg=messaging operation=official.sendText fault=")
	assert.NotContains(t, log, "15551230001", "a recipient")
}

// Both services send what happens in them to a handler.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	bodies := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- r.Header.Get("X-GHL-Signature") + "|" + r.Header.Get("Webhook-Signature") + "|" + string(body)
	}))
	t.Cleanup(receiver.Close)
	printed, stop := start(t, "-webhooks", receiver.URL)
	lines := curlLines(printed)

	status, _ := curl(t, strings.Replace(lines[5], "http://127.0.0.1:8080/webhooks", receiver.URL, 1))
	require.Equal(t, 201, status)
	status, _ = curl(t, lines[1])
	require.Equal(t, 201, status)
	signature, body, _ := strings.Cut(<-bodies, "|v1,")
	assert.Empty(t, signature)
	assert.Contains(t, body, `"contact.created"`)

	status, body = curl(t, "curl -X DELETE "+strings.TrimPrefix(lines[0], "curl "))
	require.Equal(t, 200, status, body)
	signature, body, _ = strings.Cut(<-bodies, "||")
	assert.Contains(t, body, `"ContactDelete"`)
	key, err := base64.StdEncoding.DecodeString(regexp.MustCompile(`(\S+) \(base64\)`).FindStringSubmatch(printed)[1])
	require.NoError(t, err)
	raw, err := base64.StdEncoding.DecodeString(signature)
	require.NoError(t, err)
	assert.True(t, ed25519.Verify(key, []byte(body), raw), "by the key that is printed")
	code, log := stop()
	assert.Zero(t, code, log)
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		code int
	}{
		{[]string{"-fault", "101%"}, 2}, {[]string{"-fault", "NaN"}, 2}, {[]string{"x"}, 2}, {[]string{"-h"}, 0},
		{[]string{"-contacts-addr", "nowhere:x"}, 1}, {[]string{"-contacts-addr", "0.0.0.0:0"}, 1}, {[]string{"-sendapp-addr", ":0"}, 1},
		{[]string{"-messaging-addr", "[::]:0"}, 1}, {[]string{"-webhooks", "somewhere"}, 2},
	} {
		var log bytes.Buffer
		assert.Equal(t, test.code, run(t.Context(), test.args, io.Discard, &log), test.args)
		assert.NotEmpty(t, log.String())
	}
}
