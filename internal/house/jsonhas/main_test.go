package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	const object = `{"resources": {"contacts": {"created": 537}}, "seconds": 1.5}`
	for _, test := range []struct {
		name, object string
		assertions   []string
		want         string // of the error, "" for none
	}{
		{"holds", object, []string{"resources.contacts.created=537", "seconds=1.5"}, ""},
		{"another number", object, []string{"resources.contacts.created=536"}, "created is 537, want 536"},
		{"not there", object, []string{"resources.tasks.created=1"}, "resources.tasks.created is missing"},
		{"through a number", object, []string{"seconds.created=1"}, "seconds.created is missing"},
		{"all are told", object, []string{"a=1", "b=1"}, "a is missing, want 1\nb is missing, want 1"},
		{"not an assertion", object, []string{"seconds"}, `"seconds" is not`},
		{"not JSON", "537 contacts", nil, "read the JSON object"},
		{"two objects", "{} {}", nil, "more than one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := check(strings.NewReader(test.object), test.assertions)
			if test.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, test.want)
		})
	}
}
