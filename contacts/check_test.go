package contacts

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckSaysWhatAClientCanDo(t *testing.T) {
	t.Parallel()
	client := stubbed(t, func(s sent) reply {
		answer := reply{header: http.Header{"X-Ratelimit-Remaining": {"97"}, "X-Ratelimit-Daily-Remaining": {"199000"}}}
		switch path := s.URL.Path; {
		case path == "/contacts/search":
			answer.body = `{"contacts":[],"total":0}`
		case path == "/locations/"+testLocation:
			answer.body = `{"location":{"id":"` + testLocation + `","name":"Ada's shop"}}`
		case strings.HasSuffix(path, "/tasks/search"):
			answer.body = `{"tasks":[]}`
		case strings.HasSuffix(path, "/tags"):
			answer.status, answer.body = 401, `{"message":"The token is not authorized for this scope."}`
		case strings.HasSuffix(path, "/customFields"):
			answer.status = 500
		default:
			answer.body = `{"calendars":[]}`
		}
		return answer
	})
	check, err := client.Check(t.Context())
	require.NoError(t, err)
	assert.Equal(t, &Check{
		Token: TokenPrivate, LocationID: testLocation, Location: "Ada's shop",
		Granted: []string{"calendars.readonly", "contacts.readonly", "locations.readonly", "locations/tasks.readonly"},
		Missing: []string{"locations/tags.readonly"}, Unclear: []string{"locations/customFields.readonly"},
		Left: 97, LeftToday: 199000,
	}, check)
	assert.Equal(t, "token: private integration; location: ve9EPM428h8vShlRW1KT (Ada's shop); "+
		"granted: calendars.readonly, contacts.readonly, locations.readonly, locations/tasks.readonly; "+
		"missing: locations/tags.readonly; not clear: locations/customFields.readonly; 97 requests left now; 199000 left today", check.String())
	assert.NotContains(t, check.String(), "secret")
	check.Location = "a\nforged line\x1b[2J"
	assert.NotContains(t, check.String(), "\n")
	assert.NotContains(t, check.String(), "\x1b")
}

func TestCheckOfOtherTokens(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]TokenKind{"eyJh.eyJz.c2ln": TokenAccess, "something": TokenUnknown} {
		client, err := stubbed(t, always(500, ``)).With(WithToken(token))
		require.NoError(t, err)
		check, err := client.Check(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, check.Token)
		assert.Equal(t, -1, check.Left)
		assert.Contains(t, check.String(), string(want))
	}
	for status, want := range map[int]error{401: ErrUnauthorized, 403: ErrForbidden} {
		_, err := stubbed(t, always(status, `{"message":"no"}`)).Check(t.Context())
		require.ErrorIs(t, err, want)
	}
	_, err := stubbed(t, always(401, `{"message":"This authClass type is not allowed to access this scope."}`)).Check(t.Context())
	require.ErrorIs(t, err, ErrForbidden, "an agency's token")
	check, err := stubbed(t, func(s sent) reply {
		if s.URL.Path == "/contacts/search" {
			return reply{body: `{"contacts":[]}`}
		}
		return reply{status: 401, body: `{"message":"This route is not yet supported by the IAM Service"}`}
	}).Check(t.Context())
	require.NoError(t, err, "it is good for something")
	assert.Equal(t, []string{"contacts.readonly"}, check.Granted)
	assert.Len(t, check.Unclear, 5)
	bare, err := NewClient(WithLocation(testLocation))
	require.NoError(t, err)
	_, err = bare.Check(t.Context())
	require.ErrorIs(t, err, ErrNoCredentials)
	nowhere, err := NewClient(WithToken("pit-secret"))
	require.NoError(t, err)
	_, err = nowhere.Check(t.Context())
	require.ErrorIs(t, err, ErrInvalid)
	var none context.Context
	_, err = untouched(t).Check(none)
	require.ErrorIs(t, err, ErrInvalid)
}
