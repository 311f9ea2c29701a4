// Sandbox serves both APIs and SendApp's messaging in memory, on loopback, with
// sample data, to try requests on without an account.
//
//	go run ./examples/sandbox
//	go run ./examples/sandbox -dir DIR -fault 5%
//
// It prints where the services are, their keys, which are samples and no secrets, and
// some curl lines to try, then logs every request until it is interrupted. With -dir
// it keeps what was written. With -webhooks the Contacts API sends its events to a
// URL; SendApp's are subscribed to, as a curl line shows.
//
// With -fault that share of the requests goes wrong: the answer is a 503, or the
// connection breaks before or after the request took effect. The share can be read
// and changed while the sandbox runs, on any of its servers:
//
//	curl http://127.0.0.1:PORT/_sandbox/fault
//	curl -X PUT -d 20% http://127.0.0.1:PORT/_sandbox/fault
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
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
	dir, webhooks                            string
	contactsAddr, sendappAddr, messagingAddr string
	faults                                   faults
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var s settings
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.dir, "dir", "", "keep the servers' contents in this directory")
	flags.TextVar(&s.faults, "fault", &faults{}, "let this share of the requests go wrong, as 5%")
	flags.StringVar(&s.webhooks, "webhooks", "", "send the Contacts API's events to this URL")
	flags.StringVar(&s.contactsAddr, "contacts-addr", "127.0.0.1:0", "serve the Contacts API here, on loopback")
	flags.StringVar(&s.sendappAddr, "sendapp-addr", "127.0.0.1:0", "serve SendApp's contract here, on loopback")
	flags.StringVar(&s.messagingAddr, "messaging-addr", "127.0.0.1:0", "serve SendApp's messaging here, on loopback")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() > 0 {
		_, _ = fmt.Fprintf(stderr, "sandbox: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	if target, err := url.Parse(s.webhooks); err != nil || s.webhooks != "" && (target.Host == "" || target.Scheme != "http" && target.Scheme != "https") {
		_, _ = fmt.Fprintln(stderr, "sandbox: -webhooks needs a URL, as http://127.0.0.1:8080/webhooks")
		return 2
	}
	if err := sandbox(ctx, &s, slog.New(slog.NewTextHandler(stderr, nil)), stdout); err != nil {
		_, _ = fmt.Fprintf(stderr, "sandbox: %v\n", err)
		return 1
	}
	return 0
}
