// Package messaging sends WhatsApp messages by the two of SendApp's interfaces
// that are described in public: [Agent] (app.sendapp.ai) and [Official]
// (official.sendapp.cloud, apiv3). Both are a [Sender].
//
// Where a comment here says how SendApp behaves, it names where that is from:
//
//   - "the documentation page" is the one of app.sendapp.ai, and "the guide" is
//     SendApp's own on API keys; both are SendApp's;
//   - "the published collection" is a third party's description of apiv3;
//   - "as integrators send it" is code that was corrected against the live
//     service.
//
// What is only guessed anywhere is not used. In particular the answers of a send
// are not described, so that a [Receipt] has the answer as it came.
//
//	sender, err := messaging.NewOfficial(messaging.WithAPIKey(os.Getenv("SENDAPP_KEY")))
//	receipt, err := sender.SendTemplate(ctx, messaging.Template{
//		To: "+15551234567", Name: "order_shipped", Language: "en", Parameters: []string{"Anna"},
//	})
//
// # Never twice
//
// Neither interface has idempotency keys, so a send is never repeated: not by this
// package, not by net/http, whatever was answered. It has a connection of its own,
// of HTTP/1.1, because net/http repeats some requests over others. An error that is
// [ErrUnknownOutcome] means that the message may have gone out; one that is
// [ErrUnavailable] means that it has not, and that the same call may be made again.
//
// # Keys that rotate, and what can be watched
//
// [WithAPIKeySource] reads the key for each message. [WithObserver] and [WithLogger]
// tell of each attempt: its operation, status and duration.
//
// # What is not shown
//
// No error and no log holds a recipient, a text, a key or a URL. The service's own
// words may repeat them, so they are not in an error's text: see [Error].
package messaging
