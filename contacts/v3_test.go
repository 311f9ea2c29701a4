package contacts

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
)

func TestV3IsTheSameTypesInOtherWords(t *testing.T) {
	t.Parallel()
	var got sent
	answer := `{"succeeded":true,"contact":{"id":"c1","dndSettings":{"sms":{"status":"active"},"whatsApp":{"status":"inactive"},"new":{"status":"active"}}}}`
	client := stubbed(t, func(s sent) reply {
		got = s
		return reply{body: answer}
	}, WithV3())
	update := ContactUpdate{
		City:         opt.Null[string](),
		CustomFields: opt.Set([]CustomFieldInput{{ID: "f1", Value: 1.5}, {ID: "f2", Value: nil}}),
		DNDSettings: opt.Set(DNDSettings{
			ChannelSMS: {Status: DNDActive}, ChannelWhatsApp: {Status: DNDInactive}, ChannelGMB: {Status: DNDActive}, ChannelCall: {Status: DNDActive},
		}),
		InboundDNDSettings: opt.Set(DNDSettings{ChannelAll: {Status: DNDActive}}),
	}
	contact, err := client.Contacts.Update(t.Context(), "c1", update)
	require.NoError(t, err)
	assert.Equal(t, "v3", got.Header.Get("Version"))
	assert.JSONEq(t, `{
		"city": null,
		"customFields": [{"id":"f1","fieldValue":1.5},{"id":"f2","fieldValue":null}],
		"dndSettings": {"sms":{"status":"active"},"whatsApp":{"status":"inactive"},"gmb":{"status":"active"},"call":{"status":"active"}},
		"inboundDndSettings": {"all":{"status":"active"}}
	}`, got.body)
	assert.Equal(t, DNDSettings{ChannelSMS: {Status: "active"}, ChannelWhatsApp: {Status: "inactive"}, "new": {Status: "active"}}, contact.DNDSettings)

	// The same update in the older version.
	client = stubbed(t, func(s sent) reply {
		got = s
		return reply{body: answer}
	})
	_, err = client.Contacts.Update(t.Context(), "c1", update)
	require.NoError(t, err)
	assert.Equal(t, "2021-07-28", got.Header.Get("Version"))
	assert.Contains(t, got.body, `"field_value"`)
	assert.Contains(t, got.body, `"SMS"`)

	// An update without them is left alone.
	client = stubbed(t, func(s sent) reply {
		got = s
		return reply{body: answer}
	}, WithV3())
	_, _, err = client.Contacts.Upsert(t.Context(), ContactUpsert{ContactCreate: ContactCreate{Email: opt.Set("ada@example.com"), DNDSettings: opt.Null[DNDSettings]()}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"locationId":"`+testLocation+`","email":"ada@example.com","dndSettings":null}`, got.body)
}

func TestV3OfEachOperation(t *testing.T) {
	t.Parallel()
	calls := everything()
	for _, op := range Operations() {
		if isOAuth(op) {
			continue
		}
		var got sent
		client := stubbed(t, func(s sent) reply {
			got = s
			return reply{body: calls[op.Name].answer}
		}, WithV3())
		err := calls[op.Name].send(t.Context(), client)
		switch {
		case op.Name == "contacts.list":
			require.ErrorIs(t, err, ErrInvalid)
			assert.ErrorContains(t, err, "Contacts.Search")
			continue
		case op.Name == "campaigns.removeAll":
			assert.Contains(t, got.URL.Path, "/campaigns/remove-all")
		case op.Path[:9] == "/contacts":
		default:
			require.NoError(t, err)
			assert.Equal(t, op.Version, got.Header.Get("Version"), op.Name)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, "v3", got.Header.Get("Version"), op.Name)
	}
}
