package spec

import (
	"strings"

	"github.com/contactlink/contactlink/mapping/phone"
)

type phoneCache = phone.Cache

func phoneFunctions() []Function {
	list := []Function{
		fn2("phone", "a number as +12022254601, read in a country or else the region; what is none is empty, with a warning", e164),
		fn2("phoneDigits", "the same without its +", func(r *run, number, country string) (string, error) {
			s, err := e164(r, number, country)
			return strings.TrimPrefix(s, "+"), err
		}),
		fn2("phoneNational", "the same as it is written in its own country", func(r *run, number, country string) (string, error) {
			return r.number(number, country, r.shared.phones.National), nil
		}),
		fn2("undialable", "a number that phone() can't read, as it is; else empty", undialable),
	}
	for i := range list {
		list[i].needs = "region"
	}
	return append(list, fn1("country", "an ISO 3166-1 alpha-2 code in upper case; what is none is empty, with a warning", country))
}

func e164(r *run, number, country string) (string, error) {
	return r.number(number, country, r.shared.phones.E164), nil
}

func (r *run) number(number, country string, write func(number, region string) (string, error)) string {
	if number == "" {
		return ""
	}
	written, err := write(number, r.regionOf(country))
	if err != nil {
		r.warn("it can't be made E.164, and left out")
		return ""
	}
	return written
}

func undialable(r *run, number, country string) (string, error) {
	if number == "" {
		return "", nil
	}
	if _, err := r.shared.phones.E164(number, r.regionOf(country)); err == nil {
		return "", nil
	}
	return number, nil
}

// regionOf is a record's country, if it is one, or the spec's region.
func (r *run) regionOf(country string) string {
	if code := countryCode(country); code != "" {
		return code
	}
	return r.shared.region
}

func country(r *run, name string) (string, error) {
	code := countryCode(name)
	if code == "" && strings.TrimSpace(name) != "" {
		r.warn("it is no ISO 3166-1 alpha-2 code, and left out")
	}
	return code, nil
}

func countryCode(name string) string {
	if len(name) == 2 && upper(name[0]) && upper(name[1]) {
		return name
	}
	if len(name) > 64 {
		return ""
	}
	code := strings.ToUpper(strings.TrimSpace(name))
	if len(code) == 2 && upper(code[0]) && upper(code[1]) {
		return code
	}
	return ""
}

func upper(c byte) bool { return c >= 'A' && c <= 'Z' }
