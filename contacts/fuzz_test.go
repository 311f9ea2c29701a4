package contacts

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a store holds for a token may be anything. It is a token, and is stored as
// it was, or an error that does not show it.
func FuzzStoredToken(f *testing.F) {
	f.Add([]byte(`{"accessToken":"acc3ss-s3cr3t","refreshToken":"r","expiry":"2026-01-02T03:04:05Z","scopes":["a"]}`))
	f.Add([]byte(`{"accessToken":"acc3ss-s3cr3t","expiry":"never"}`))
	f.Add([]byte(`{"accessToken":7}`))
	f.Add([]byte(`contactlink-aes256gcm-1 k1`))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		token, err := decodeToken(data)
		if err != nil {
			assert.NotContains(t, err.Error(), accessSecret)
			return
		}
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", token, token, *token), string(token.AccessToken)+`"`)
		stored, err := encodeToken(token)
		require.NoError(t, err)
		again, err := decodeToken(stored)
		require.NoError(t, err)
		assert.Equal(t, token.AccessToken, again.AccessToken)
		assert.True(t, token.Expiry.Equal(again.Expiry))
	})
}

// Whatever a custom field holds, and is said to be, it is read as something.
func FuzzFieldValue(f *testing.F) {
	kinds := []DataType{
		DataText, DataLargeText, DataNumber, DataPhone, DataEmail, DataMoney, DataCheckbox, DataSingleOption, DataMultipleOptions,
		DataRadio, DataDate, DataTextBoxes, DataFiles, "NEW",
	}
	for i := range kinds {
		for _, raw := range []string{`"a"`, `1e400`, `["a",1]`, `{"u":{"url":"x","meta":{}}}`, `null`, `1767323045000`, `"2026-01-02"`, ``} {
			f.Add(uint(i), raw)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint, raw string) {
		if raw != "" && !json.Valid([]byte(raw)) {
			return // a decoder made it
		}
		field := &CustomField{ID: "f", DataType: kinds[kind%uint(len(kinds))], PicklistOptions: []string{"a"}}
		value := FieldValue{Field: field, Raw: json.RawMessage(raw)}
		read := value.Value()
		assert.Equal(t, value.Null(), read == nil)
		value.Text()
		value.Number()
		value.Date()
		value.Options()
		value.Files()
		value.TextBoxes()
		if written, err := encodeField(field, read); err == nil {
			_, err := json.Marshal(written)
			assert.NoError(t, err)
		}
	})
}
