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
	// Ann is created, with the tag vip.
	//   SendApp: no contact
	// She is tagged whatsapp.
	//   SendApp: Ann, tags ["crm: vip"]
	// She is tagged spring sale in SendApp; in the CRM, vip becomes gold.
	//   SendApp: Ann, tags ["crm: gold" "spring sale"]
	// The tag whatsapp is taken away.
	//   SendApp: no contact
}
