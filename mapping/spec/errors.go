package spec

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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
	from := max(0, column-1-maxExcerpt/2)
	text, at := window(lines[line-1], from, maxExcerpt), column-1-from
	if at > len(text) {
		return ""
	}
	width = min(max(width, 1), len(text)-at)
	number := fmt.Sprintf("%5d | ", line)
	return strings.TrimRight(number+string(text), " ") + "\n" +
		strings.Repeat(" ", len(number)-2) + "| " + strings.Repeat(" ", columns(text[:at])) +
		strings.Repeat("^", max(1, columns(text[at:at+width])))
}

// window is n characters of a line, which may be long.
func window(line string, from, n int) []rune {
	text := make([]rune, 0, n)
	for _, r := range line {
		switch {
		case from > 0:
			from--
		case len(text) == n:
			return text
		case r == '\t':
			text = append(text, ' ')
		case r == utf8.RuneError:
			text = append(text, '?')
		default:
			text = append(text, r)
		}
	}
	return text
}

// columns is how many columns of a terminal a text takes.
func columns(text []rune) int {
	n := 0
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case unicode.Is(wide, r):
			n += 2
		default:
			n++
		}
	}
	return n
}

// wide are the characters that take two columns: those of East Asia, and emoji.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{{0x1100, 0x115f, 1}, {0x2e80, 0x303e, 1}, {0x3041, 0xa4cf, 1}, {0xac00, 0xd7a3, 1}, {0xf900, 0xfaff, 1}, {0xfe30, 0xfe6f, 1}, {0xff00, 0xff60, 1}, {0xffe0, 0xffe6, 1}},
	R32: []unicode.Range32{{0x1f300, 0x1f64f, 1}, {0x1f680, 0x1f6ff, 1}, {0x1f900, 0x1f9ff, 1}, {0x20000, 0x3fffd, 1}},
}
