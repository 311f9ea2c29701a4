package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxErrorBody is how much of an error's body is kept.
const maxErrorBody = 1 << 20

// errTooLarge is the cause of the error of an answer beyond the limit.
var errTooLarge = errors.New("the answer is larger than the limit")

// bounds sends a request under the deadline of an attempt and reads the answer
// whole, so that one that breaks off is a failure of the attempt.
func (c *Client) bounds(next step) step {
	return func(request *http.Request) (*http.Response, error) {
		ctx, cancel := context.WithTimeout(request.Context(), c.config.Timeout)
		defer cancel()
		response, err := traced(next, request.WithContext(ctx))
		if err != nil {
			return nil, err
		}
		body, err := c.readAnswer(response)
		if err := errors.Join(err, response.Body.Close()); err != nil {
			return nil, fmt.Errorf("read the answer: %w", err)
		}
		response.Body = memory{bytes.NewReader(body), body}
		return response, nil
	}
}

// memory is a body that was read whole.
type memory struct {
	*bytes.Reader
	data []byte
}

// Close implements io.Closer.
func (memory) Close() error { return nil }

// bodyOf is the body of an answer that came through bounds, as often as asked.
func bodyOf(response *http.Response) []byte {
	body, _ := response.Body.(memory)
	return body.data
}

// byteOrderMark is what some proxies put before a text. It is no JSON.
const byteOrderMark = "\ufeff"

// readAnswer reads a body, as it is when it is unpacked. That of an error is cut,
// not refused: its status says the most.
func (c *Client) readAnswer(response *http.Response) ([]byte, error) {
	if response.StatusCode >= 300 {
		body, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
		return bytes.TrimPrefix(body, []byte(byteOrderMark)), err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, c.config.MaxAnswer+1))
	if err == nil && int64(len(body)) > c.config.MaxAnswer {
		err = fmt.Errorf("%w of %d bytes", errTooLarge, c.config.MaxAnswer)
	}
	return bytes.TrimPrefix(body, []byte(byteOrderMark)), err
}
