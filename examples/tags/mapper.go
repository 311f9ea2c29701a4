package main

import (
	"context"
	"slices"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer/flows"
)

// wanted is the tag that brings a contact to SendApp; prefix is put before the
// others. Tags are in lower case.
const (
	wanted = "whatsapp"
	prefix = "crm: "
)

// mapper makes a contact of SendApp as flows.Standard does, but for its tags.
func mapper() mapping.Mapper[contacts.Contact, sendapp.ContactUpdate] {
	hasTag := func(c contacts.Contact) bool { return slices.Contains(c.Tags, wanted) }
	made := mapping.Override(mapping.When(hasTag, flows.ContactMapper("US", nil)), setTags)
	return mapping.WithVersion(made, "1") // with another version, all contacts are mapped anew
}

// setTags gives what is sent to SendApp the contact's tags.
func setTags(_ context.Context, c contacts.Contact, made *sendapp.ContactUpdate) error {
	tags := []string{}
	for _, tag := range c.Tags {
		if tag != wanted {
			tags = append(tags, prefix+tag)
		}
	}
	made.Tags = opt.Set(tags)
	return nil
}
