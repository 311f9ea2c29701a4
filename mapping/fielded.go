package mapping

// Fielded is a Mapper that knows its fields one by one, as one that is declared
// does (mapping/spec). When its rules change, only the fields whose fingerprint
// is another are mapped anew, and from a stored record, if that has what they
// read. Fields are named as in JSON, the members of an object "object.member";
// the field "" is the rule that leaves records out.
//
// What Override, Chain and When make is no Fielded: Go functions can't be seen
// through.
type Fielded interface {
	// Fingerprints tells of each field a text that changes with its rule.
	Fingerprints() map[string]string
	// Reads tells of each field which fields of the source its rule reads, by
	// their names in JSON.
	Reads() map[string][]string
}
