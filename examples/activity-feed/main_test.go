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
	// 2027-01-15 14:30  to do  Call Ann
	// 2027-01-11 14:30  note   Likes the offer. Asks for a discount.
	// 2027-01-08 14:30  done   Send the offer
}
