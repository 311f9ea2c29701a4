package flows_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer/flows"
)

// TestHard21 has appointments around the hours that daylight saving skips and
// repeats, in a location whose answers have its own offset, or none: the moment
// arrives. Dates without a zone, of birth and of tasks, are not moved to another day.
func TestHard21TimesAroundDaylightSaving(t *testing.T) {
	t.Parallel()
	rome, err := time.LoadLocation("Europe/Rome")
	require.NoError(t, err)
	for name, zone := range map[string]*time.Location{"Rome": rome, "UTC": time.UTC, "far west": time.FixedZone("", -11*3600)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				elapse(26 * 365 * 24 * time.Hour) // from 2000 to 2025
				b := hard{source: []contactstest.Option{contactstest.WithTimeZone(zone)}}.bridge(t)
				b.people(t, `"id":"a","firstName":"Ann","dateOfBirth":"1990-03-25"`, `"id":"b","firstName":"Bob","dateOfBirth":"1990-10-28T00:00:00.000Z"`)
				moments := []time.Time{
					time.Date(2026, 3, 29, 0, 59, 59, 0, time.UTC), time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC), // 02:30 is skipped in Rome
					time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC), // both are 02:30 there
				}
				booked := map[string]time.Time{}
				for _, moment := range moments {
					booked[b.book(t, "a", moment).ID] = moment
				}
				task, err := b.crm.Tasks.Create(t.Context(), "a", contacts.TaskCreate{Title: "At midnight", DueDate: contacts.At(time.Date(2026, 3, 29, 0, 0, 0, 0, rome))})
				require.NoError(t, err)
				b.backfill(t)
				for id, moment := range booked {
					made := b.booked(t, id)
					require.NotNil(t, made)
					assert.True(t, moment.Equal(made.StartTime.Time), "%s, not %s", moment, made.StartTime)
					assert.Equal(t, 30*time.Minute, made.EndTime.Sub(made.StartTime.Time))
				}
				assert.True(t, task.DueDate.Equal(b.task(t, task.ID).DueDate.Time))
				assert.Equal(t, "1990-03-25", b.sent(t, "a").DateOfBirth)
				assert.Equal(t, "1990-10-28", b.sent(t, "b").DateOfBirth)
				b.inStep(t)
				b.quiet(t)
			})
		})
	}
}

// series is a service that shows a series as its instances: each has an id of its
// own, made of the series', its start and its length.
type series struct {
	next   http.RoundTripper
	master string
	starts []time.Time
	length time.Duration
}

func (s *series) id(start time.Time) string {
	return fmt.Sprintf("%s_%d_%d", s.master, start.UnixMilli(), int(s.length.Seconds()))
}

// instance is the series' event as it is at one start.
func (s *series) instance(event map[string]any, start time.Time) map[string]any {
	one := map[string]any{"masterEventId": s.master}
	maps.Copy(one, event)
	one["id"], one["startTime"], one["endTime"] = s.id(start), start.Format(time.RFC3339), start.Add(s.length).Format(time.RFC3339)
	return one
}

func (s *series) RoundTrip(r *http.Request) (*http.Response, error) {
	var wanted *time.Time
	if parts := strings.Split(r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:], "_"); len(parts) == 3 && parts[0] == s.master {
		for _, start := range s.starts {
			if s.id(start) == strings.Join(parts, "_") {
				wanted = &start
			}
		}
		if wanted == nil {
			return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(`{"message":"not found"}`))}, nil
		}
		r = r.Clone(r.Context())
		r.URL.Path = strings.Replace(r.URL.Path, strings.Join(parts, "_"), s.master, 1)
	}
	response, err := s.next.RoundTrip(r)
	if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(r.URL.Path, "/calendars/events") {
		return response, err
	}
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var answer map[string]any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&answer); err != nil {
		return nil, err
	}
	if events, listing := answer["events"].([]any); listing {
		from, _ := strconv.ParseInt(r.URL.Query().Get("startTime"), 10, 64)
		to, _ := strconv.ParseInt(r.URL.Query().Get("endTime"), 10, 64)
		shown := []any{}
		for _, event := range events {
			one, _ := event.(map[string]any)
			if one["id"] != s.master {
				shown = append(shown, event)
				continue
			}
			for _, start := range s.starts {
				if at := start.UnixMilli(); at >= from && at <= to {
					shown = append(shown, s.instance(one, start))
				}
			}
		}
		answer["events"] = shown
	} else if wanted != nil {
		inner, _ := answer["event"].(map[string]any)
		answer["event"] = s.instance(inner, *wanted)
	}
	data, err = json.Marshal(answer)
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	return response, err
}

// A series of appointments arrives as its instances, each a record of its own. One
// that is left out of the series goes, and the others stay.
func TestInstancesOfARecurringAppointment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &series{length: 30 * time.Minute}
		b := hard{reads: func(next http.RoundTripper) http.RoundTripper { s.next = next; return s }}.bridge(t)
		b.people(t, `"id":"a","firstName":"Ann"`)
		start := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
		made, err := b.crm.Appointments.Create(t.Context(), contacts.AppointmentCreate{
			CalendarID: contactstest.DefaultCalendar, ContactID: "a", Title: opt.Set("Weekly"), StartTime: contacts.At(start),
			RRule: opt.Set("RRULE:FREQ=WEEKLY;COUNT=5"), IgnoreFreeSlotValidation: opt.Set(true),
		})
		require.NoError(t, err)
		s.master = made.ID
		for week := range 5 {
			s.starts = append(s.starts, start.AddDate(0, 0, 7*week))
		}
		report := b.backfill(t)
		assert.Equal(t, 5, report.Flows[flows.Appointments].Created)
		for _, start := range s.starts {
			one := b.booked(t, s.id(start))
			require.NotNil(t, one)
			assert.True(t, start.Equal(one.StartTime.Time))
			assert.Equal(t, "Weekly", one.Title)
		}
		b.quiet(t)
		gone := s.starts[2]
		s.starts = append(s.starts[:2:2], s.starts[3:]...)
		b.backfill(t)
		assert.Nil(t, b.booked(t, s.id(gone)))
		assert.Equal(t, sendapptest.Counts{Contacts: 1, Appointments: 4}, b.target.Counts())
		_, err = b.crm.Appointments.Update(t.Context(), s.master, contacts.AppointmentUpdate{AppointmentStatus: opt.Set("cancelled")})
		require.NoError(t, err)
		b.backfill(t)
		for _, start := range s.starts {
			assert.Equal(t, sendapp.AppointmentCancelled, b.booked(t, s.id(start)).Status)
		}
		b.inStep(t)
	})
}
