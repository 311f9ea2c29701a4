package syncer

import (
	"fmt"
	"strings"
	"unicode"
)

// oneLine makes one line of a text that has anybody's words in it: a space for what
// ends a line, moves a cursor or turns the direction of writing.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

// lines are built one by one, each of them one line.
type lines struct{ text strings.Builder }

func (l *lines) add(format string, args ...any) {
	l.text.WriteString(oneLine(fmt.Sprintf(format, args...)))
	l.text.WriteByte('\n')
}
