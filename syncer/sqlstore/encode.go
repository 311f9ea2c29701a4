package sqlstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/contactlink/contactlink/syncer"
)

// encodeFields is a JSON object with each value byte for byte as it was: fields
// are compared by their bytes, and encoding/json would spell some anew ("&").
func encodeFields(fields syncer.Fields) (any, error) {
	if fields == nil {
		return nil, nil
	}
	var object bytes.Buffer
	for i, name := range slices.Sorted(maps.Keys(fields)) {
		quoted, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		object.WriteByte("{,"[min(i, 1)])
		object.Write(quoted)
		object.WriteByte(':')
		object.Write(fields[name])
	}
	if len(fields) == 0 {
		object.WriteByte('{')
	}
	object.WriteByte('}')
	if !json.Valid(object.Bytes()) {
		return nil, errors.New("a field's value is not JSON")
	}
	return object.Bytes(), nil
}

func decodeFields(object []byte, into *syncer.Fields) error {
	if object == nil {
		return nil
	}
	return json.Unmarshal(object, into)
}

// encodeList is one quoted text a line: Go's quotes keep any bytes.
func encodeList(list []string) string {
	lines := make([]string, len(list))
	for i, text := range list {
		lines[i] = strconv.Quote(text)
	}
	return strings.Join(lines, "\n")
}

func decodeList(lines string) (list []string, err error) {
	if lines == "" {
		return nil, nil
	}
	for line := range strings.SplitSeq(lines, "\n") {
		text, err := strconv.Unquote(line)
		if err != nil {
			return nil, fmt.Errorf("a list of the log: %w", err)
		}
		list = append(list, text)
	}
	return list, nil
}

// blob is nil for nothing, so that the column is NULL.
func blob(data []byte) any {
	if data == nil {
		return nil
	}
	return data
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
