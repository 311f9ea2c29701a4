package load_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/internal/testenv"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// plan is a load: so many changes of so many contacts.
type plan struct {
	keys, perSecond int
	during          time.Duration
}

func (p plan) events() int { return p.perSecond * int(p.during/time.Second) }

const (
	// maxMemory is how many bytes the service may have.
	maxMemory = 256 << 20
	// later is when both sides have to be equal.
	later = 2 * time.Minute
)

func TestLoad(t *testing.T) {
	t.Parallel()
	run(t, plan{1_000, 1_000, 2 * time.Second})
}

func TestLongLoad(t *testing.T) {
	t.Parallel()
	testenv.Long(t)
	run(t, plan{50_000, 2_000, time.Minute})
}

func run(t *testing.T, p plan) {
	t.Helper()
	source, crm := contactstest.Start(t)
	target, err := sendapptest.NewServer()
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, target.Close()) })
	fill(t, source, p.keys)
	sourceURL, err := source.Listen("127.0.0.1:0")
	require.NoError(t, err)
	targetURL, err := target.Listen("127.0.0.1:0")
	require.NoError(t, err)
	store := filepath.Join(t.TempDir(), "state.db")
	s := startService(t, sourceURL, targetURL, hex.EncodeToString(source.PublicKey()), store)

	began := time.Now()
	require.NoError(t, s.Call("service.Backfill", None{}, &None{}))
	require.Equal(t, p.keys, target.Counts().Contacts)
	t.Logf("the backfill of %d contacts took %s: %.0f a second", p.keys, time.Since(began).Round(time.Millisecond), float64(p.keys)/time.Since(began).Seconds())

	crm, err = crm.With(contacts.WithLimiter(nil))
	require.NoError(t, err)
	sender := newSender(s.hook, p.events())
	source.SendWebhooks(sender)
	before := s.usage(t)
	began = time.Now()
	cities := change(t, crm, p)
	took := time.Since(began)
	require.NoError(t, source.Flush(t.Context()))
	sender.wait()
	ended := time.Now()
	assert.NoError(t, s.Call("service.Wait", later, &None{}), "not all was written within two minutes")
	t.Logf("%d events in %s, %.0f a second; the last change was written %s after them; %s of a processor for each; the machine's load: %s",
		p.events(), took.Round(time.Millisecond), float64(p.events())/took.Seconds(), time.Since(ended).Round(time.Millisecond),
		(s.usage(t).Processor-before.Processor)/time.Duration(p.events()), machine())
	assert.Zero(t, differing(t, cities, target), "records that differ two minutes later")
	report(t, p, s, sender, store)
}

// machine is how many processes want a processor, in the last 1, 5 and 15 minutes:
// what the figures are worth. (There is none where the system does not tell.)
func machine() string {
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(load))[:3], " ")
}

// report prints the figures, and checks what was promised.
func report(t *testing.T, p plan, s *service, sender *sender, store string) {
	t.Helper()
	answered := sender.answers[200]
	t.Logf("answers: %v; they took: %s; since the change: %s", sender.answers, sender.took, sender.after)
	assert.GreaterOrEqual(t, float64(answered), 0.99*float64(p.events()), "answered 200")
	assert.Equal(t, p.events(), answered+sender.answers[429], "the rest is answered 429")
	assert.Zero(t, sender.lost)
	assert.Len(t, sender.ids, p.events())
	var missing []string
	require.NoError(t, s.Call("service.Missing", sender.ids, &missing))
	assert.Empty(t, missing, "answered 200, and not known to the engine")
	var differ int
	require.NoError(t, s.Call("service.Differing", None{}, &differ))
	assert.Zero(t, differ, "says Verify")

	usage := s.usage(t)
	file, err := os.Stat(store)
	require.NoError(t, err)
	t.Logf("memory: %d MB at most, heap %d MB; store: %d MB", usage.Peak>>20, usage.Heap>>20, file.Size()>>20)
	assert.Less(t, usage.Peak, uint64(maxMemory))
}

func (s *service) usage(t *testing.T) (u Usage) {
	t.Helper()
	require.NoError(t, s.Call("service.Usage", None{}, &u))
	return u
}

// fill makes contacts.
func fill(t *testing.T, source *contactstest.Server, n int) {
	t.Helper()
	export := &contactstest.Export{}
	for i := range n {
		export.Contacts = append(export.Contacts, json.RawMessage(fmt.Sprintf(
			`{"id":%q,"firstName":"Anna","lastName":"McDonald %d","email":"anna%d@example.com","phone":"+1202%07d","country":"US","tags":["vip"],`+
				`"dateAdded":"2026-01-01T00:00:00.000Z","dateUpdated":"2026-01-01T00:00:00.000Z"}`, id(i), i, i, 2_000_000+i)))
	}
	_, err := source.Apply(export)
	require.NoError(t, err)
}

func id(i int) string { return fmt.Sprintf("contact%013d", i) }

// change changes contacts at random, each change at its time, and returns the
// cities that they have in the end.
func change(t *testing.T, crm *contacts.Client, p plan) map[string]string {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	cities := map[string]string{}
	began := time.Now()
	for n := range p.events() {
		<-time.After(time.Until(began.Add(time.Duration(n) * time.Second / time.Duration(p.perSecond))))
		id, city := id(random.IntN(p.keys)), fmt.Sprintf("City %d", n)
		_, err := crm.Contacts.Update(t.Context(), id, contacts.ContactUpdate{City: opt.Set(city)})
		require.NoError(t, err)
		cities[id] = city
	}
	return cities
}

// differing counts contacts that have another city at the target.
func differing(t *testing.T, cities map[string]string, target *sendapptest.Server) (n int) {
	t.Helper()
	at := map[string]string{}
	for _, data := range target.Export()["contacts"] {
		var c struct{ ExternalID, City string }
		require.NoError(t, json.Unmarshal(data, &c))
		at[c.ExternalID] = c.City
	}
	for id, city := range cities {
		if at[id] != city {
			n++
		}
	}
	return n
}
