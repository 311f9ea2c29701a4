package contacts

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// offset is the place in a listing that the API pages by offset.
type offset struct {
	skip int // how many items are before it
	// first is the id of the first item of the page before, if there is one.
	first string
}

// parseOffset reads a cursor that next made.
func parseOffset(cursor string) (offset, error) {
	if cursor == "" {
		return offset{}, nil
	}
	number, first, _ := strings.Cut(cursor, " ")
	skip, err := strconv.Atoi(number)
	if err != nil || skip < 0 {
		return offset{}, errCursor
	}
	return offset{skip: skip, first: first}, nil
}

// errStays is the error of a listing that would never end.
var errStays = errors.New("contacts: the service answers a page that it has answered: the listing would never end")

// next is the cursor behind a page, "" if nothing is on it. How large a page may
// be is not documented for any of these listings, so only an empty one is the
// end. A service that does not look at the offset would answer the first page for
// ever.
func next[T any, P identified[T]](at offset, items []*T) (string, error) {
	if len(items) == 0 {
		return "", nil
	}
	first := P(items[0]).identity()
	if at.skip > 0 && first != "" && first == at.first {
		return "", errStays
	}
	return fmt.Sprintf("%d %s", at.skip+len(items), first), nil
}
