package phone_test

import (
	"errors"
	"fmt"

	"github.com/contactlink/contactlink/mapping/phone"
)

func ExampleE164() {
	for _, number := range []string{"(202) 225-4601", "0039 06 1234 5678", "+44 (0)20 7946 0958", "225-4601"} {
		got, err := phone.E164(number, "US")
		if errors.Is(err, phone.ErrInvalid) {
			fmt.Println(err)
			continue
		}
		fmt.Println(got)
	}
	// Output:
	// +12022254601
	// +390612345678
	// +442079460958
	// phone: not a phone number: the area code is missing
}

func ExampleNational() {
	got, err := phone.National("+12022254601", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(got)
	// Output: (202) 225-4601
}

func ExampleDigits() {
	fmt.Println(phone.Digits("+1 (202) 225-4601"))
	// Output: 12022254601
}
