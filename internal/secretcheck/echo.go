package secretcheck

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Echoes are transports whose answers repeat the request in what they say, its
// credentials included, in each writing that a service may use. They also tell of
// another person.
func Echoes(other string) map[string]http.RoundTripper {
	echoes := map[string]http.RoundTripper{}
	for writing, write := range map[string]func(string) string{
		"as it was":     func(said string) string { return said },
		"in lower case": strings.ToLower,
		"as a URL":      url.QueryEscape,
		"in its lines":  func(said string) string { return strings.ReplaceAll(said, `\n`, "\n") },
	} {
		for _, status := range []int{400, 401, 404, 409, 422, 500} {
			echoes[fmt.Sprintf("%d, repeated %s", status, writing)] = echo(status, write, other)
		}
	}
	return echoes
}

// echo answers in the words of both services' errors.
func echo(status int, write func(string) string, other string) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		var body []byte
		if r.Body != nil {
			body, _ = io.ReadAll(r.Body) // in memory
		}
		credentials := r.Header.Get("Authorization") + " " + r.Header.Get("X-Api-Key")
		said := fmt.Sprint(r.URL.RequestURI(), " ", write(credentials), " ", write(string(body)))
		if query, err := url.QueryUnescape(r.URL.RawQuery); err == nil {
			said += " " + write(query)
		}
		messages := append(sentences(body, write, other), "property "+said, said)
		fields := []map[string]string{{"field": "name", "message": said}, {"field": said, "message": "should not exist"}}
		answer, _ := json.Marshal(map[string]any{ // texts can be encoded
			"message": messages, "error": said, "traceId": said, "detail": strings.Join(messages, "; "), "title": said, "code": said,
			"fields": fields, "meta": map[string]string{"contactName": other},
		})
		return &http.Response{
			StatusCode: status, Header: http.Header{"X-Request-Id": {said}}, Body: inMemory{strings.NewReader(string(answer))}, Request: r,
		}, nil
	})
}

// sentences are about each text of a body.
func sentences(body []byte, write func(string) string, other string) (said []string) {
	var walk func(value any)
	walk = func(value any) {
		switch value := value.(type) {
		case string:
			said = append(said, write(value)+" must be a string", fmt.Sprintf("%q, %.14s…, %s's", write(value), value, other))
		case []any:
			for _, item := range value {
				walk(item)
			}
		case map[string]any:
			for _, item := range value {
				walk(item)
			}
		}
	}
	var value any
	_ = json.Unmarshal(body, &value) // a form is repeated whole
	walk(value)
	return said
}
