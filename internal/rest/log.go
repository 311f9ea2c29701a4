package rest

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// logAttempt writes what is listed here and nothing else: no URL, no header, no
// body.
func (c *Client) logAttempt(ctx context.Context, x *exchange, response *http.Response, err error, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("operation", x.operation.Name), slog.Int("attempt", x.attempts), slog.Duration("took", took),
	}
	if response != nil {
		attrs = append(attrs, slog.Int("status", response.StatusCode))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	c.config.Logger.LogAttrs(ctx, slog.LevelDebug, "request", attrs...)
}

func (c *Client) logRepeat(ctx context.Context, x *exchange) {
	c.config.Logger.LogAttrs(ctx, slog.LevelInfo, "request is repeated",
		slog.String("operation", x.operation.Name), slog.Int("attempt", x.attempts), slog.Duration("wait", x.wait))
}
