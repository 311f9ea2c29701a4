package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/examples/internal/sample"
	"github.com/contactlink/contactlink/internal/testenv"
)

// asProgram makes the test binary be the program: a test kills it.
const asProgram = "QUICKSTART_ARGS"

func TestMain(m *testing.M) {
	if args := os.Getenv(asProgram); args != "" {
		os.Exit(run(context.Background(), strings.Split(args, "\n"), os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// quick runs the program and reads its report.
func quick(t *testing.T, args ...string) *report {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), append(args, "-json"), &stdout, &stderr)
	require.Zero(t, code, stderr.String())
	r := &report{}
	require.NoError(t, json.Unmarshal(stdout.Bytes(), r))
	return r
}

// write stores an export.
func write(t *testing.T, export *contactstest.Export) string {
	t.Helper()
	data, err := json.Marshal(export)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "export.json")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

func TestTheSampleIsCopiedChangedAndVerified(t *testing.T) {
	t.Parallel()
	r := quick(t)
	assert.Equal(t, 201, r.Resources["contacts"].Created)
	assert.Equal(t, 1, r.Resources["contacts"].Deleted)
	assert.Equal(t, 3, r.Resources["contacts"].Updated)
	assert.Equal(t, 200, r.Resources["contacts"].Target)
	for kind, resource := range r.Resources {
		assert.Equal(t, resource.Source, resource.Target, kind)
		assert.Zero(t, resource.Differing+resource.Failed, kind)
	}
}

func TestRunAgainWithAnEditedFileIsAChangeOfTheSource(t *testing.T) {
	t.Parallel()
	dir, export := t.TempDir(), sample.Export(30)
	r := quick(t, "-data", write(t, export), "-dir", dir)
	assert.Equal(t, 30, r.Resources["contacts"].Created)
	r = quick(t, "-data", write(t, export), "-dir", dir)
	for kind, resource := range r.Resources {
		assert.Zero(t, resource.Created+resource.Updated+resource.Deleted, kind)
		assert.Equal(t, resource.Source, resource.Unchanged, kind)
	}
	export.Contacts[3] = json.RawMessage(strings.Replace(string(export.Contacts[3]), `"country":"US"`, `"country":"US","city":"Rome"`, 1))
	r = quick(t, "-data", write(t, export), "-dir", dir)
	assert.Equal(t, 1, r.Resources["contacts"].Updated)
	gone := sample.ContactID(29)
	tasks := len(export.Tasks[gone])
	export.Contacts = export.Contacts[:29] // its tasks and notes are still in the file
	r = quick(t, "-data", write(t, export), "-dir", dir)
	assert.Equal(t, 1, r.Resources["contacts"].Deleted)
	assert.Equal(t, tasks, r.Resources["tasks"].Deleted)
	assert.Equal(t, 29, r.Resources["contacts"].Target)
}

func TestWhatIsWrongWithTheInputIsOneLine(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dir")
	for content, want := range map[string]string{
		"":                             "no such file",
		`{"contacts":[{"name":"x"}]}`:  "FILE.json: contacts[0]: the record has no id",
		`{"people":[]}`:                `FILE.json: line 1, column`,
		"{\"contacts\":[\n{\"id\":}]}": "FILE.json: line 2, column",
	} {
		path := filepath.Join(t.TempDir(), "FILE.json")
		if content != "" {
			require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		}
		var stdout, stderr bytes.Buffer
		assert.Equal(t, 2, run(t.Context(), []string{"-data", path, "-dir", dir, "-json"}, &stdout, &stderr), content)
		assert.Contains(t, stderr.String(), want)
		assert.Equal(t, 1, strings.Count(stderr.String(), "\n"), stderr.String())
		assert.Empty(t, stdout.String())
	}
	assert.NoDirExists(t, dir, "nothing is written")
	assert.Equal(t, 2, run(t.Context(), []string{"-unknown"}, io.Discard, io.Discard))
	assert.Equal(t, 2, run(t.Context(), []string{"extra"}, io.Discard, io.Discard))
}

// TestKilledAtAnyMoment kills the program in mid-backfill, again and again, and
// then lets it run whole.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	dir, file := t.TempDir(), write(t, sample.Export(200))
	killed := 0
	for range 5 {
		program := exec.CommandContext(t.Context(), os.Args[0])
		program.Env = append(os.Environ(), asProgram+"="+strings.Join([]string{"-data", file, "-dir", dir, "-json"}, "\n"))
		require.NoError(t, program.Start())
		time.AfterFunc(time.Duration(50+r.IntN(800))*time.Millisecond, func() { _ = program.Process.Kill() })
		if program.Wait() != nil {
			killed++
		}
	}
	require.Positive(t, killed, "it was never killed: this test showed nothing")
	report := quick(t, "-data", file, "-dir", dir)
	for kind, resource := range report.Resources {
		assert.Equal(t, resource.Source, resource.Target, kind)
		assert.Zero(t, resource.Differing+resource.Failed, kind)
	}
	report = quick(t, "-data", file, "-dir", dir)
	for kind, resource := range report.Resources {
		assert.Zero(t, resource.Created+resource.Updated+resource.Deleted, kind)
	}
}

// TestTheTargetHoldsWhatTheFileSays compares the file with the target's raw
// JSON, without any of the mapping.
func TestTheTargetHoldsWhatTheFileSays(t *testing.T) {
	t.Parallel()
	data := testenv.Data(t)
	export, err := input(settings{data: data})
	require.NoError(t, err)
	b, err := open(settings{region: "US"}, export, slog.New(slog.DiscardHandler), newProgress(io.Discard))
	require.NoError(t, err)
	defer func() { require.NoError(t, b.close()) }()
	_, err = b.source.Apply(export)
	require.NoError(t, err)
	require.NoError(t, b.copyEverything(t.Context(), newReport()))
	file, err := os.ReadFile(data)
	require.NoError(t, err)
	var source struct {
		Contacts     []map[string]any
		Tasks, Notes map[string][]map[string]any
	}
	require.NoError(t, json.Unmarshal(file, &source))
	target := map[string]map[string]map[string]any{}
	ids := map[string]string{} // of the target's contacts: the source's id
	for kind, records := range b.target.Export() {
		target[kind] = map[string]map[string]any{}
		for _, raw := range records {
			var record map[string]any
			require.NoError(t, json.Unmarshal(raw, &record))
			external := fmt.Sprint(record["externalId"])
			require.NotContains(t, target[kind], external, "doubled")
			target[kind][external] = record
			if kind == "contacts" {
				ids[fmt.Sprint(record["contactId"])] = external
			}
		}
	}
	same := func(want, got any, what string) {
		if want == nil {
			want = ""
		}
		if got == nil {
			got = ""
		}
		assert.Equal(t, want, got, what)
	}
	assert.Len(t, target["contacts"], len(source.Contacts))
	for _, c := range source.Contacts {
		got := target["contacts"][fmt.Sprint(c["id"])]
		require.NotNil(t, got, c["id"])
		same(c["firstName"], got["firstName"], "firstName")
		same(c["lastName"], got["lastName"], "lastName")
		if c["phone"] != nil {
			same("1"+digits(c["phone"]), digits(got["phone"]), "phone")
		}
	}
	children := func(records map[string][]map[string]any, kind string, compare func(want, got map[string]any)) {
		n := 0
		for parent, list := range records {
			for _, want := range list {
				got := target[kind][fmt.Sprint(want["id"])]
				require.NotNil(t, got, want["id"])
				same(parent, ids[fmt.Sprint(got["contactId"])], "contact")
				compare(want, got)
				n++
			}
		}
		assert.Len(t, target[kind], n)
	}
	children(source.Tasks, "tasks", func(want, got map[string]any) {
		same(want["title"], got["taskTitle"], "title")
		same(want["dueDate"], got["dueDate"], "due date")
		same(map[any]string{true: "completed", false: "pending"}[want["completed"]], got["status"], "status")
	})
	children(source.Notes, "notes", func(want, got map[string]any) { same(want["body"], got["body"], "body") })
}

func digits(phone any) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, fmt.Sprint(phone))
}
