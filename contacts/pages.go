package contacts

import (
	"context"
	"iter"

	"github.com/contactlink/contactlink/internal/rest"
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
	return rest.Pages(ctx, "contacts", func(cursor string) ([]*T, string, error) {
		p, err := page(cursor)
		if err != nil {
			return nil, "", err
		}
		return p.Items, p.Next, nil
	})
}
