package phone

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// e164 is the shape that E164 promises. ITU-T E.164 allows 15 digits; the
// shortest numbers with a country code that can be dialled have 7.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// parse reads a number that can be dialled.
func parse(number, region string) (*phonenumbers.PhoneNumber, error) {
	number = strings.TrimSpace(strings.Map(visible, number))
	parsed, err := read(number, strings.ToUpper(region))
	if abroad, ok := strings.CutPrefix(number, "00"); err != nil && ok {
		// 00 is dialled in most of the world, and understood by people everywhere.
		if again, notThat := read("+"+abroad, ""); notThat == nil {
			return again, nil
		}
	}
	return parsed, err
}

// visible drops the marks of writing direction and the like that come along
// when a number is copied from a screen.
func visible(r rune) rune {
	if unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

func read(number, region string) (*phonenumbers.PhoneNumber, error) {
	parsed, err := phonenumbers.Parse(number, region)
	if err != nil {
		// The library's own text may quote what it was given.
		return nil, fmt.Errorf("%w: unreadable, or national without a known region", ErrInvalid)
	}
	parsed = withoutMexicanPrefix(parsed)
	switch phonenumbers.IsPossibleNumberWithReason(parsed) {
	case phonenumbers.IS_POSSIBLE:
	case phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return nil, fmt.Errorf("%w: the area code is missing", ErrInvalid)
	case phonenumbers.TOO_SHORT:
		return nil, fmt.Errorf("%w: too short", ErrInvalid)
	case phonenumbers.TOO_LONG:
		return nil, fmt.Errorf("%w: too long", ErrInvalid)
	case phonenumbers.INVALID_COUNTRY_CODE:
		return nil, fmt.Errorf("%w: no such country code", ErrInvalid)
	default:
		return nil, fmt.Errorf("%w: no number of its country has this length", ErrInvalid)
	}
	if oneDigit(phonenumbers.GetNationalSignificantNumber(parsed)) && !phonenumbers.IsValidNumber(parsed) {
		return nil, fmt.Errorf("%w: one digit over and over", ErrInvalid)
	}
	if !e164.MatchString(phonenumbers.Format(parsed, phonenumbers.E164)) {
		return nil, fmt.Errorf("%w: not 7 to 15 digits", ErrInvalid)
	}
	return parsed, nil
}

func oneDigit(digits string) bool {
	return digits != "" && strings.Trim(digits, digits[:1]) == ""
}

// mexicanPrefix is what was dialled before a Mexican number until August 2019:
// 1 before a mobile from abroad, and 01, 044 or 045 inside the country. Address
// books and messengers still hold such numbers; the library knows them no more.
var mexicanPrefix = regexp.MustCompile(`^(?:1|01|044|045)([0-9]{10})$`)

func withoutMexicanPrefix(parsed *phonenumbers.PhoneNumber) *phonenumbers.PhoneNumber {
	const mexico = 52
	if parsed.GetCountryCode() != mexico {
		return parsed
	}
	old := mexicanPrefix.FindStringSubmatch(phonenumbers.GetNationalSignificantNumber(parsed))
	if old == nil {
		return parsed
	}
	today, err := phonenumbers.Parse("+52"+old[1], "")
	if err != nil {
		return parsed
	}
	if parsed.Extension != nil {
		today.Extension = parsed.Extension
	}
	return today
}
