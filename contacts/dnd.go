package contacts

import (
	"maps"
	"slices"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/wire"
)

// The channels of DNDSettings. InboundDNDSettings has ChannelAll only.
const (
	ChannelCall     = "Call"
	ChannelEmail    = "Email"
	ChannelSMS      = "SMS"
	ChannelWhatsApp = "WhatsApp"
	ChannelGMB      = "GMB"
	ChannelFB       = "FB"
	ChannelRCS      = "RCS"
	ChannelAll      = "all"
)

var channels = [...]string{
	ChannelCall, ChannelEmail, ChannelSMS, ChannelWhatsApp, ChannelGMB, ChannelFB, ChannelRCS, ChannelAll,
}

// DNDSettings says for each channel whether a contact refuses it.
type DNDSettings map[string]DNDSetting

// DNDSetting says whether a contact refuses a channel.
type DNDSetting struct {
	// Status is active (it refuses), inactive or permanent. A permanent one can't
	// be changed.
	Status  string `json:"status,omitzero"`
	Message string `json:"message,omitzero"`
	Code    string `json:"code,omitzero"`

	extra wire.Extra
}

// The statuses of a DNDSetting.
const (
	DNDActive    = "active"
	DNDInactive  = "inactive"
	DNDPermanent = "permanent"
)

// UnmarshalJSONFrom reads the channels.
//
// Quirk: version v3 writes them in lower camel case, as "sms" and "whatsApp".
// They have the names of the constants here, whatever the version.
func (s *DNDSettings) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	var settings map[string]DNDSetting
	if err := jsonv2.UnmarshalDecode(d, &settings); err != nil {
		return err
	}
	*s = settings
	renamed := false
	for name := range settings {
		renamed = renamed || channel(name) != name
	}
	if !renamed {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		known := channel(name)
		if _, both := settings[known]; !both { // if both are there, both stay
			settings[known] = settings[name]
			delete(settings, name)
		}
	}
	return nil
}

// UnmarshalJSON is UnmarshalJSONFrom for encoding/json.
func (s *DNDSettings) UnmarshalJSON(data []byte) error {
	return jsonv2.Unmarshal(data, s, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// channel is the constant for a channel's name in any version.
func channel(name string) string {
	for _, known := range channels {
		if strings.EqualFold(known, name) {
			return known
		}
	}
	return name
}
