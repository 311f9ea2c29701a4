package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// faultPath is where the share of faults is read and changed.
const faultPath = "/_sandbox/fault"

// faults lets a share of the requests go wrong, once it has begun.
type faults struct {
	mu      sync.Mutex
	begun   bool
	percent float64
}

// begin ends the time in which nothing goes wrong, whatever the share is.
func (f *faults) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begun = true
}

// MarshalText writes the share as "5%".
func (f *faults) MarshalText() ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return []byte(strconv.FormatFloat(f.percent, 'f', -1, 64) + "%"), nil
}

// UnmarshalText reads a share as "5%".
func (f *faults) UnmarshalText(text []byte) error {
	number := strings.TrimSuffix(strings.TrimSpace(string(text)), "%")
	percent, err := strconv.ParseFloat(number, 64)
	if err != nil || !(percent >= 0 && percent <= 100) {
		return errors.New("the share of faults is a number from 0% to 100%")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.percent = percent
	return nil
}

// fault is what goes wrong with a request; the zero fault is nothing.
type fault struct {
	status     int
	cut, after bool
}

// of draws what happens to the requests of a service, and logs it.
func (f *faults) of(service string, logger *slog.Logger) func(operation string) fault {
	return func(operation string) fault {
		f.mu.Lock()
		defer f.mu.Unlock()
		if !f.begun || rand.Float64()*100 >= f.percent { //nolint:gosec // a die
			return fault{}
		}
		drawn := []struct {
			name string
			fault
		}{
			{"unavailable", fault{status: http.StatusServiceUnavailable}},
			{"cut before", fault{cut: true}},
			{"cut after", fault{cut: true, after: true}},
		}[rand.IntN(3)] //nolint:gosec // a die
		logger.LogAttrs(context.Background(), slog.LevelInfo, service, slog.String("operation", operation), slog.String("fault", drawn.name))
		return drawn.fault
	}
}

// control answers requests to faultPath.
func (f *faults) control(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPut || r.Method == http.MethodPost {
		text, err := io.ReadAll(io.LimitReader(r.Body, 100))
		if err == nil {
			err = f.UnmarshalText(text)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	share, _ := f.MarshalText() // it does not fail
	_, _ = w.Write(append(share, '\n'))
}

// around logs each request of a service, but for those to faultPath.
func (f *faults) around(name string, handler http.Handler, logger *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == faultPath {
			f.control(w, r)
			return
		}
		start, answer := time.Now(), &watched{ResponseWriter: w}
		defer func() { // also when the connection breaks
			logger.LogAttrs(r.Context(), slog.LevelInfo, name, slog.String("method", r.Method), slog.String("path", r.URL.Path),
				slog.Int("status", answer.status), slog.Duration("took", time.Since(start)))
		}()
		handler.ServeHTTP(answer, r)
	})
}

// watched remembers the status of an answer, 0 if there was none.
type watched struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *watched) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets a service flush and break what it answers.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }
