package main

import (
	"context"
	"fmt"
)

func Example() {
	if err := demo(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// An appointment is booked.
	//   SendApp: "Visit", 2027-01-15 09:00 to 10:00 UTC, confirmed
	// It is moved.
	//   SendApp: "Visit", 2027-01-15 12:00 to 13:00 UTC, confirmed
	// It is cancelled.
	//   SendApp: "Visit", 2027-01-15 12:00 to 13:00 UTC, cancelled
}
