package rest

import (
	"context"
	"log/slog"
)

// logAttempt writes what is listed here and nothing else: no URL, no header, no
// body, no words of the service.
func (c *Client) logAttempt(ctx context.Context, a Attempt) {
	if !c.config.Logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("operation", a.Operation), slog.Int("attempt", a.Number), slog.String("priority", a.Priority.String()),
		slog.Duration("wait", a.Wait), slog.Duration("took", a.Duration),
	}
	if a.Status != 0 {
		attrs = append(attrs, slog.Int("status", a.Status), slog.String("trace", a.TraceID))
	}
	if a.Err != nil {
		attrs = append(attrs, slog.String("error", a.Err.Error()))
	}
	c.config.Logger.LogAttrs(ctx, slog.LevelDebug, "request", attrs...)
}

func (c *Client) logRepeat(ctx context.Context, x *exchange) {
	c.config.Logger.LogAttrs(ctx, slog.LevelInfo, "request is repeated",
		slog.String("operation", x.operation.Name), slog.Int("attempt", x.attempts), slog.Duration("wait", x.wait))
}
