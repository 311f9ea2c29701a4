package recipes

import (
	"bytes"
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// examples is the directory of the recipes, seen from this package.
const examples = "../.."

// recipes are the folders, with SendApp's operation that shows that one is at
// work; none for those that only read the CRM.
var recipes = map[string]string{
	"activity-feed":    "",
	"appointments":     "appointments.create",
	"contacts-in-step": "contacts.create",
	"tags":             "contacts.create",
	"tasks-to-sendapp": "tasks.create",
}

// A recipe is copied: its folder builds without the rest of the examples, in a
// module of its user's.
func TestRecipes(t *testing.T) {
	t.Parallel()
	programs := build(t)
	for name, operation := range recipes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			main := read(t, filepath.Join(examples, name, "main.go"))
			assert.Less(t, strings.Count(main, "\n"), 120, "main.go is read in one go")
			program := filepath.Join(programs, name)
			t.Run("prints what its README shows", func(t *testing.T) {
				shown := regexp.MustCompile("(?s)```text\n(.*?)```").FindStringSubmatch(read(t, filepath.Join(examples, name, "README.md")))
				require.NotNil(t, shown)
				printed, err := command(t, program).Output()
				require.NoError(t, err)
				assert.Equal(t, shown[1], string(printed))
			})
			t.Run("works for accounts", func(t *testing.T) { works(t, program, operation) })
			t.Run("says what is wrong with them", func(t *testing.T) {
				cmd := command(t, program, "CONTACTS_TOKEN=token", "CONTACTS_LOCATION=")
				out, err := cmd.CombinedOutput()
				require.Error(t, err)
				assert.Contains(t, string(out), name+": ")
				assert.NotContains(t, string(out), "goroutine")
			})
		})
	}
}

// works runs a recipe for a location with a contact, a task, a note and an
// appointment, until it
// has done what it is for.
func works(t *testing.T, program, operation string) {
	did, once := make(chan struct{}), sync.Once{}
	crmServer, crm := contactstest.Start(t)
	own := map[string]int{"contacts.create": 1} // this test's calls
	appServer, app := sendapptest.Start(t, sendapptest.WithFaults(func(called string, call int) sendapptest.Fault {
		if called == operation && call > own[called] {
			once.Do(func() { close(did) })
		}
		return sendapptest.Fault{}
	}))
	ann, err := crm.Contacts.Create(t.Context(), contacts.ContactCreate{FirstName: opt.Set("Ann"), Tags: opt.Set([]string{"whatsapp"})})
	require.NoError(t, err)
	_, err = crm.Tasks.Create(t.Context(), ann.ID, contacts.TaskCreate{Title: "Call", DueDate: contacts.At(time.Now())})
	require.NoError(t, err)
	_, err = crm.Notes.Create(t.Context(), ann.ID, contacts.NoteCreate{Body: "Met at the fair"})
	require.NoError(t, err)
	_, err = crm.Appointments.Create(t.Context(), contacts.AppointmentCreate{
		CalendarID: contactstest.DefaultCalendar, ContactID: ann.ID, StartTime: contacts.At(time.Now()),
	})
	require.NoError(t, err)
	_, err = app.Contacts.Create(t.Context(), sendapp.ContactCreate{FirstName: opt.Set("Somebody else")})
	require.NoError(t, err)
	crmURL, err := crmServer.Listen("127.0.0.1:0")
	require.NoError(t, err)
	appURL, err := appServer.Listen("127.0.0.1:0")
	require.NoError(t, err)

	cmd := command(t, program,
		"CONTACTS_URL="+crmURL, "CONTACTS_TOKEN="+contactstest.DefaultToken, "CONTACTS_LOCATION="+contactstest.DefaultLocation,
		"SENDAPP_URL="+appURL, "SENDAPP_KEY="+sendapptest.DefaultAPIKey, "LISTEN=127.0.0.1:0")
	if operation == "" {
		cmd.Args = append(cmd.Args, ann.ID)
		printed, err := cmd.Output()
		require.NoError(t, err)
		assert.Contains(t, string(printed), "note   Met at the fair\n")
		return
	}
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-did:
		require.NoError(t, cmd.Process.Signal(os.Interrupt))
		assert.NoError(t, <-ended, complaints.String())
	case err := <-ended:
		assert.Fail(t, "it ended by itself", "%v: %s", err, complaints.String())
	}
}

// command runs a program in a directory of its own, with these variables only.
// It is killed when it hangs.
func command(t *testing.T, program string, variables ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program)
	cmd.Dir, cmd.Env = t.TempDir(), append(variables, "HOME="+t.TempDir())
	return cmd
}

// build copies the recipes' folders, and nothing else, into a module that finds the
// others here, and builds them.
func build(t *testing.T) (programs string) {
	here, err := filepath.Abs(examples)
	require.NoError(t, err)
	dir, programs := t.TempDir(), t.TempDir()
	for name := range recipes {
		require.NoError(t, os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(examples, name))))
	}
	mod := strings.Replace(read(t, filepath.Join(examples, "go.mod")), "contactlink/examples", "contactlink/copied", 1)
	mod = strings.ReplaceAll(mod, "=> ..", "=> "+filepath.Dir(here))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), []byte(read(t, filepath.Join(examples, "go.sum"))), 0o600))
	cmd := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", programs, "./...")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return programs
}

// Every folder with a README is a recipe, or the story, and examples/README.md leads
// to it.
func TestAllRecipesAreListed(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob(filepath.Join(examples, "*", "README.md"))
	require.NoError(t, err)
	var names []string
	index := read(t, filepath.Join(examples, "README.md"))
	for _, readme := range found {
		name := filepath.Base(filepath.Dir(readme))
		names = append(names, name)
		assert.Contains(t, index, "]("+name+")")
	}
	assert.ElementsMatch(t, append(slices.Collect(maps.Keys(recipes)), "bad-day"), names)
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}
