// Quickstart runs both services in memory and keeps them in step: it copies
// everything across, then changes a dozen records, whose webhooks bring the
// changes over, and verifies both sides field by field.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -data FILE -dir DIR -json
//
// It exits with 0 if nothing differs, 1 if something does or fails, 2 if it is
// used wrongly or FILE is broken.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/examples/internal/sample"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// settings are the program's flags.
type settings struct {
	data, dir, region string
	json, limits      bool
}

// errUsage is a mistake of the person who runs the program.
var errUsage = errors.New("")

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var s settings
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.data, "data", "", "read the contacts of this export instead of a sample")
	flags.StringVar(&s.dir, "dir", "", "keep the state and both servers' contents in this directory")
	flags.BoolVar(&s.json, "json", false, "print the report as one JSON object")
	flags.BoolVar(&s.limits, "limits", false, "turn the services' rate limits on")
	flags.StringVar(&s.region, "region", "US", "read phone numbers in national format as this region's")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() > 0 {
		_, _ = fmt.Fprintf(stderr, "quickstart: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	logger := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	report, err := quickstart(ctx, s, logger, stderr)
	if err == nil {
		err = report.print(stdout, s.json)
	}
	switch {
	case errors.Is(err, errUsage):
		_, _ = fmt.Fprintf(stderr, "quickstart: %v\n", err)
		return 2
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "quickstart: %v\n", err)
		return 1
	case !report.agrees():
		return 1
	}
	return 0
}

func quickstart(ctx context.Context, s settings, logger *slog.Logger, stderr io.Writer) (report *report, err error) {
	started := time.Now()
	export, err := input(s)
	if err != nil {
		return nil, err
	}
	b, err := open(s, export, logger, newProgress(stderr))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	changes, err := b.source.Apply(export)
	if err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintf(stderr, "The Contacts API holds %d contacts (%d records are new, %d changed, %d gone).\n",
		b.source.Counts().Contacts, changes.Created, changes.Updated, changes.Deleted)
	if orphans := export.Orphans(); orphans > 0 {
		_, _ = fmt.Fprintf(stderr, "%d tasks and notes are left out: their contacts are not in the file.\n", orphans)
	}
	report = newReport()
	if err := b.copyEverything(ctx, report); err != nil {
		return nil, err
	}
	if s.data == "" {
		_, _ = fmt.Fprintln(stderr, "Changing a dozen records; their webhooks bring the changes over …")
		if err := b.changeAFew(ctx, report); err != nil {
			return nil, err
		}
	}
	_, _ = fmt.Fprintln(stderr, "Verifying both sides, field by field …")
	if err := b.verify(ctx, report, stderr); err != nil {
		return nil, err
	}
	report.Seconds = time.Since(started).Round(time.Millisecond).Seconds()
	return report, nil
}

// input reads the export, or makes the sample. Nothing is written before it is
// known to be right.
func input(s settings) (*contactstest.Export, error) {
	if s.data == "" {
		return sample.Export(200), nil
	}
	file, err := os.Open(s.data)
	if err != nil {
		return nil, fmt.Errorf("%w%w", errUsage, err)
	}
	defer file.Close() //nolint:errcheck // only read
	export, err := contactstest.ReadExport(file, filepath.Base(s.data))
	if err != nil {
		return nil, fmt.Errorf("%w%w", errUsage, err)
	}
	return export, nil
}
