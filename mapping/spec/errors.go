package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Error is one mistake in a spec.
type Error struct {
	File         string
	Line, Column int    // from 1, the column in characters
	Path         string // where in the spec: "contacts.fields.email"
	Text         string // what is wrong, and what would be right
	// Excerpt is the line with the mistake, and under it a line that marks it.
	Excerpt string
}

// Error is all of it: place, text and excerpt, in up to three lines.
func (e *Error) Error() string {
	place := fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Column)
	if e.Line == 0 {
		place = e.File + ": "
	}
	if e.Path != "" {
		place += e.Path + ": "
	}
	if e.Excerpt == "" {
		return place + e.Text
	}
	return place + e.Text + "\n" + e.Excerpt
}

// Errors are all mistakes of a spec, in the order of the file.
type Errors []*Error

// Error is all of them, one after another.
func (e Errors) Error() string {
	texts := make([]string, len(e))
	for i, one := range e {
		texts[i] = one.Error()
	}
	return strings.Join(texts, "\n")
}

// Unwrap lets errors.As find an *Error.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, one := range e {
		errs[i] = one
	}
	return errs
}

// Err returns them in the order of their files as an error, nil if there are
// none.
func (e Errors) Err() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b *Error) int {
		switch {
		case a.File != b.File:
			return strings.Compare(a.File, b.File)
		case a.Line != b.Line:
			return a.Line - b.Line
		default:
			return a.Column - b.Column
		}
	})
	return e
}

// maxExcerpt is how much of a line an excerpt shows, in characters.
const maxExcerpt = 120

// excerpt shows a line and marks width characters of it.
func excerpt(lines []string, line, column, width int) string {
	if line < 1 || line > len(lines) || column < 1 {
		return ""
	}
	text := []rune(strings.ToValidUTF8(strings.ReplaceAll(lines[line-1], "\t", " "), "?"))
	at := column - 1
	if at > len(text) {
		return ""
	}
	if at > maxExcerpt/2 {
		from := at - maxExcerpt/2
		text, at = text[from:], maxExcerpt/2
	}
	if len(text) > maxExcerpt {
		text = text[:maxExcerpt]
	}
	width = max(1, min(width, len(text)-at))
	number := fmt.Sprintf("%5d | ", line)
	return strings.TrimRight(number+string(text), " ") + "\n" +
		strings.Repeat(" ", len(number)-2) + "| " + strings.Repeat(" ", at) + strings.Repeat("^", width)
}
