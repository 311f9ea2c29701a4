package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/contactlink/contactlink/mapping/phone"
)

func textFunctions() []Function {
	return []Function{
		fn1("trim", "without white space at its ends", func(_ *run, s string) (string, error) { return strings.TrimSpace(s), nil }),
		fn1("lower", "in lower case", func(r *run, s string) (string, error) { return strings.ToLower(s), r.spend(len(s)) }),
		fn1("upper", "in upper case", func(r *run, s string) (string, error) { return strings.ToUpper(s), r.spend(len(s)) }),
		fn1("title", "each word with a capital", func(r *run, s string) (string, error) { return title(s), r.spend(len(s)) }),
		first("coalesce", "the first that isn't empty"),
		first("default", "the first that isn't empty"),
		fn2("join", "a list with a text in between, without its empty ones", join),
		fn2("concat", "one after the other", func(r *run, a, b string) (string, error) {
			if err := r.spend(len(a) + len(b)); err != nil {
				return "", err
			}
			return a + b, nil
		}),
		fn2("split", "a list of what a text separates", split),
		fn3("replace", "all of a text by another", replace),
		fn2("extract", "what a regular expression finds first, or its first group", extract),
		fn3("replaceMatches", "all that a regular expression finds by a text, in which $1 is its first group", replaceMatches),
		fn1("digits", "its digits", func(_ *run, s string) (string, error) { return phone.Digits(s), nil }),
		fn2("truncate", "at most so many characters", func(_ *run, s string, n int) (string, error) { return truncate(s, n), nil }),
		fn1("hash", "its SHA-256 in hexadecimal", func(_ *run, s string) (string, error) {
			if s == "" {
				return "", nil
			}
			sum := sha256.Sum256([]byte(s))
			return hex.EncodeToString(sum[:]), nil
		}),
		fn1("first", "the first of a list", func(_ *run, list []string) (string, error) {
			if len(list) == 0 {
				return "", nil
			}
			return list[0], nil
		}),
		fn1("last", "the last of a list", func(_ *run, list []string) (string, error) {
			if len(list) == 0 {
				return "", nil
			}
			return list[len(list)-1], nil
		}),
	}
}

func title(s string) string {
	before := ' '
	return strings.Map(func(r rune) rune {
		inside := unicode.IsLetter(before) || unicode.IsDigit(before) || before == '\'' || before == '’'
		before = r
		if inside {
			return unicode.ToLower(r)
		}
		return unicode.ToTitle(r)
	}, s)
}

func truncate(s string, n int) string {
	if n < 0 {
		n = 0
	}
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func join(r *run, list []string, between string) (string, error) {
	size := 0
	for _, s := range list {
		size += len(s) + len(between)
	}
	if err := r.spend(size); err != nil {
		return "", err
	}
	var joined strings.Builder
	for _, s := range list {
		if s == "" {
			continue
		}
		if joined.Len() > 0 {
			joined.WriteString(between)
		}
		joined.WriteString(s)
	}
	return joined.String(), nil
}

func split(r *run, s, separator string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	parts := 1 + strings.Count(s, separator)
	const header = 16
	if err := r.spend(header * parts); err != nil {
		return nil, err
	}
	return strings.Split(s, separator), nil
}

func replace(r *run, s, old, with string) (string, error) {
	if old == "" {
		return s, nil
	}
	if err := r.spend(len(s) + strings.Count(s, old)*max(0, len(with)-len(old))); err != nil {
		return "", err
	}
	return strings.ReplaceAll(s, old, with), nil
}

// pattern is a regular expression. One that is matched with a text takes as long
// as its size times that of the text.
type pattern struct {
	*regexp.Regexp
	size int
}

func compilePattern(text string) (*pattern, error) {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	compiled, err := regexp.Compile(text)
	return &pattern{compiled, len(program.Inst)}, err
}

// pattern returns a pattern of the spec, to be matched with a text.
func (r *run) pattern(text, s string) (*pattern, error) {
	p := r.shared.patterns[text]
	if len(s) > maxMatching/p.size {
		return nil, ErrTooLong
	}
	return p, r.inTime()
}

func matches(r *run, s, pattern string) (bool, error) {
	p, err := r.pattern(pattern, s)
	if err != nil {
		return false, err
	}
	return p.MatchString(s), nil
}

func extract(r *run, s, pattern string) (string, error) {
	p, err := r.pattern(pattern, s)
	if err != nil {
		return "", err
	}
	found := p.FindStringSubmatch(s)
	switch {
	case found == nil:
		return "", nil
	case len(found) > 1:
		return found[1], nil
	default:
		return found[0], nil
	}
}

// replaceMatches builds the text itself, so that it can stop in time.
func replaceMatches(r *run, s, pattern, with string) (string, error) {
	expression, err := r.pattern(pattern, s)
	if err != nil {
		return "", err
	}
	var made []byte
	end := 0
	for _, match := range expression.FindAllStringSubmatchIndex(s, -1) {
		before := len(made)
		if err := r.spend(match[0] - end + len(with)); err != nil {
			return "", err
		}
		made = append(made, s[end:match[0]]...)
		made = expression.ExpandString(made, with, s, match)
		if err := r.spend(max(0, len(made)-before)); err != nil {
			return "", err
		}
		end = match[1]
	}
	if err := r.spend(len(s) - end); err != nil {
		return "", err
	}
	return strings.ToValidUTF8(string(append(made, s[end:]...)), string(utf8.RuneError)), nil
}
