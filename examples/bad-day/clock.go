package main

import (
	"context"
	"fmt"
	"os"
	"testing"          //nolint:depguard // only it makes time virtual, in a program too
	"testing/synctest" //nolint:depguard // only it makes time virtual, in a program too
	"time"
)

// virtually calls f where time is virtual, and ends the program: as soon as all
// wait, the clock goes on to what is due next. The services and the engine notice
// nothing: it is package time that they ask. A program of yours does without this.
func virtually(f func(context.Context) error) {
	if quiet, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stdout = quiet // where package testing says that its tests pass
	}
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "day", F: func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			if err := f(t.Context()); err != nil {
				fmt.Fprintln(os.Stderr, "bad-day:", err)
				t.Fail()
			}
		})
	}}}, nil, nil)
}

// pass lets time pass.
func pass(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// later is pass, and a little more: what is due at that moment was done.
func later(ctx context.Context, d time.Duration) error { return pass(ctx, d+19*time.Second) }

// until lets time pass until something is so.
func until(ctx context.Context, what string, is func() bool) error {
	const most = 6 * time.Hour
	for start := time.Now(); !is(); {
		if time.Since(start) > most {
			return fmt.Errorf("it is not so after %v: %s", most, what)
		}
		if err := pass(ctx, time.Second); err != nil {
			return err
		}
	}
	return nil
}
