package contacts

import (
	"encoding/json"
	"strings"

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

// UnmarshalJSON reads the channels.
//
// Quirk: version v3 writes them in lower camel case, as "sms" and "whatsApp".
// They have the names of the constants here, whatever the version.
func (s *DNDSettings) UnmarshalJSON(data []byte) error {
	var settings map[string]DNDSetting
	if err := json.Unmarshal(data, &settings); err != nil {
		return err
	}
	*s = make(DNDSettings, len(settings))
	for name, setting := range settings {
		(*s)[channel(name)] = setting
	}
	return nil
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
