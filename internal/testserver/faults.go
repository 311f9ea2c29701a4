package testserver

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Fault is what goes wrong with requests. The zero Fault is nothing. What can
// happen together may be combined: a slow web page with status 502.
type Fault struct {
	// Operation is the name of the operation that it happens to, as "contacts.get";
	// empty: to any.
	Operation string
	// Skip is how many requests pass before it begins, and Times how many it
	// happens to then: 0 means one, a negative number all that follow.
	Skip, Times int

	// After lets the request take effect before anything goes wrong, so that only
	// its answer is lost. Without it the request has no effect where the fault is
	// one of Hang, Cut and Status.
	After bool
	// Delay is how long the answer takes.
	Delay time.Duration
	// Hang never answers: the client has to give up.
	Hang bool
	// Cut breaks the connection instead of answering.
	Cut bool
	// Status is answered instead of the answer; 0: none.
	Status int
	// RetryAfter is sent as Retry-After, in whole seconds, upwards; 0: none.
	RetryAfter time.Duration
	// HTML sends a web page instead of JSON.
	HTML bool
	// Empty sends no body.
	Empty bool
	// ContentType is sent instead of the answer's own.
	ContentType string
	// CutBody breaks the connection in the middle of the body.
	CutBody bool
	// Slow is a wait in the middle of the body.
	Slow time.Duration
}

// effect reports whether the request takes effect.
func (f Fault) effect() bool { return f.After || !f.Hang && !f.Cut && f.Status == 0 }

// Faults are the faults of a server. The zero Faults has none.
type Faults struct {
	mu    sync.Mutex
	armed []*Fault
}

// Add makes a fault happen, after those that were added before.
func (f *Faults) Add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed = append(f.armed, &fault)
}

// Clear ends all faults.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed = nil
}

// Take returns the fault of a request, or the zero Fault.
func (f *Faults) Take(operation string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, fault := range f.armed {
		switch {
		case fault.Operation != "" && fault.Operation != operation:
		case fault.Skip > 0:
			fault.Skip--
		default:
			if fault.Times == 0 || fault.Times == 1 {
				f.armed = append(f.armed[:i:i], f.armed[i+1:]...)
			} else if fault.Times > 0 {
				fault.Times--
			}
			return *fault
		}
	}
	return Fault{}
}

// Serve answers a request by handle, or as the fault wants it. refuse writes an
// error answer of the service.
func (f Fault) Serve(w http.ResponseWriter, r *http.Request, handle http.HandlerFunc, refuse func(w http.ResponseWriter, status int)) {
	if f == (Fault{}) {
		handle(w, r)
		return
	}
	answer := &kept{header: http.Header{}, status: http.StatusOK}
	if f.effect() {
		handle(answer, r)
	}
	if f.Status != 0 {
		answer = &kept{header: http.Header{}, status: f.Status}
		refuse(answer, f.Status)
	}
	pause(r, f.Delay)
	if f.Hang {
		<-r.Context().Done()
	}
	if f.Hang || f.Cut {
		panic(http.ErrAbortHandler)
	}
	f.distort(answer)
	maps.Copy(w.Header(), answer.header)
	f.write(w, r, answer)
}

// distort changes what is answered.
func (f Fault) distort(answer *kept) {
	if f.RetryAfter > 0 {
		answer.header.Set("Retry-After", strconv.Itoa(int((f.RetryAfter+time.Second-1)/time.Second)))
	}
	if f.HTML {
		answer.header.Set("Content-Type", "text/html; charset=utf-8")
		answer.body.Reset()
		fmt.Fprintf(&answer.body, "<!doctype html><title>%d</title><p>%s", answer.status, http.StatusText(answer.status))
	}
	if f.Empty {
		answer.body.Reset()
	}
	if f.ContentType != "" {
		answer.header.Set("Content-Type", f.ContentType)
	}
}

func (f Fault) write(w http.ResponseWriter, r *http.Request, answer *kept) {
	body := answer.body.Bytes()
	if f.CutBody || f.Slow > 0 {
		// The length promises what doesn't come, or not at once.
		w.Header().Set("Content-Length", strconv.Itoa(max(1, len(body))))
	}
	w.WriteHeader(answer.status)
	half := len(body) / 2
	_, _ = w.Write(body[:half]) // the client may have gone
	if f.CutBody || f.Slow > 0 {
		_ = http.NewResponseController(w).Flush() // not every writer can
		pause(r, f.Slow)
	}
	if f.CutBody {
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(bytes.Clone(body[half:]))
}

// pause waits, or until the client gives up.
func pause(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// kept is an answer that is not sent yet.
type kept struct {
	header http.Header
	body   bytes.Buffer
	status int
	wrote  bool
}

func (k *kept) Header() http.Header { return k.header }

func (k *kept) WriteHeader(status int) {
	if !k.wrote {
		k.status, k.wrote = status, true
	}
}

func (k *kept) Write(data []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(data)
}
