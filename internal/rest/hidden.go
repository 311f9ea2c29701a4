package rest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// What a service says may repeat what it was sent: a name, a note, a token. These
// rules decide what of it no error shows.
//
//   - Every text that the request carried is left out: the ids in its path, the
//     values of its query, its own headers and its body, and long numbers. So are
//     the texts that an answer of failure holds beside its message, which are those
//     of another record.
//   - It is found in any case, and as a URL or JSON writes it. A short one is left out
//     where it stands as a word of its own, of a long one any beginning is.
//   - Names of fields stay, so that the error says what is wrong: those that the
//     request has, and plainWords. So does a text that is made of nothing else, and
//     what has fewer than three bytes, or is a number of less than five.
//   - Credentials are left out wherever they stand.
type hidden struct {
	texts []hiddenText // in order once with has made them, so that they are found fast
	count int
	plain map[string]bool
}

// hiddenText is a text in lower case.
type hiddenText struct {
	runes    []rune
	anywhere bool // also as a part of a word
}

const (
	minHidden = 3    // bytes of a text that is left out
	longText  = 12   // characters of a text that is left out if only so many are there
	maxHidden = 5000 // texts; a request with more has no words of the service at all
	maxSearch = 4096 // bytes of the service's words that are looked at, and kept
	minDigits = 5    // of a number that is left out
)

// plainWords are what services' messages are made of. Who has one of them for a name
// is not shown by it.
const plainWords = `the and for are was has had have been being this that these those there with without from into
	not only one all any more less than too many few must should shall can cannot could may might will would does
	found missing required optional empty blank null undefined unknown invalid valid wrong bad malformed illegal
	exist exists existing already taken duplicate duplicated duplicates unique conflict conflicting mismatch
	allow allowed allows accept accepted support supported expected received given provided reserved
	string text number integer boolean bool true false array object list map value values type format
	long longer short shorter large larger small smaller length size maximum minimum limit limits between least most
	field fields property properties parameter parameters body query header headers path request response server service
	contact contacts task tasks note notes appointment appointments tag tags follower followers campaign workflow business
	calendar location locations user users account company event events custom activity webhook webhooks
	email phone name firstname lastname first last title date time address city state country postal code zip
	website timezone source status type due completed assigned birth birthday id ids
	token key scope version authorization credentials permission permissions unauthorized forbidden denied expired
	error errors failed failure internal unavailable later again try please check use see limited rate`

// hide collects what the errors of a call must not show.
func (x *exchange) hide(api API) *hidden {
	if x.hidden != nil {
		return x.hidden
	}
	h := &hidden{plain: map[string]bool{}}
	for _, word := range append(strings.Fields(plainWords), api.Words...) {
		h.plain[strings.ToLower(word)] = true
	}
	call := x.call
	for name := range call.Query {
		h.plain[strings.ToLower(name)] = true
	}
	var texts []string
	switch body := call.Body.(type) {
	case nil:
	case url.Values:
		for name, values := range body {
			h.plain[strings.ToLower(name)] = true
			texts = append(texts, values...)
		}
	case Raw:
		texts = append(texts, body.Personal...)
	default:
		encoded, _, err := encode(body)
		if data, ok := encoded.([]byte); ok && err == nil {
			names, values := textsOf(data)
			for _, name := range names {
				h.plain[strings.ToLower(name)] = true
			}
			texts = append(texts, values...)
		}
	}
	texts = append(texts, call.IDs...)
	for _, values := range call.Query {
		texts = append(texts, values...)
	}
	for _, values := range call.Header {
		texts = append(texts, values...)
	}
	for _, text := range texts {
		h.add(text)
	}
	x.hidden = h
	return h
}

// with adds the credentials, and what an answer says beside its message.
func (h *hidden) with(secrets []string, answer []byte) *hidden {
	all := &hidden{texts: slices.Clone(h.texts), count: h.count, plain: h.plain}
	for _, secret := range secrets {
		all.put(secret, true)
	}
	var members map[string]json.RawMessage
	_ = json.Unmarshal(answer, &members) // what is no object has no members
	for name, value := range members {
		switch name {
		case "message", "error", "errors", "detail", "title", "code", "fields", "scope", "type", "traceId", "requestId":
			// Its own words.
		default:
			_, texts := textsOf(value)
			for _, text := range texts {
				all.add(text)
			}
		}
	}
	slices.SortFunc(all.texts, func(a, b hiddenText) int { return slices.Compare(a.runes, b.runes) })
	return all
}

// textsOf are the names, and the texts and numbers, of JSON.
func textsOf(data []byte) (names, values []string) {
	decoder := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		token, err := decoder.ReadToken()
		if err != nil { // its end, or the end of what can be read
			return names, values
		}
		switch token.Kind() {
		case '"':
			if kind, length := decoder.StackIndex(decoder.StackDepth()); kind == '{' && length%2 == 1 {
				names = append(names, token.String())
			} else {
				values = append(values, token.String())
			}
		case '0':
			values = append(values, token.String())
		default: // it says nothing
		}
	}
}

// add adds a text, and each part of it between what some write otherwise: line
// breaks, quotation marks.
func (h *hidden) add(text string) {
	h.addPart(text)
	special := func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(`"\<>&`, r) }
	if strings.ContainsFunc(text, special) {
		for part := range strings.FieldsFuncSeq(text, special) {
			h.addPart(part)
		}
	}
}

// addPart adds a text in the writings that it may come back in.
func (h *hidden) addPart(text string) {
	text = strings.TrimSpace(text)
	if len(text) < minHidden || len(text) < minDigits && strings.Trim(text, "0123456789") == "" || h.isPlain(text) {
		return
	}
	forHTML, _ := json.Marshal(text)             // a string can be encoded
	inJSON, _ := jsontext.AppendQuote(nil, text) // the same but for <, > and &
	writings := []string{
		text, url.QueryEscape(text), url.PathEscape(text), string(forHTML[1 : len(forHTML)-1]), string(inJSON[1 : len(inJSON)-1]),
	}
	slices.Sort(writings)
	for _, writing := range slices.Compact(writings) {
		h.put(writing, false)
	}
}

func (h *hidden) put(text string, anywhere bool) {
	if h.count++; h.count > maxHidden {
		return
	}
	h.texts = append(h.texts, hiddenText{fold(text[:min(len(text), maxSearch)]), anywhere})
}

func (h *hidden) isPlain(text string) bool {
	part := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' }
	for word := range strings.FieldsFuncSeq(text, part) {
		if !h.plain[strings.ToLower(word)] {
			return false
		}
	}
	return true
}

// cut leaves out of a text what is hidden.
func (h *hidden) cut(text string) string {
	if h.count > maxHidden {
		return redacted
	}
	cutOff := len(text) > maxSearch
	text = text[:min(len(text), maxSearch)]
	runes, folded := []rune(text), fold(text)
	var shown strings.Builder
	for i := 0; i < len(runes); {
		if n := h.at(folded, i, cutOff); n > 0 {
			shown.WriteString(redacted)
			i += n
		} else {
			shown.WriteRune(runes[i])
			i++
		}
	}
	return shown.String()
}

// at is how many characters of a text are hidden from a place on. Who answers decides
// on the texts, too, so that it must not take longer the more of them are alike.
func (h *hidden) at(text []rune, i int, cutOff bool) int {
	longest := 0
	begun := h.texts // those that begin like the text from there on
	for n := 0; ; n++ {
		if n >= longText || n > 0 && cutOff && i+n == len(text) { // it goes on
			longest = n
		}
		for len(begun) > 0 && len(begun[0].runes) == n {
			if begun[0].anywhere || alone(text, i, i+n) {
				longest = n
			}
			begun = begun[1:]
		}
		if i+n == len(text) {
			return longest
		}
		next := text[i+n]
		from, _ := slices.BinarySearchFunc(begun, next, func(t hiddenText, r rune) int { return cmp.Compare(t.runes[n], r) })
		begun = begun[from:]
		to, _ := slices.BinarySearchFunc(begun, next+1, func(t hiddenText, r rune) int { return cmp.Compare(t.runes[n], r) })
		if begun = begun[:to]; len(begun) == 0 {
			return longest
		}
	}
}

// alone says whether what is between two places is no part of a word.
func alone(text []rune, from, to int) bool {
	return (from == 0 || !inWord(text[from-1]) || !inWord(text[from]) || escaped.MatchString(string(text[max(0, from-6):from]))) &&
		(to == len(text) || !inWord(text[to]) || !inWord(text[to-1]))
}

// escaped is the end of a character that a URL or JSON writes otherwise.
var escaped = regexp.MustCompile(`(%[0-9a-f]{2}|\\[bfnrt]|\\u[0-9a-f]{4})$`)

// inWord says whether a character is one of words that have space around them.
func inWord(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_') &&
		!unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// fold makes lower case, character by character.
func fold(text string) []rune {
	runes := []rune(text)
	for i, r := range runes {
		runes[i] = unicode.ToLower(r)
	}
	return runes
}
