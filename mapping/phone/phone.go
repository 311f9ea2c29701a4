// Package phone writes phone numbers in one form, whatever form people typed
// them in.
//
// A number starts with + or 00, or with the international prefix that is dialled
// in the region, or it is national and read as one of the region. A region is an
// ISO 3166-1 alpha-2 code in either case, as in "US"; without one, or with one
// that does not exist, only numbers with + or 00 are read.
//
// A number passes if it could be dialled: its country exists and its length is
// one that the country uses, area code included. Whether somebody has handed it
// out is not asked, because numbering plans change faster than programs are
// rebuilt, and because the numbers of test data, such as +15551234567, are in no
// plan. One digit over and over, as in 000-000-0000, is what people type who
// have no number: it passes only where the numbering plan really has it.
package phone

import (
	"errors"

	"github.com/nyaruka/phonenumbers"
)

// ErrInvalid is what an error of this package wraps. Its text says what is
// wrong; the number, which is personal, is not in it.
var ErrInvalid = errors.New("phone: not a phone number")

// E164 writes a number as + and 7 to 15 digits, as in "+12022254601". The
// format has no place for an extension: it is left out.
func E164(number, region string) (string, error) {
	parsed, err := parse(number, region)
	if err != nil {
		return "", err
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), nil
}

// National writes a number as people in its own country do, as in
// "(202) 225-4601 ext. 12". The country is that of the number, which need not
// be the region.
func National(number, region string) (string, error) {
	parsed, err := parse(number, region)
	if err != nil {
		return "", err
	}
	return phonenumbers.Format(parsed, phonenumbers.NATIONAL), nil
}

// Digits returns the digits of a text, those of all scripts as 0 to 9, and
// drops everything else. It does not ask whether they are a phone number.
func Digits(text string) string { return phonenumbers.NormalizeDigitsOnly(text) }
