package contacts

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/contactlink/contactlink/internal/rest"
)

// WithV3 uses version v3 of the Contacts API. The types stay the same: what v3
// calls by another name is translated. The APIs of calendars and of locations
// keep their own versions. v3 has no [Contacts.List].
func WithV3() ClientOption {
	return clientOption(func(s *settings) error {
		s.v3 = true
		return nil
	})
}

// versionV3 is the value of the header Version.
const versionV3 = "v3"

// toV3 makes a call one of version v3. This is the one place that knows how its
// requests differ; in answers, the channels of DNDSettings and the flags of
// success do, which are read in any spelling.
func toV3(call *rest.Call) error {
	if !strings.HasPrefix(call.Operation.Path, "/contacts/") {
		return nil // another API
	}
	if call.Operation == operations.ListContacts {
		return fmt.Errorf("%w: version v3 has no such operation: use Contacts.Search", ErrInvalid)
	}
	op := *call.Operation
	op.Version = versionV3
	op.Path = strings.TrimSuffix(op.Path, "/removeAll")
	if op.Path != call.Operation.Path {
		op.Path += "/remove-all"
	}
	body, err := bodyV3(call.Operation, call.Body)
	if err != nil {
		return err
	}
	call.Operation, call.Body = &op, body
	return nil
}

// bodyV3 renames what v3 calls otherwise in the body of a contact.
func bodyV3(op *rest.Operation, body any) (any, error) {
	if op != operations.CreateContact && op != operations.UpdateContact && op != operations.UpsertContact {
		return body, nil
	}
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("%w: a value cannot be encoded as JSON", ErrInvalid)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, fmt.Errorf("%w: a contact must be a JSON object", ErrInvalid)
	}
	var fields []map[string]json.RawMessage
	if json.Unmarshal(members["customFields"], &fields) == nil && fields != nil {
		for _, field := range fields {
			field["fieldValue"] = field["field_value"]
			delete(field, "field_value")
		}
		if members["customFields"], err = json.Marshal(fields); err != nil {
			return nil, err
		}
	}
	var settings map[string]json.RawMessage
	if json.Unmarshal(members["dndSettings"], &settings) == nil && settings != nil {
		renamed := make(map[string]json.RawMessage, len(settings))
		for name, setting := range settings {
			renamed[channelV3(name)] = setting
		}
		if members["dndSettings"], err = json.Marshal(renamed); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// channelV3 is a channel's name in v3: "SMS" is "sms", "WhatsApp" is "whatsApp".
func channelV3(name string) string {
	if name == strings.ToUpper(name) {
		return strings.ToLower(name)
	}
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(first)) + name[size:]
}
