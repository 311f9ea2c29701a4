package main

import (
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

// faults lets a share of the requests go wrong.
type faults struct {
	mu      sync.Mutex
	percent float64
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

// next draws what happens to a request: "" is nothing.
func (f *faults) next() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if rand.Float64()*100 >= f.percent { //nolint:gosec // a die
		return ""
	}
	return []string{"unavailable", "cut before", "cut after"}[rand.IntN(3)] //nolint:gosec // a die
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

// around serves a handler with faults, and logs each request.
func (f *faults) around(name string, handler http.Handler, logger *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == faultPath {
			f.control(w, r)
			return
		}
		start, fault, answer := time.Now(), f.next(), &watched{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			logger.LogAttrs(r.Context(), slog.LevelInfo, name, slog.String("method", r.Method), slog.String("path", r.URL.Path),
				slog.Int("status", answer.status), slog.String("fault", fault), slog.Duration("took", time.Since(start)))
		}()
		switch fault {
		case "unavailable":
			http.Error(answer, `{"message":"a fault of the sandbox"}`, http.StatusServiceUnavailable)
			return
		case "cut after":
			handler.ServeHTTP(discard{http.Header{}}, r)
		}
		if fault != "" {
			answer.status = 0 // none
			panic(http.ErrAbortHandler)
		}
		handler.ServeHTTP(answer, r)
	})
}

// watched remembers the status of an answer.
type watched struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *watched) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// discard is an answer that is lost.
type discard struct{ header http.Header }

func (d discard) Header() http.Header          { return d.header }
func (discard) Write(data []byte) (int, error) { return len(data), nil }
func (discard) WriteHeader(int)                {}
