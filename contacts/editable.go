package contacts

import "github.com/contactlink/contactlink/mapping/opt"

// Editable returns an update that would write the contact as it is, to change
// some of it and send it: what is empty is left out. Read the contact with Get
// before; a row of a search has other names and may lack fields.
//
// The API refuses a request with fields that it does not write, with 422. So
// Extra is left out, and so are fields that an update does not have. Lists are
// replaced as wholes: Tags and CustomFields have all of their elements, also
// those whose values this package has no type for. A channel that is permanent is
// left out, as it can't be written.
//
// An update needs what changes only: Update with that alone overwrites less of
// what others write at the same time.
func (c *Contact) Editable() ContactUpdate {
	text := func(value string) opt.Opt[string] {
		if value == "" {
			return opt.Opt[string]{}
		}
		return opt.Set(value)
	}
	update := ContactUpdate{
		FirstName: text(c.FirstName), LastName: text(c.LastName), Name: text(c.Name),
		Email: text(c.Email), Phone: text(c.Phone),
		Address1: text(c.Address1), City: text(c.City), State: text(c.State), PostalCode: text(c.PostalCode),
		Country: text(c.Country), Website: text(c.Website), Timezone: text(c.Timezone),
		DateOfBirth: text(c.DateOfBirth), Source: text(c.Source), AssignedTo: text(c.AssignedTo),
		DND: opt.Set(c.DND),
	}
	// Quirk: some answers have a time as the date of birth, which no request takes.
	if len(c.DateOfBirth) > len("2006-01-02") {
		update.DateOfBirth = opt.Set(c.DateOfBirth[:len("2006-01-02")])
	}
	if len(c.Tags) > 0 {
		update.Tags = opt.Set(append([]string{}, c.Tags...))
	}
	if len(c.CustomFields) > 0 {
		fields := make([]CustomFieldInput, 0, len(c.CustomFields))
		for _, field := range c.CustomFields {
			fields = append(fields, CustomFieldInput{ID: field.ID, Value: field.Value})
		}
		update.CustomFields = opt.Set(fields)
	}
	if settings := editableDND(c.DNDSettings); len(settings) > 0 {
		update.DNDSettings = opt.Set(settings)
	}
	if settings := editableDND(c.InboundDNDSettings); len(settings) > 0 {
		for name, setting := range settings {
			settings[name] = DNDSetting{Status: setting.Status, Message: setting.Message} // it has no code
		}
		update.InboundDNDSettings = opt.Set(settings)
	}
	return update
}

func editableDND(settings DNDSettings) DNDSettings {
	editable := DNDSettings{}
	for name, setting := range settings {
		if setting.Status != DNDPermanent {
			editable[name] = DNDSetting{Status: setting.Status, Message: setting.Message, Code: setting.Code}
		}
	}
	return editable
}
