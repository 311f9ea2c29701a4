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
	// Ann is created.
	//   SendApp: Ann Lee, phone +12025550143, e-mail "", tags [vip]
	// She marries and has an e-mail address now.
	//   SendApp: Ann Smith, phone +12025550143, e-mail "ann@example.com", tags [vip]
	// She is deleted.
	//   SendApp: no contact
}
