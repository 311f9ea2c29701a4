package messaging

import "time"

// WindowLength is how long a business may answer a customer with a free text,
// counted from the customer's last message; each one starts it anew. It is
// WhatsApp's rule, as the guide on the inbox has it.
const WindowLength = 24 * time.Hour

// Window is the time in which a [Text] or [Media] may be sent to a customer. Out
// of it, and to write first, only a [Template] may.
type Window struct {
	// LastMessage is when the customer wrote last; zero: never.
	LastMessage time.Time
}

// Closes is when the window ends; zero if there is none.
func (w Window) Closes() time.Time {
	if w.LastMessage.IsZero() {
		return time.Time{}
	}
	return w.LastMessage.Add(WindowLength)
}

// Left is how long the window is still open at a time; 0 if it is not. Leave a
// margin for the way of the message.
func (w Window) Left(at time.Time) time.Duration {
	if w.LastMessage.IsZero() {
		return 0
	}
	return max(0, w.Closes().Sub(at))
}

// Open reports whether a free text may be sent at a time.
func (w Window) Open(at time.Time) bool { return w.Left(at) > 0 }
