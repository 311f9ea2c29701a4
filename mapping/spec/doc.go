// Package spec has mappings that are declared in YAML or JSON and checked before
// they run: a misspelt field, a wrong type or an unknown function is an error at
// the start, with its place and the right name.
//
//	region: US
//	tables:
//	  stages: {lead: New, customer: Won}
//	contacts:
//	  extends: default
//	  when: email != "" and not ("internal" in tags)
//	  fields:
//	    firstName: title(firstName)
//	    source: {value: crm}
//	    companyName: {from: type, table: stages, otherwise: Unknown}
//	    website: unset
//	  customFields:
//	    level: contact.loyalty_level
//	    score: {from: Score, type: number}
//	  unmapped: keep
//
// # A resource
//
// Every name of the first level, but for region, tables and $schema, is a
// resource: how records of one kind are mapped. It may have
//
//   - when, an expression: records for which it is false are left out.
//   - fields, rules for fields of the target. What has no rule isn't touched.
//   - customFields, rules for custom fields of the target, by key.
//   - unmapped: what to do with custom fields of the source that no rule names.
//     keep carries them over under their key or id, leave leaves them out, warn
//     does so with a warning, fail fails the record. The default is leave.
//   - extends: default, to change single rules of the default spec.
//
// # A rule
//
// A rule is an expression, a constant that is no text (true, 3, null), or a
// mapping that has one of
//
//   - expr: an expression
//   - value: a constant
//   - from: the name of a field of the source; with table, and otherwise for what
//     isn't in it. For a custom field, the key, name or id of one of the source,
//     with type: text, number, bool, date or list. See CustomField.
//
// and may have empty, which says what an empty text or a missing time does:
// clear the field (the default; of a custom field: leave), leave it as it is, or
// keep the empty value. A field of type opt.Opt is copied as it is, unset, null
// or set.
//
// # Expressions
//
// They are those of https://expr-lang.org: fields of the source by their names
// in JSON, texts in quotes, + - * /, == != < >, and or not, in, contains,
// startsWith, endsWith, matches, ?: and ??. An absent text is "". null clears a
// field, unset leaves it as it is; isNull(field) and isSet(field) tell the state
// of one. Besides the functions below there are all, any, none, one, filter,
// map, count and sum, which go through a list, and len, abs, ceil, floor, round,
// min and max. Functions tells what each of these does:
//
//	trim lower upper title coalesce default join concat split replace
//	extract replaceMatches digits truncate hash first last
//	date timezone parseTime formatTime
//	phone phoneDigits phoneNational undialable country
//	lookup custom number text
//
// # Limits
//
// A spec has at most MaxSize bytes, an expression 8 KiB and 500 parts, and what
// goes through a list is not inside of what does, too. All expressions together
// build at most 16 MiB for one record (ErrTooMuch), and take at most five seconds
// (ErrTooLong): a regular expression that would look at too much is refused at
// once.
package spec
