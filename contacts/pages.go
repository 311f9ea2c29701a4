package contacts

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// Page is one page of a listing.
type Page[T any] struct {
	Items []*T
	// Next is where the next page begins, "" at the end. It can be stored, and
	// used with the same query later.
	Next string
	// Total is how many items there are in all pages, 0 if the API does not say.
	Total int
}

// errRepeats is the error of a listing that would never end.
var errRepeats = errors.New("contacts: the service repeats a cursor: the listing would never end")

// pages walks all pages. Each range over it begins anew.
func pages[T any](ctx context.Context, page func(cursor string) (*Page[T], error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		if ctx == nil {
			yield(nil, fmt.Errorf("contacts: %w: the context is nil", ErrInvalid))
			return
		}
		seen := map[string]bool{"": true}
		for cursor := ""; ; {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			p, err := page(cursor)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, item := range p.Items {
				if !yield(item, nil) {
					return
				}
			}
			if p.Next == "" {
				return
			}
			if seen[p.Next] {
				yield(nil, errRepeats)
				return
			}
			seen[p.Next], cursor = true, p.Next
		}
	}
}
