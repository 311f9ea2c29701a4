package contactstest

import (
	"context"
	"net/http"
	"time"
)

// Fault is something that goes wrong with requests. Its fields combine: a Delay
// with a Cut is a connection that breaks after a while. The zero Fault is
// nothing.
type Fault struct {
	// Operation says which requests it concerns, by a name of contacts.Operations:
	// "contacts.get". Empty: all.
	Operation string
	// Skip lets the first requests pass, Times ends the fault after so many. 0: it
	// does not end.
	Skip, Times int

	// After lets the request take effect before it goes wrong.
	After bool
	// Delay is how long the request waits. If it is longer than the client does, this
	// is a time-out.
	Delay time.Duration
	// Cut breaks the connection instead of answering.
	Cut bool
	// Status is answered instead of the answer, 0: none, with the service's kind of
	// error as body; RetryAfter, if it isn't 0, in the header of that name.
	Status     int
	RetryAfter time.Duration
	// ContentType and Body replace those of the answer: a page of HTML from a proxy,
	// say. Empty answers no body at all.
	ContentType string
	Body        string
	Empty       bool
	// CutBody breaks the connection in the middle of the answer's body.
	CutBody bool
	// SlowBody is how long each of the body's eight pieces takes.
	SlowBody time.Duration
	// Stale answers what the operation answered the last time: a page of a cache, a
	// cursor that comes again.
	Stale bool
}

// Page is a fault: a proxy that answers 200 with a page of HTML.
func Page(operation string) Fault {
	return Fault{Operation: operation, ContentType: "text/html; charset=utf-8", Body: "<!doctype html><title>Sign in</title>"}
}

// Fail makes requests go wrong, until the returned function is called. Of several
// faults, those given first come first: the next one sees, and counts with Skip
// and Times, only the requests that they let pass.
func (s *Server) Fail(faults ...Fault) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failID++
	id := s.failID
	for _, fault := range faults {
		s.failures = append(s.failures, &failure{Fault: fault, id: id})
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		kept := s.failures[:0]
		for _, f := range s.failures {
			if f.id != id {
				kept = append(kept, f)
			}
		}
		s.failures = kept
	}
}

// WithFaults lets a function decide what goes wrong: it is asked for each
// request that Fail lets pass, with the name of the operation and how often it was
// called, from 1.
func WithFaults(faults func(operation string, call int) Fault) Option {
	return func(s *Server) { s.faults = faults }
}

// failure is a fault in use.
type failure struct {
	Fault

	id, seen int
}

// fault is what goes wrong with a request. The mutex is held.
func (s *Server) fault(operation string) Fault {
	for _, f := range s.failures {
		if f.Operation != "" && f.Operation != operation {
			continue
		}
		f.seen++
		if f.seen > f.Skip && (f.Times == 0 || f.seen <= f.Skip+f.Times) {
			return f.Fault
		}
	}
	if s.faults != nil {
		return s.faults(operation, s.requests[operation])
	}
	return Fault{}
}

// happens says that the request reaches the service.
func (f Fault) happens() bool {
	return f.After || !f.Cut && f.Status == 0 && f.Body == "" && !f.Empty && !f.Stale
}

// wait waits, as long as the client does.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// write writes an answer, as the fault wants it. What a client sent stands in
// the answer as JSON, or is what the test itself wants to be sent.
func (f Fault) write(ctx context.Context, w http.ResponseWriter, status int, body []byte) {
	if f.ContentType != "" {
		w.Header().Set("Content-Type", f.ContentType)
	}
	switch {
	case f.Empty:
		body = nil
	case f.Body != "":
		body = []byte(f.Body)
	}
	w.WriteHeader(status)
	if f.CutBody {
		_, _ = w.Write(body[:len(body)/2])        //nolint:gosec // see above
		_ = http.NewResponseController(w).Flush() // what was written goes out before the end
		panic(http.ErrAbortHandler)
	}
	if f.SlowBody <= 0 {
		_, _ = w.Write(body) //nolint:gosec // see above; the client may have gone
		return
	}
	const pieces = 8
	for i := range pieces {
		_, _ = w.Write(body[len(body)*i/pieces : len(body)*(i+1)/pieces]) //nolint:gosec // see above
		_ = http.NewResponseController(w).Flush()                         // the pause is what counts
		wait(ctx, f.SlowBody)
	}
}
