package contacts

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"
)

// page is a page of a search with 100 contacts.
func page() []byte {
	var rows []string
	for i := range 100 {
		rows = append(rows, strings.Replace(fullContact, `"id":"c1"`, fmt.Sprintf(`"id":"c%d"`, i), 1))
	}
	return []byte(`{"contacts":[` + strings.Join(rows, ",") + `],"total":100}`)
}

// BenchmarkSearchPage reports how long decoding a page takes in relation to
// encoding/json with structs that lack tolerance, and lose what they don't know:
// "x-std" is a ratio, less than 1 is faster.
func BenchmarkSearchPage(b *testing.B) {
	data := page()
	type plain struct {
		Contacts []plainContact `json:"contacts"`
		Total    int            `json:"total"`
	}
	var ours, std time.Duration
	for b.Loop() {
		start := time.Now()
		var answer struct {
			Contacts []*Contact `json:"contacts"`
			Total    int        `json:"total"`
		}
		require.NoError(b, jsonv2.Unmarshal(data, &answer, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)))
		between := time.Now()
		var into plain
		require.NoError(b, json.Unmarshal(data, &into))
		ours, std = ours+between.Sub(start), std+time.Since(between)
	}
	b.ReportMetric(float64(ours)/float64(std), "x-std")
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ns/page")
}

// plainContact has the fields of a Contact without its methods.
type plainContact struct {
	ID                 string                  `json:"id"`
	LocationID         string                  `json:"locationId"`
	FirstName          string                  `json:"firstName"`
	LastName           string                  `json:"lastName"`
	Name               string                  `json:"name"`
	Email              string                  `json:"email"`
	Phone              string                  `json:"phone"`
	CompanyName        string                  `json:"companyName"`
	Address1           string                  `json:"address1"`
	City               string                  `json:"city"`
	State              string                  `json:"state"`
	PostalCode         string                  `json:"postalCode"`
	Country            string                  `json:"country"`
	Website            string                  `json:"website"`
	Timezone           string                  `json:"timezone"`
	DateOfBirth        string                  `json:"dateOfBirth"`
	Gender             string                  `json:"gender"`
	Source             string                  `json:"source"`
	Type               string                  `json:"type"`
	AssignedTo         string                  `json:"assignedTo"`
	BusinessID         string                  `json:"businessId"`
	Tags               []string                `json:"tags"`
	Followers          []string                `json:"followers"`
	CustomFields       []plainValue            `json:"customFields"`
	DND                bool                    `json:"dnd"`
	DNDSettings        map[string]plainSetting `json:"dndSettings"`
	InboundDNDSettings map[string]plainSetting `json:"inboundDndSettings"`
	DateAdded          time.Time               `json:"dateAdded"`
	DateUpdated        time.Time               `json:"dateUpdated"`
	LastActivity       json.RawMessage         `json:"lastActivity"`
	SearchAfter        json.RawMessage         `json:"searchAfter"`
}

type plainValue struct {
	ID    string          `json:"id"`
	Value json.RawMessage `json:"value"`
}

type plainSetting struct{ Status, Message, Code string }
