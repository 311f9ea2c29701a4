package syncer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// Chat posts alerts to the incoming webhook of a chat (Slack, Mattermost, Google
// Chat and others take {"text": …}).
type Chat struct {
	URL    string
	Logger *slog.Logger
	alerts chan syncer.Alert
}

// OnAlert must return soon: it only hands the alert over.
func (c *Chat) OnAlert(alert syncer.Alert) {
	select {
	case c.alerts <- alert:
	default: // the chat does not answer; the log has the alert
	}
}

// Run posts what is handed over, until the channel is closed.
func (c *Chat) Run(ctx context.Context) {
	for alert := range c.alerts {
		if err := c.post(ctx, alert); err != nil {
			c.Logger.ErrorContext(ctx, "an alert could not be posted", "error", err)
		}
	}
}

func (c *Chat) post(ctx context.Context, alert syncer.Alert) error {
	sign := "❗"
	if alert.Ended {
		sign = "✅"
	}
	body, err := json.Marshal(map[string]string{
		"text": fmt.Sprintf("%s %s (%s): %s", sign, alert.Tenant, alert.Kind, alert.Text),
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("the chat answered %s", response.Status)
	}
	return nil
}

// Alerts go to a chat: each once, and once more when it has ended.
func ExampleAlert() {
	room := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		fmt.Println(string(body), err)
	}))
	defer room.Close()
	chat := &Chat{URL: room.URL, Logger: slog.Default(), alerts: make(chan syncer.Alert, 100)}
	engine := labels(Club{"1": "Ann"}, Printer{}, func(config *syncer.Config) {
		config.OnAlert = chat.OnAlert
	})

	ctx := context.Background()
	fmt.Println(engine.Pause(ctx, syncer.Scope{Tenant: "club"}, "holidays"))
	fmt.Println(engine.Resume(ctx, syncer.Scope{Tenant: "club"}))
	close(chat.alerts)
	chat.Run(ctx)
	// Output:
	// <nil>
	// <nil>
	// {"text":"❗ club (paused): the tenant club was paused by a person: holidays"} <nil>
	// {"text":"✅ club (paused): the tenant club was paused by a person: holidays"} <nil>
}
