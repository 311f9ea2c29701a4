package main

import (
	"context"
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
	var crmOptions []contactstest.Option
	var appOptions []sendapptest.Option
	if s.dir != "" {
		crmOptions, appOptions = append(crmOptions, contactstest.WithDir(s.dir)), append(appOptions, sendapptest.WithDir(s.dir))
	}
	crm, err := contactstest.NewServer(crmOptions...)
	if err != nil {
		return err
	}
	closers = append(closers, crm.Close)
	app, err := sendapptest.NewServer(appOptions...)
	if err != nil {
		return err
	}
	closers = append(closers, app.Close)
	if err := fill(ctx, crm, app); err != nil {
		return err
	}
	urls := map[string]string{}
	for _, server := range []struct {
		name, address string
		handler       http.Handler
	}{
		{"contacts", s.contactsAddr, crm}, {"sendapp", s.sendappAddr, app}, {"messaging", s.messagingAddr, sendapptest.NewMessaging()},
	} {
		url, stop, err := serve(ctx, server.address, s.faults.around(server.name, server.handler, logger))
		if err != nil {
			return fmt.Errorf("serve %s: %w", server.name, err)
		}
		closers = append(closers, stop)
		urls[server.name] = url
	}
	if err := introduce(stdout, urls, app); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
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

// serve serves a handler on an address until stop is called.
func serve(ctx context.Context, address string, handler http.Handler) (url string, stop func() error, err error) {
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
func introduce(w io.Writer, urls map[string]string, app *sendapptest.Server) error {
	_, err := fmt.Fprintf(w, `Contacts API       %[1]s   token %[4]s   location %[5]s
SendApp contract   %[2]s   key %[6]s
SendApp messaging  %[3]s/api and %[3]s/apiv3   key %[7]s   token %[8]s
They hold %[9]d contacts of SendApp's and a sample of the Contacts API's. Try:

curl -H 'Authorization: Bearer %[4]s' -H 'Version: 2021-07-28' '%[1]s/contacts/%[10]s'
curl -H 'X-API-Key: %[6]s' -H 'Content-Type: application/json' -d '{"firstName":"Zoë","city":"Rome"}' '%[2]s/contacts'
curl -H 'Authorization: Bearer %[7]s' '%[3]s/apiv3/send/text?number=%%2B15551230001&message=Hello'

Let a fifth of the requests go wrong, and stop that:

curl -X PUT -d 20%% '%[2]s`+faultPath+`'
curl -X PUT -d 0%% '%[2]s`+faultPath+`'

Ctrl-C ends it.
`, urls["contacts"], urls["sendapp"], urls["messaging"], contactstest.DefaultToken, contactstest.DefaultLocation,
		sendapptest.DefaultAPIKey, sendapptest.DefaultMessagingKey, sendapptest.DefaultAccountToken,
		app.Counts().Contacts, sample.ContactID(1))
	return err
}
