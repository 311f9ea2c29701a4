package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a service repeats of a request is left out of what it says; what is wrong with
// which field is not.
func TestWhatARequestCarriedIsNotShown(t *testing.T) {
	t.Parallel()
	const note = "Wants the blue one, by the end of May; his wife is ill"
	body := map[string]any{
		"firstName": "Ada", "lastName": "Lovelace", "address1": "Via Roma 7", "note": note,
		"tags":         []string{"VIP", "email", "not found", "large_text"},
		"customFields": []map[string]any{{"id": "cf-9", "value": 1234567.5}, {"key": "shoe_size", "value": 44}},
		"quoted":       `say "cheese" & smile`, "chinese": "李明", "short": "Jo",
	}
	for said, want := range map[string]string{
		"firstName Ada is taken":                                         "firstName [redacted] is taken",
		"ADA LOVELACE exists":                                            "[redacted] [redacted] exists",
		"lastname must be shorter":                                       "lastname must be shorter",
		"canada, Adam, ada_x":                                            "canada, Adam, ada_x",
		"(Ada's) 'Lovelace'":                                             "([redacted]'s) '[redacted]'",
		"address1 \"via roma 7\" is no address":                          "address1 \"[redacted]\" is no address",
		"note is too long: " + note:                                      "note is too long: [redacted]",
		"note is too long: " + note[:20] + "...":                         "note is too long: [redacted]...",
		"note must not begin with Wants the":                             "note must not begin with Wants the",
		"tags vip, email not found":                                      "tags [redacted], email not found",
		"dataType LARGE_TEXT is not one of TEXT":                         "dataType LARGE_TEXT is not one of TEXT",
		"customFields.0.value 1234567.5 must be a text":                  "customFields.0.value [redacted] must be a text",
		"customFields.1.value 44 must be a text":                         "customFields.1.value 44 must be a text",
		"property shoe_size should not exist":                            "property [redacted] should not exist",
		`{"quoted":"say \"cheese\" & smile"}`:                            `{"quoted":"[redacted]"}`,
		`{"quoted":"say \"cheese\" \u0026 smile"}`:                       `{"quoted":"[redacted]"}`,
		"Cannot POST /x?q=Via%20Roma%207&r=Via+Roma+7":                   "Cannot POST /x?q=[redacted]&r=[redacted]",
		`%7B%22firstName%22%3A%22Ada%22%7D {\"note\":\"x\\nAda\u00e9\"}`: `%7B%22firstName%22%3A%22[redacted]%22%7D {\"note\":\"x\\n[redacted]\u00e9\"}`,
		"联系人李明已存在":                                                       "联系人[redacted]已存在",
		"Jo is too short to be told from a part of a word":               "Jo is too short to be told from a part of a word",
		"thing 7f-id-42 of owner Byron, key my-own-key":                  "thing [redacted] of owner [redacted], key [redacted]",
		"another record: Grace Hopper":                                   "another record: [redacted]",
		"":                                                               "",
	} {
		answer, err := json.Marshal(map[string]any{
			"message": said, "meta": map[string]any{"contactName": "Grace Hopper", "matchingField": "email"},
		})
		require.NoError(t, err)
		client := newTest(t, func(*http.Request) (*http.Response, error) { return reply(400, string(answer)), nil }, func(c *Config) {
			c.API.Words = []string{"large_text"}
		})
		err = client.Do(t.Context(), Call{
			Operation: &Operation{Name: "things.add", Method: http.MethodPost, Path: "/things/{id}", Success: []int{201}},
			IDs:       []string{"7f-id-42"}, Query: url.Values{"owner": {"Byron"}}, Header: http.Header{"Key": {"my-own-key"}}, Body: body,
		}, nil)
		failed, ok := errors.AsType[*Error](err)
		require.True(t, ok)
		if said == "" {
			assert.Empty(t, failed.Messages)
			continue
		}
		assert.Equal(t, []string{want}, failed.Messages)
	}
}

// The other parts of an error, and the other kinds of bodies.
func TestNoPartOfAnErrorShowsTheRequest(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]any{
		"JSON": map[string]string{"name": "Annabella"}, "a form": url.Values{"name": {"Annabella"}},
		"a file": Raw{ContentType: "text/plain", Data: []byte("…"), Personal: []string{"Annabella"}},
	} {
		client := newTest(t, func(*http.Request) (*http.Response, error) {
			return reply(400, `"annabella"`, "X-Trace", "annabella"), nil
		},
			func(c *Config) {
				c.API.Explain = func(e *Error, _ http.Header, body []byte) error {
					said := strings.Trim(string(body), `"`)
					e.Code, e.Fields = said, []FieldError{{Field: "name", Message: said + " is taken"}, {Field: said, Message: "should not exist"}}
					return ErrInvalid
				}
			})
		err := client.Do(t.Context(), Call{Operation: create, Body: body}, nil)
		failed, ok := errors.AsType[*Error](err)
		require.True(t, ok)
		assert.Equal(t, "things.create: HTTP 400: [redacted]: invalid request: name [redacted] is taken: [redacted] should not exist", err.Error(), name)
		assert.Empty(t, failed.TraceID, name)
	}
}

// However much a service says, and a request carries, an error is made in no time.
func TestVeryMuchIsHidden(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range maxHidden {
		names = append(names, fmt.Sprintf("person-%06d", i))
	}
	said := strings.Repeat("x ", maxSearch/2-4) + "person-000007"
	client := newTest(t, func(*http.Request) (*http.Response, error) {
		return reply(400, `{"message":`+fmt.Sprintf("%q", "person-000001 "+said)+`}`), nil
	})
	for _, count := range []int{1000, maxHidden} {
		err := client.Do(t.Context(), Call{Operation: create, Body: names[:count]}, nil)
		require.ErrorContains(t, err, redacted)
		assert.NotContains(t, err.Error(), "person")
		assert.Equal(t, count == 1000, strings.Contains(err.Error(), "x x"), "too many are not looked for: nothing is shown")
	}
	h := new(hidden)
	h.add("person-000007")
	assert.NotContains(t, h.with(nil, nil).cut(said), "per", "what goes on beyond the end of what is looked at")
}

// An answer whose texts are all alike, and whose messages are made of how they begin,
// once took a core for seconds.
func TestAnAnswerOfTextsThatAreAlikeIsReadInNoTime(t *testing.T) {
	t.Parallel()
	var alike, fields []string
	for i := range maxHidden - 1 {
		alike = append(alike, fmt.Sprintf("aaaaaaa%04d", i))
	}
	for range maxMessages {
		fields = append(fields, "it is aaaaaaa0007, "+strings.Repeat("a", maxSearch))
	}
	answer, err := json.Marshal(map[string]any{"message": fields, "records": alike})
	require.NoError(t, err)
	client := newTest(t, func(*http.Request) (*http.Response, error) { return reply(400, string(answer)), nil })
	err = client.Do(t.Context(), Call{Operation: create}, nil)
	require.ErrorContains(t, err, "it is "+redacted+", aaaa")
}

// What is found is what one gets by looking for each text at each place.
func TestHiddenTextsAreFoundAsOneByOne(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	text := func(n int) string {
		letters := make([]byte, 1+random.IntN(n))
		for i := range letters {
			letters[i] = "aab -"[random.IntN(5)]
		}
		return string(letters)
	}
	for range 20_000 {
		h := &hidden{plain: map[string]bool{}}
		for range random.IntN(6) {
			h.add(text(16))
		}
		h = h.with([]string{text(4) + "secret"[:random.IntN(6)]}, nil)
		said, cutOff := fold(text(30)), random.IntN(2) == 0
		for i := range said {
			longest := 0
			for _, one := range h.texts {
				n := 0
				for n < len(one.runes) && i+n < len(said) && one.runes[n] == said[i+n] {
					n++
				}
				whole := n == len(one.runes) && (one.anywhere || alone(said, i, i+n))
				if n >= longText || whole || cutOff && i+n == len(said) {
					longest = max(longest, n)
				}
			}
			require.Equal(t, longest, h.at(said, i, cutOff), "%q in %q at %d", h.texts, string(said), i)
		}
	}
}

// What net/http says of an answer that it can't read quotes it.
func TestAnAnswerThatCannotBeReadIsNotQuoted(t *testing.T) {
	t.Parallel()
	for _, cause := range []string{
		`malformed HTTP response "Byron \"x\" Byron"`, "malformed MIME header line: Byron: Byron",
		`net/http: bad Content-Length "Byron"`, "dial for Annabella failed", "read: \x1b[31mByron\n\"Byron",
	} {
		client := newTest(t, func(*http.Request) (*http.Response, error) { return nil, errors.New(cause) })
		err := client.Do(t.Context(), Call{Operation: create, Body: map[string]string{"name": "Annabella"}}, nil)
		require.ErrorIs(t, err, ErrUnknownOutcome)
		for e := err; e != nil; e = errors.Unwrap(e) {
			shown := fmt.Sprintf("%v %+v %#v", e, e, e)
			assert.NotContains(t, shown, "Annabella")
			assert.NotContains(t, shown, "\x1b")
			if !strings.HasPrefix(cause, "read") {
				assert.NotContains(t, shown, "Byron")
			}
		}
	}
}

func FuzzHidden(f *testing.F) {
	f.Add("Ada Lovelace", "name Ada Lovelace is taken")
	f.Add("a\nb\"c", `{"x":"a\nb\"c"}`)
	f.Add("İSTANBUL", "istanbul")
	f.Add("\xff\xfe\xfd", "\xff")
	f.Fuzz(func(t *testing.T, value, text string) {
		h := &hidden{plain: map[string]bool{}}
		h.add(value)
		h = h.with(nil, nil)
		for _, around := range []string{value, text + " " + value + ", " + text, strings.ToUpper(value) + "\n" + text} {
			shown := h.cut(around)
			if clean := strings.TrimSpace(value); len(clean) >= minHidden && len(around) < maxSearch && !strings.Contains(redacted, clean) && h.count > 0 {
				for word := range strings.FieldsSeq(strings.ReplaceAll(shown, redacted, " ")) {
					if word == clean {
						t.Errorf("%q shows %q: %q", around, clean, shown)
					}
				}
			}
		}
	})
}
