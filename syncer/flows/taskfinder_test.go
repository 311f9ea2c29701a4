package flows_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

func TestTasksWithoutTheirContactShareASearch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := laggingBridge(t, syncer.Config{})
		b.fill(t, 150)
		elapse(indexLag)
		b.backfill(t)
		b.running(t, func() {
			elapse(time.Second)
			var changes []syncer.Change
			create := func(i int, title string) {
				contact := fmt.Sprintf("contact%03d", i)
				made, err := b.crm.Tasks.Create(t.Context(), contact, contacts.TaskCreate{Title: title, DueDate: contacts.At(time.Now())})
				require.NoError(t, err)
				changes = append(changes, syncer.Change{
					Tenant: contactstest.DefaultLocation, Flow: flows.Tasks, Ref: syncer.Ref{ID: made.ID}, EventID: made.ID,
					Evidence: fmt.Appendf(nil, `{"type":"TaskCreate","id":%q,"title":%q}`, made.ID, title),
				})
			}
			for i := range 30 {
				create(i, "Follow up")
			}
			create(31, "Visit")
			changes = append(changes, syncer.Change{
				Tenant: contactstest.DefaultLocation, Flow: flows.Tasks, Ref: syncer.Ref{ID: "nowhere"}, EventID: "nowhere",
				Evidence: []byte(`{"title":"Nobody has this"}`),
			})
			b.source.Fail(contactstest.Fault{Operation: "tasks.search", Delay: 200 * time.Millisecond})
			before := b.source.Requests()["tasks.search"]
			require.NoError(t, b.engine.Notify(t.Context(), changes...))
			elapse(3 * time.Second)
			assert.Equal(t, 181, b.target.Counts().Tasks)
			assert.LessOrEqual(t, b.source.Requests()["tasks.search"]-before, 5, "a walk through all tasks takes three requests, for each task")
			elapse(2 * time.Minute)
			assert.LessOrEqual(t, b.source.Requests()["tasks.search"]-before, 10, "what is not found is looked for a few times more")
		})
		b.inStep(t)
	})
}
