package contacts

import (
	"context"
	"fmt"
	"iter"
	"strconv"
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

// pages walks all pages. Each range over it begins anew.
func pages[T any](ctx context.Context, page func(cursor string) (*Page[T], error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
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
			if p.Next == cursor {
				yield(nil, fmt.Errorf("contacts: the service repeats its cursor: the listing would never end"))
				return
			}
			cursor = p.Next
		}
	}
}

// offset reads a cursor that counts.
func offset(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	skip, err := strconv.Atoi(cursor)
	if err != nil || skip < 0 {
		return 0, fmt.Errorf("contacts: %w: this is no cursor of this listing", ErrInvalid)
	}
	return skip, nil
}
