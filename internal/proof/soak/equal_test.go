package soak_test

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fields are what is compared of the records of either side.
type fields struct {
	ID                        string // of the source
	ContactID, ExternalID     string // of the target
	FirstName, LastName, City string
	Title, TaskTitle, Body    string
	Completed                 bool
	Status                    string
}

func (f fields) String() string {
	return fmt.Sprintf("%q %q %q %q %q %t", f.FirstName, f.LastName, f.City, f.Title+f.TaskTitle, f.Body, f.Completed || f.Status == "completed")
}

// equal checks that both sides hold the same. They are not asked, which would take
// from the budget.
func (w *world) equal() {
	w.Helper()
	source, target := w.atSource(), w.atTarget()
	assert.NotEmpty(w, source)
	assert.Equal(w, source, target)
}

func (w *world) read(data json.RawMessage) (f fields) {
	w.Helper()
	require.NoError(w, json.Unmarshal(data, &f))
	return f
}

// atSource is each record, under its contact.
func (w *world) atSource() (all []string) {
	w.Helper()
	export := w.source.Export()
	for _, data := range export.Contacts {
		f := w.read(data)
		all = append(all, f.ID+": "+f.String())
	}
	for _, children := range []map[string][]json.RawMessage{export.Tasks, export.Notes} {
		for contact, records := range children {
			for _, data := range records {
				f := w.read(data)
				all = append(all, contact+"/"+f.ID+": "+f.String())
			}
		}
	}
	slices.Sort(all)
	return all
}

func (w *world) atTarget() (all []string) {
	w.Helper()
	export, contacts := w.target.Export(), map[string]string{}
	for _, data := range export["contacts"] {
		f := w.read(data)
		contacts[f.ContactID] = f.ExternalID
		all = append(all, f.ExternalID+": "+f.String())
	}
	for _, kind := range []string{"tasks", "notes"} {
		for _, data := range export[kind] {
			f := w.read(data)
			all = append(all, contacts[f.ContactID]+"/"+f.ExternalID+": "+f.String())
		}
	}
	slices.Sort(all)
	return all
}
