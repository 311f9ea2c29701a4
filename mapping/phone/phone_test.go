package phone_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/phone"
)

func TestE164(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, number, region, want string }{
		{"US national", "202-225-4601", "US", "+12022254601"},
		{"US national with brackets", "(202) 225-4601", "US", "+12022254601"},
		{"US with trunk prefix", "1 202 225 4601", "US", "+12022254601"},
		{"US extension is left out", "202-225-4601 ext. 12", "US", "+12022254601"},
		{"US international prefix", "011 39 06 1234 5678", "US", "+390612345678"},
		{"US vanity", "1-800-FLOWERS", "US", "+18003569377"},
		{"US test number", "+15551234567", "", "+15551234567"},
		{"US test number, national", "(555) 123-4567", "US", "+15551234567"},
		{"region in lower case", "202-225-4601", "us", "+12022254601"},
		{"region in a number's way", "+39 338 123 4567", "US", "+393381234567"},
		{"region unknown but not needed", "+12022254601", "USA", "+12022254601"},
		{"00 where 011 is dialled", "0039 06 1234 5678", "US", "+390612345678"},
		{"00 and the own country", "0012022254601", "US", "+12022254601"},
		{"00 without a region", "0039 06 1234 5678", "", "+390612345678"},
		{"0011 is Australia's prefix", "0011 39 06 1234 5678", "AU", "+390612345678"},
		{"IT keeps the zero of a landline", "06 1234 5678", "IT", "+390612345678"},
		{"IT mobile", "338 123 4567", "IT", "+393381234567"},
		{"DE drops the trunk zero", "030 123456", "DE", "+4930123456"},
		{"DE trunk zero in brackets", "+49 (0)30 123456", "DE", "+4930123456"},
		{"DE mobile", "0171/1234567", "DE", "+491711234567"},
		{"GB landline", "020 7946 0958", "GB", "+442079460958"},
		{"GB mobile for drama", "07700 900123", "GB", "+447700900123"},
		{"GB tel URI", "tel:+44-20-7946-0958", "", "+442079460958"},
		{"FR", "01 23 45 67 89", "FR", "+33123456789"},
		{"FR with dots", "06.12.34.56.78", "FR", "+33612345678"},
		{"IN mobile", "98765 43210", "IN", "+919876543210"},
		{"IN with trunk zero", "098765-43210", "IN", "+919876543210"},
		{"IN one digit that exists", "9999999999", "IN", "+919999999999"},
		{"BR mobile", "(11) 98765-4321", "BR", "+5511987654321"},
		{"BR with trunk zero", "011 98765-4321", "BR", "+5511987654321"},
		{"MX", "55 1234 5678", "MX", "+525512345678"},
		{"MX mobile of before 2019", "+52 1 55 1234 5678", "", "+525512345678"},
		{"MX trunk prefix of before 2019", "01 55 1234 5678", "MX", "+525512345678"},
		{"MX mobile prefix of before 2019", "044 55 1234 5678", "MX", "+525512345678"},
		{"Arabic digits", "+٤٤٢٠٧٩٤٦٠٩٥٨", "", "+442079460958"},
		{"full-width", "＋１２０２２２５４６０１", "", "+12022254601"},
		{"copied from a screen", "\u202a+1\u00a0202\u00a0225-4601\u202c", "", "+12022254601"},
		{"short country", "+683 4000", "", "+6834000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := phone.E164(test.number, test.region)
			require.NoError(t, err)
			assert.Equal(t, test.want, got)

			again, err := phone.E164(got, "")
			require.NoError(t, err)
			assert.Equal(t, got, again, "a result is read as itself")
		})
	}
}

func TestE164Refuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, number, region, reason string }{
		{"nothing", "", "US", "unreadable"},
		{"a word", "n/a", "US", "unreadable"},
		{"a plus", "+", "US", "unreadable"},
		{"an address", "a2022254601@example.com", "US", "unreadable"},
		{"national without a region", "202-225-4601", "", "without a known region"},
		{"national with an unknown region", "202-225-4601", "XX", "without a known region"},
		{"no such country", "+999 123 456 789", "US", "unreadable"},
		{"without its area code", "225-4601", "US", "area code"},
		{"an emergency number", "911", "US", "too short"},
		{"a date", "1985-06-12", "US", "too short"},
		{"too long", "+49 171 1234567890123", "", "too long"},
		{"two numbers", "202-225-4601 / 202-225-4602", "US", "unreadable"},
		{"a number and a name", "2022254601 Bob", "US", "too long"},
		{"zeros", "000-000-0000", "US", "one digit"},
		{"ones with a country code", "+1 111 111 1111", "", "one digit"},
		{"no digits for a page", strings.Repeat("- ", 5000), "US", "unreadable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := phone.E164(test.number, test.region)
			require.ErrorIs(t, err, phone.ErrInvalid)
			assert.ErrorContains(t, err, test.reason)
			assert.Empty(t, got)
			if number := phone.Digits(test.number); number != "" {
				assert.NotContains(t, err.Error(), number, "a number is personal")
			}
			_, err = phone.National(test.number, test.region)
			assert.ErrorIs(t, err, phone.ErrInvalid)
		})
	}
}

func TestNational(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ number, region, want string }{
		{"+12022254601", "", "(202) 225-4601"},
		{"2022254601 x12", "US", "(202) 225-4601 ext. 12"},
		{"+390612345678", "US", "06 1234 5678"},
		{"+442079460958", "", "020 7946 0958"},
		{"+52 1 55 1234 5678 ext. 7", "", "55 1234 5678 ext. 7"},
	} {
		got, err := phone.National(test.number, test.region)
		require.NoError(t, err)
		assert.Equal(t, test.want, got)
	}
}

func TestDigits(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "12022254601", phone.Digits("+1 (202) 225-4601"))
	assert.Equal(t, "442079460958", phone.Digits("+٤٤٢٠٧٩٤٦٠٩٥٨"))
	assert.Empty(t, phone.Digits("n/a"))
}

func FuzzE164(f *testing.F) {
	for _, number := range []string{
		"", "+12022254601", "(202) 225-4601 ext. 12", "0039 06 1234 5678", "+52 1 55 1234 5678",
		"tel:7042;phone-context=example.com", "1-800-FLOWERS", "+٤٤٢٠٧٩٤٦٠٩٥٨", "\u202a+1\u202c", "+0000000000",
	} {
		f.Add(number, "US")
		f.Add(number, "")
		f.Add(number, "MX")
	}
	shape := regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	f.Fuzz(func(t *testing.T, number, region string) {
		got, err := phone.E164(number, region)
		if err != nil {
			require.ErrorIs(t, err, phone.ErrInvalid)
			require.Empty(t, got)
			return
		}
		require.Regexp(t, shape, got)
		again, err := phone.E164(got, region)
		require.NoError(t, err)
		require.Equal(t, got, again)
		_, err = phone.National(number, region)
		require.NoError(t, err)
	})
}
