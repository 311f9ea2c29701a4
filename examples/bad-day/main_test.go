package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/syncer"
)

var update = flag.Bool("update", false, "write story.txt anew")

// asProgram makes the test binary be the program.
const asProgram = "BAD_DAY_ARGS"

func TestMain(m *testing.M) {
	args, is := os.LookupEnv(asProgram)
	if is || os.Getenv(crashVariable) != "" {
		os.Args = append(os.Args[:1], strings.Fields(args)...)
		main()
	}
	os.Exit(m.Run())
}

// told is the story of some chapters, or of all.
func told(t *testing.T, names ...string) string {
	t.Helper()
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, story(t.Context(), &out, names), out.String())
	})
	return out.String()
}

func TestTheStoryIsTrueToTheLetter(t *testing.T) {
	t.Parallel()
	got := told(t)
	if *update {
		require.NoError(t, os.WriteFile("story.txt", []byte(got), 0o600))
	}
	want, err := os.ReadFile("story.txt")
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestTheProgramTellsIt(t *testing.T) {
	t.Parallel()
	program := exec.CommandContext(t.Context(), os.Args[0])
	program.Env = append(os.Environ(), asProgram+"=mass-delete crash")
	got, err := program.Output()
	require.NoError(t, err)
	assert.Equal(t, told(t, "mass-delete", "crash"), string(got))

	program = exec.CommandContext(t.Context(), os.Args[0])
	program.Env = append(os.Environ(), asProgram+"=merge nightmare")
	words, err := program.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(words), `there is no chapter "nightmare": say some of expired-token, `)
}

// Each chapter stands alone, and says what the issue is about. The numbers are what
// they must be, whatever story.txt says.
func TestEachChapterStandsAlone(t *testing.T) {
	t.Parallel()
	for name, facts := range map[string][]string{
		"expired-token": {
			`alert  paused: contacts: contacts\.get: HTTP 401`, `status contacts: 60 linked, 3 waiting`,
			`ended  paused`, `updated, by webhook: 3\n`,
		},
		"missing-scope": {
			`the token lacks a scope`, `lacks the scope locations/tasks\.readonly`, `ended  paused`, `tasks: created, by webhook: 1\n`,
		},
		"shared-limit": {`updates 60 contacts within \S+ minutes?, and 0 fail`, `CRM refused fewer than [51]0?,`},
		"target-down": {
			`alert  circuit`, `60 linked, 25 waiting, the oldest for 1h`, `ended  circuit`, `done within 5 minutes`, `updated, by \S+: 25\n`,
		},
		"mass-delete": {
			`deleted, by webhook: 20\n`, `held, by webhook: 16\n`, `alert  held`, `SendApp has 40 contacts`, `the 16 that are held`,
			`ended  held`, `created, by sweep: 20\n`,
		},
		"mapping-mistake": {`would write 60 records`, `would write 2 records`, `2 are updated, 0 operations`, `wrote to SendApp 3 times`},
		"dead-letters": {
			`alert  grouped`, `25 dead letters`, `dead, by webhook: 25\n`, `replay the 25`, `ended  grouped`, `updated, by replay: 25\n`,
		},
		"edit-in-target": {
			`Plan 1: city "Brockway"`, `Plan 2: city "Brockway"`, `apply the plan, of 1 now`,
			`Ann Adams lives in Brockway at SendApp, with the tags \[customer sees-well\]`,
			`Ann Brown lives in \w+ at SendApp, with the tags \[customer sees-well\]`,
		},
		"merge":             {`Gus at SendApp\? false`, `tasks of Ann: \["Call Ann" "Call Gus"\]`},
		"recreated-contact": {`the same record as before\? true`, `adopted, by webhook`},
		"lost-webhook":      {`shows 3 deliveries.* not captured: 3\.`, `deleted, by sweep: 1\n`, `updated, by sweep: 2\n`},
		"crash":             {`status contacts: 0 linked, 1 at work`, `adopted, by sweep: 1\n`, `answer arrives\.\n.*Contacts at SendApp: 1\.`, `within a minute\. Contacts at SendApp: 1\.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := told(t, name)
			for _, fact := range facts {
				assert.Regexp(t, fact, text)
			}
			proofs := regexp.MustCompile(`(\d+) of (\d+) contacts and (\d+) of (\d+) tasks\.\n`).FindAllStringSubmatch(text, -1)
			require.NotEmpty(t, proofs)
			for _, proof := range proofs {
				assert.Equal(t, proof[1], proof[2])
				assert.Equal(t, proof[3], proof[4])
			}
			if name != "dead-letters" {
				assert.NotContains(t, text, "dead letter", "nothing is burnt")
			}
			alerts, ended := strings.Count(text, "\n alert "), strings.Count(text, "\n ended ")
			if name != "mapping-mistake" { // where the program that was told of ends
				assert.Equal(t, alerts, ended, "each alert comes once, and once more when it ends")
			}
			assert.LessOrEqual(t, alerts, 1)
		})
	}
}

// What Verify says is compared with what the services hold, without the engine.
func TestBothServicesHoldTheSamePeople(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, err := newDay(&bytes.Buffer{}, "")
		require.NoError(t, err)
		require.NoError(t, d.begin(t.Context()))
		for _, tell := range []func(context.Context, *day) error{massDelete, merge} {
			if err := tell(t.Context(), d); err != nil {
				assert.ErrorIs(t, err, errDiffer, "the guard holds Gus, 24 hours long")
			}
		}
		n, err := d.engine.Release(t.Context(), syncer.Scope{})
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		require.NoError(t, d.settle(t.Context()))
		ids := map[string]bool{}
		for _, contact := range d.crmServer.Export().Contacts {
			var record struct{ ID string }
			require.NoError(t, json.Unmarshal(contact, &record))
			ids[record.ID] = true
		}
		require.Len(t, ids, 59)
		for _, contact := range d.appServer.Export()["contacts"] {
			var record struct{ ExternalID string }
			require.NoError(t, json.Unmarshal(contact, &record))
			assert.True(t, ids[record.ExternalID], "twice, or nobody's: %s", contact)
			delete(ids, record.ExternalID)
		}
		assert.Empty(t, ids)
		require.NoError(t, d.close())
	})
}
