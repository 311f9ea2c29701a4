package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// progress draws a bar on a terminal, and a line for each kind elsewhere.
type progress struct {
	w        io.Writer
	terminal bool
	drawn    time.Time
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w}
	if file, is := w.(*os.File); is {
		info, err := file.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// show is the engine's OnProgress: one call at a time.
func (p *progress) show(now syncer.Progress) {
	const width = 30
	total := max(now.Total, now.Seen, now.Done)
	switch {
	case now.Complete && p.terminal:
		_, _ = fmt.Fprintf(p.w, "\r%-9s %s %6d\n", now.Flow, strings.Repeat("█", width), now.Done)
	case now.Complete:
		_, _ = fmt.Fprintf(p.w, "%s: %d done\n", now.Flow, now.Done)
	case p.terminal && total > 0 && time.Since(p.drawn) > 50*time.Millisecond:
		p.drawn = time.Now()
		full := width * now.Done / total
		_, _ = fmt.Fprintf(p.w, "\r%-9s %s%s %6d of %d", now.Flow,
			strings.Repeat("█", full), strings.Repeat("░", width-full), now.Done, total)
	}
}
