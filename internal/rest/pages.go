package rest

import (
	"context"
	"fmt"
	"iter"
)

// Pages walks all pages of a listing of a client. Page returns the items at a
// cursor, and the cursor after them, "" at the end. Each range begins anew.
//
// A cursor that comes again, at once or after others, is an error: the listing
// would never end.
func Pages[T any](ctx context.Context, client string, page func(cursor string) (items []*T, next string, err error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		seen := map[string]bool{"": true}
		for cursor := ""; ; {
			if ctx != nil && ctx.Err() != nil { // without one, page says so
				yield(nil, ctx.Err())
				return
			}
			items, next, err := page(cursor)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if seen[next] {
				yield(nil, fmt.Errorf("%s: the service repeats a cursor: the listing would never end", client))
				return
			}
			seen[next], cursor = true, next
		}
	}
}
