package syncer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/syncer"
)

// forged is a text that would write a line of a log, move a cursor, turn the
// direction of writing, or be taken for a verb.
const forged = "a\nlevel=ERROR msg=forged\r\x1b[2J\u009b31m\u202e\u2028%s%!d"

// Ids, errors and warnings are anybody's text: none of it forges what the engine
// says of itself.
func TestNoTextForgesALine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var log bytes.Buffer
		handler := slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})
		w.config.Logger = slog.New(handler)
		engine, err := syncer.New(w.config)
		require.NoError(t, err)
		w.engine = engine
		w.people.put(person{ID: forged, Name: "Ann"})
		for i := range 30 { // enough to be grouped into an alert
			w.people.put(person{ID: fmt.Sprint(i, forged), Name: "Bob"})
		}
		w.cards.fail = func(string) error {
			return &syncer.Error{Kind: syncer.KindRow, Field: "town" + forged, Err: errors.New("422: " + forged)}
		}
		shown := map[string]string{}
		plan, err := engine.Plan(t.Context())
		require.NoError(t, err)
		shown["the plan"] = plan.String()
		w.backfill(t)
		w.people.fail = func() error { return errors.New("503: " + forged) }
		_, _ = engine.Backfill(t.Context()) // it fails, and says why
		w.running(t, func() { elapse(10 * time.Minute) })
		w.people.fail = nil
		require.NoError(t, engine.Pause(t.Context(), syncer.Scope{Tenant: "here"}, "by "+forged))
		status, err := engine.Status(t.Context())
		require.NoError(t, err)
		shown["the status"] = status.String()
		explained, err := engine.Explain(t.Context(), syncer.Key{Tenant: "here", Flow: "people", ID: forged})
		require.NoError(t, err)
		shown["the explanation"] = explained.String()

		require.NotEmpty(t, w.alerts)
		for i, alert := range w.alerts {
			shown[fmt.Sprint("alert ", i)] = alert.Text + "\n"
		}
		require.NotEmpty(t, log.String())
		shown["the log"] = log.String()
		var export bytes.Buffer
		require.NoError(t, engine.WriteEvents(t.Context(), &export, syncer.EventQuery{}))
		shown["the export"] = export.String()
		lines := json.NewDecoder(&export)
		ids := map[string]bool{}
		for {
			var line struct{ ID string }
			if err := lines.Decode(&line); errors.Is(err, io.EOF) {
				break
			}
			ids[line.ID] = true
		}
		assert.True(t, ids[forged], "the export has the id as it is")

		for what, text := range shown {
			for line := range strings.Lines(text) {
				assert.False(t, strings.HasPrefix(line, "level=ERROR"), "%s has a line that is not its own: %q", what, line)
				bad := strings.IndexFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return !unicode.IsPrint(r) && r != '\t' })
				assert.Negative(t, bad, "%s: %q", what, line)
			}
		}
	})
}
