package sendapptest

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/sendapp"
)

// The resources that are no records.
const (
	activityFeed = "activity"
	webhooks     = "webhooks"
)

// has reports whether the server has a feature.
func (s *Server) has(feature sendapp.Feature) bool { return !s.config.without[string(feature)] }

// capabilities says what this server has of the contract, and what the
// credentials may do.
func (s *Server) capabilities(c call) jsontext.Value {
	// What is switched off stays out.
	resources, features := []string{}, []sendapp.Feature{}
	for _, name := range []string{contacts, tasks, notes, appointments, activityFeed, webhooks} {
		if !s.config.without[name] {
			resources = append(resources, name)
		}
	}
	for _, feature := range []sendapp.Feature{
		sendapp.FeatureExternalIDs, sendapp.FeatureVersions, sendapp.FeatureIdempotencyKeys, sendapp.FeatureTombstones,
		sendapp.FeatureCascades, sendapp.FeatureMoves, sendapp.FeatureTagSets, sendapp.FeatureProfiles,
	} {
		if s.has(feature) {
			features = append(features, feature)
		}
	}
	limits := map[string]int{"pageSize": maxPage, "bodyBytes": maxBody, "noteBodyBytes": sendapp.MaxNoteBody}
	if s.config.contactLimit > 0 {
		limits["contacts"] = s.config.contactLimit
	}
	if window := s.config.limits; window != nil {
		limits["requests"], limits["windowSeconds"] = window.Limit, int(window.Length.Seconds())
	}
	scopes := c.scopes
	if scopes == nil {
		scopes = []string{}
	}
	data, err := json.Marshal(struct {
		Contract  string            `json:"contract"`
		Resources []string          `json:"resources"`
		Features  []sendapp.Feature `json:"features"`
		Limits    map[string]int    `json:"limits"`
		Scopes    []string          `json:"scopes"`
	}{"1", resources, features, limits, scopes})
	if err != nil {
		panic("sendapptest: encode capabilities: " + err.Error()) // texts and numbers
	}
	return data
}
