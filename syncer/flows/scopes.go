package flows

import (
	"fmt"
	"strings"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/sendapp"
)

// needs are the operations that a flow calls. They are named as in the clients'
// tables.
type needs struct{ source, target []string }

var needsOf = map[string]needs{
	Contacts: {
		source: []string{"contacts.get", "contacts.search"},
		target: []string{"contacts.list", "contacts.get", "contacts.create", "contacts.update", "contacts.delete"},
	},
	Tasks: {
		source: []string{"tasks.get", "tasks.search"},
		target: []string{"tasks.listAll", "tasks.get", "tasks.create", "tasks.update", "tasks.delete"},
	},
	Notes: {
		source: []string{"notes.get", "notes.list"},
		target: []string{"notes.listAll", "notes.get", "notes.create", "notes.update", "notes.delete"},
	},
	Appointments: {
		source: []string{"calendars.list", "calendars.listEvents", "appointments.get"},
		target: []string{"appointments.listAll", "appointments.get", "appointments.create", "appointments.update", "appointments.delete"},
	},
}

// names are the flows that a call names; all of them if it names none.
func names(given []string) ([]string, error) {
	if len(given) == 0 {
		return []string{Contacts, Tasks, Notes, Appointments}, nil
	}
	for _, name := range given {
		if _, known := needsOf[name]; !known {
			return nil, fmt.Errorf("flows: there is no flow %q: say %s, %s, %s or %s", name, Contacts, Tasks, Notes, Appointments)
		}
	}
	return given, nil
}

// Scopes are what credentials need, and no more.
type Scopes struct {
	// Contacts are those of the Contacts API's token, SendApp those of SendApp's key.
	Contacts, SendApp []string
}

// String says it in two lines.
func (s Scopes) String() string {
	return "Contacts API: " + strings.Join(s.Contacts, ", ") + "\nSendApp: " + strings.Join(s.SendApp, ", ") + "\n"
}

// RequiredScopes returns the least scopes that these flows need on each side; all
// flows, if none is named. At the Contacts API they only read.
func RequiredScopes(flows ...string) (Scopes, error) {
	flows, err := names(flows)
	if err != nil {
		return Scopes{}, err
	}
	var source, target []string
	for _, name := range flows {
		source, target = append(source, needsOf[name].source...), append(target, needsOf[name].target...)
	}
	var scopes Scopes
	if scopes.Contacts, err = contacts.RequiredScopes(source...); err != nil {
		return Scopes{}, err
	}
	if scopes.SendApp, err = sendapp.RequiredScopes(target...); err != nil {
		return Scopes{}, err
	}
	return scopes, nil
}
