package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/examples/internal/sample"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// sandbox serves until the context ends.
func sandbox(ctx context.Context, s *settings, logger *slog.Logger, stdout io.Writer) (err error) {
	var closers []func() error
	defer func() {
		for _, closer := range slices.Backward(closers) {
			err = errors.Join(err, closer())
		}
	}()
	crm, app, messaging, err := servers(s, logger)
	if err != nil {
		return err
	}
	closers = append(closers, crm.Close, app.Close)
	if err := fill(ctx, crm, app); err != nil {
		return err
	}
	crm.SendWebhooksTo(s.webhooks)
	s.faults.begin()
	urls := map[string]string{}
	for _, server := range []struct {
		name, address string
		handler       http.Handler
	}{
		{"contacts", s.contactsAddr, crm}, {"sendapp", s.sendappAddr, app}, {"messaging", s.messagingAddr, messaging},
	} {
		url, stop, err := serve(ctx, server.address, s.faults.around(server.name, server.handler, logger))
		if err != nil {
			return fmt.Errorf("serve %s: %w", server.name, err)
		}
		closers = append(closers, stop)
		urls[server.name] = url
	}
	if err := introduce(stdout, urls, crm, app); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// servers makes the three servers, whose faults are drawn.
func servers(s *settings, logger *slog.Logger) (*contactstest.Server, *sendapptest.Server, *sendapptest.Messaging, error) {
	ofCRM, ofApp, ofMessaging := s.faults.of("contacts", logger), s.faults.of("sendapp", logger), s.faults.of("messaging", logger)
	crmOptions := []contactstest.Option{contactstest.WithFaults(func(operation string, _ int) contactstest.Fault {
		f := ofCRM(operation)
		return contactstest.Fault{Status: f.status, Cut: f.cut, After: f.after}
	})}
	appOptions := []sendapptest.Option{sendapptest.WithFaults(func(operation string, _ int) sendapptest.Fault {
		f := ofApp(operation)
		return sendapptest.Fault{Status: f.status, Cut: f.cut, After: f.after}
	})}
	messaging := sendapptest.NewMessaging(sendapptest.WithMessagingFaults(func(operation string, _ int) sendapptest.Fault {
		f := ofMessaging(operation)
		return sendapptest.Fault{Status: f.status, Cut: f.cut, After: f.after}
	}))
	if s.dir != "" {
		crmOptions, appOptions = append(crmOptions, contactstest.WithDir(s.dir)), append(appOptions, sendapptest.WithDir(s.dir))
	}
	crm, err := contactstest.NewServer(crmOptions...)
	if err != nil {
		return nil, nil, nil, err
	}
	app, err := sendapptest.NewServer(appOptions...)
	if err != nil {
		return nil, nil, nil, errors.Join(err, crm.Close())
	}
	return crm, app, messaging, nil
}

// fill gives servers that are empty the sample: the Contacts API all of it, SendApp
// a first contact with a task.
func fill(ctx context.Context, crm *contactstest.Server, app *sendapptest.Server) error {
	if crm.Counts().Contacts == 0 {
		if _, err := crm.Apply(sample.Export(50)); err != nil {
			return err
		}
	}
	if app.Counts().Contacts > 0 {
		return nil
	}
	client, err := sendapp.NewClient(sendapp.WithBaseURL("http://localhost"), sendapp.WithAPIKey(sendapptest.DefaultAPIKey),
		sendapp.WithHTTPClient(&http.Client{Transport: app.Transport()}))
	if err != nil {
		return err
	}
	anna, err := client.Contacts.Create(ctx, sendapp.ContactCreate{
		FirstName: opt.Set("Anna"), LastName: opt.Set("Müller"), Phone: opt.Set("+15551230001"), Tags: opt.Set([]string{"vip"}),
	})
	if err != nil {
		return err
	}
	_, err = client.Tasks.Create(ctx, anna.ContactID, sendapp.TaskCreate{TaskTitle: opt.Set("Call back")})
	return err
}

// serve serves a handler on an address of this machine alone, since everyone knows
// the keys, until stop is called.
func serve(ctx context.Context, address string, handler http.Handler) (url string, stop func() error, err error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return "", nil, err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", nil, fmt.Errorf("%s is not on loopback, and the sandbox's keys are no secrets: use 127.0.0.1", address)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	stop = func() error {
		err := server.Close()
		if serving := <-served; !errors.Is(serving, http.ErrServerClosed) {
			err = errors.Join(err, serving)
		}
		return err
	}
	return "http://" + listener.Addr().String(), stop, nil
}

// introduce says what there is, and what to try.
func introduce(w io.Writer, urls map[string]string, crm *contactstest.Server, app *sendapptest.Server) error {
	_, err := fmt.Fprintf(w, `Contacts API       %[1]s   token %[4]s   location %[5]s
SendApp contract   %[2]s   key %[6]s
SendApp messaging  %[3]s/api and %[3]s/apiv3   key %[7]s   token %[8]s
The keys are samples, the same everywhere, and good for nothing else.
Contacts: a sample at the Contacts API, and %[9]d at SendApp. Try:

curl -H 'Authorization: Bearer %[4]s' -H 'Version: 2021-07-28' '%[1]s/contacts/%[10]s'
curl -H 'X-API-Key: %[6]s' -H 'Content-Type: application/json' -d '{"firstName":"Zoë","city":"Rome"}' '%[2]s/contacts'
curl -H 'Authorization: Bearer %[7]s' '%[3]s/apiv3/send/text?number=%%2B15551230001&message=Hello'

Let a fifth of the requests go wrong, and stop that:

curl -X PUT -d 20%% '%[2]s`+faultPath+`'
curl -X PUT -d 0%% '%[2]s`+faultPath+`'

Send SendApp's events to a handler of yours, which needs the secret that is answered:

curl -H 'X-API-Key: %[6]s' -H 'Content-Type: application/json' -d '{"url":"http://127.0.0.1:8080/webhooks"}' '%[2]s/webhooks'

The Contacts API's are sent where -webhooks says, signed with the Ed25519 key
%[11]s (base64).

Ctrl-C ends it.
`, urls["contacts"], urls["sendapp"], urls["messaging"], contactstest.DefaultToken, contactstest.DefaultLocation,
		sendapptest.DefaultAPIKey, sendapptest.DefaultMessagingKey, sendapptest.DefaultAccountToken,
		app.Counts().Contacts, sample.ContactID(1), base64.StdEncoding.EncodeToString(crm.PublicKey()))
	return err
}
