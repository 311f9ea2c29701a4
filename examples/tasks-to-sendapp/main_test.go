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
	// A task is created.
	//   SendApp: "Call Ann", due 2027-01-15T09:00:00Z, pending
	// It is put off. No webhook tells of that: the next sweep finds it.
	//   SendApp: "Call Ann", due 2027-01-18T09:00:00Z, pending
	// It is completed.
	//   SendApp: "Call Ann", due 2027-01-18T09:00:00Z, completed
}
