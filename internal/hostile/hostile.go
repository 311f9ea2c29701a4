// Package hostile has answers of a service that is broken, or in somebody else's
// hands, as they are on the wire. It is for tests.
package hostile

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

const ok = "HTTP/1.1 200 OK\r\n"

// Sound are the answers that a client may take all the same: {"name":"A"}, or {}.
var Sound = []string{"more than its length", "a byte order mark", "a member twice", "a cookie"}

// Answers are all of them. None may make a client wait, use much memory, or take
// "Eve" for what it asked for.
func Answers() map[string]func(io.Writer) {
	return map[string]func(io.Writer){
		"a body without end": func(w io.Writer) {
			_, _ = io.WriteString(w, ok+"Content-Type: application/json\r\n\r\n{\"name\":\"")
			forever(w, bytes.Repeat([]byte("x"), 1<<16))
		},
		"a header without end": func(w io.Writer) {
			_, _ = io.WriteString(w, ok)
			forever(w, []byte("X-More: "+strings.Repeat("x", 1000)+"\r\n"))
		},
		"a header of 10 MB":     text("X-Large: " + strings.Repeat("x", 10<<20) + "\r\nContent-Length: 2\r\n\r\n{}"),
		"1xx without end":       func(w io.Writer) { forever(w, []byte("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n")) },
		"less than its length":  text("Content-Length: 20\r\n\r\n{}"),
		"more than its length":  text("Content-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"name\":\"Eve\"}"),
		"two lengths":           text("Content-Length: 2\r\nContent-Length: 14\r\n\r\n{\"name\":\"Eve\"}"),
		"a length that is none": text("Content-Length: -2\r\n\r\n{}"),
		"a bad chunk":           text("Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
		"another protocol":      func(w io.Writer) { _, _ = io.WriteString(w, "SSH-2.0-OpenSSH_9.9\r\n") },
		"a bomb":                func(w io.Writer) { bomb(w, "200 OK", 30<<20) },
		"a bomb as error":       func(w io.Writer) { bomb(w, "500 Oh", 30<<20) },
		"no gzip":               text("Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
		"nested too deep":       body(strings.Repeat(`{"name":`, 200_000)),
		"lists too deep":        body(strings.Repeat(`[`, 1_000_000)),
		"a byte order mark":     body("\ufeff{\"name\":\"A\"}"),
		"a member twice":        body(`{"name":"A","name":"B"}`),
		"a cookie":              text("Set-Cookie: session=eve; Path=/\r\nContent-Length: 2\r\n\r\n{}"),
		"a redirect": func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 307 Go\r\nLocation: https://elsewhere.example.com/\r\nContent-Length: 0\r\n\r\n")
		},
		"a redirect to itself": func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 302 Go\r\nLocation: ?again\r\nContent-Length: 0\r\n\r\n")
		},
	}
}

func text(rest string) func(io.Writer) {
	return func(w io.Writer) { _, _ = io.WriteString(w, ok+rest) }
}

func body(data string) func(io.Writer) {
	return text(fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(data), data))
}

// forever writes the same until nobody reads any more.
func forever(w io.Writer, data []byte) {
	for {
		if _, err := w.Write(data); err != nil {
			return
		}
	}
}

// bomb answers little that unpacks to much.
func bomb(w io.Writer, status string, size int64) {
	_, _ = fmt.Fprintf(w, "HTTP/1.1 %s\r\nContent-Encoding: gzip\r\n\r\n", status)
	packer := gzip.NewWriter(w)
	_, _ = io.CopyN(packer, spaces{}, size)
	_ = packer.Close()
}

type spaces struct{}

// Read implements io.Reader.
func (spaces) Read(data []byte) (int, error) {
	for i := range data {
		data[i] = ' '
	}
	return len(data), nil
}

// Serve gives an answer to each request, on a connection of its own, until the
// context ends. It reports the requests' headers.
func Serve(ctx context.Context, answer func(io.Writer), header func(http.Header)) (url string, err error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close() //nolint:errcheck // its other side is gone, too
				request, err := http.ReadRequest(bufio.NewReader(connection))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, request.Body) // its end, or that of the connection
				header(request.Header)
				answer(connection)
			}()
		}
	}()
	return "http://" + listener.Addr().String(), nil
}
