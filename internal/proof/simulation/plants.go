package simulation

// Plant is a bug that is planted into the engine to show that the simulation
// finds it.
type Plant struct {
	Name string
	// File is the engine's, in the directory syncer. Old is replaced by New in it.
	File, Old, New string
}

// Plants are mistakes that engines of this kind make, and the last ones those that
// this one made. Each is found within 500 seeds.
var Plants = []Plant{
	// The mistakes of others.
	{
		"a create without an intent", "create.go",
		"\tif err := j.intents.do(ctx, intent)[0]; err != nil {\n\t\treturn err\n\t}\n\tj.claim.Intent = &intent\n",
		"\tj.claim.Intent = &intent\n",
	},
	{
		"a lost create is simply sent again", "create.go",
		"\tcase kind == KindTransient,\n", "\tcase kind == KindAmbiguous,\n",
	},
	{
		"a taken over key is not looked for at the target", "read.go",
		"\tcase !j.claim.Doubt:\n", "\tcase true:\n",
	},
	{
		"the checkpoint is stored before the marks", "memory_sweep.go",
		"\tfor _, mark := range o.Marks {\n\t\tstored := s.links",
		"\tfor _, mark := range o.Marks[min(1, len(o.Marks)):] {\n\t\tstored := s.links",
	},
	{
		"a lease is ignored", "memory_mark.go",
		"\t\tif mark.leasedUntil.After(at) {", "\t\tif mark.leasedUntil.After(at.Add(time.Hour)) {",
	},
	{
		"a request may outlive its lease", "read.go",
		"\tfor time.Until(j.lease) <= j.config.RequestTimeout {", "\tfor false && time.Until(j.lease) <= j.config.RequestTimeout {",
	},
	{
		"an echo is answered with a write", "write.go",
		"\t\tif len(d.send) == 0 && !moves && !claims {", "\t\tif len(d.send) == 0 && !moves && !claims && !j.claim.Drift {",
	},
	{
		"a write is sent over what it has not seen", "write.go",
		"\t\tpatch := Patch[Fields]{Value: d.send, Version: version}\n", "\t\tpatch := Patch[Fields]{Value: d.send, Version: version[:0]}\n",
	},
	{
		"a removal passes the guard", "leave.go",
		"Fence: j.claim.Fence, Guard: j.guard()})", "Fence: j.claim.Fence})",
	},
	{
		"what was desired is compared with what was answered", "plan.go",
		"\t\tchanged = !before || !equal(want, sent)\n", "\t\tchanged = !before || !equal(want, s.base.Answered.value(name)) && sent != nil\n",
	},
	{
		"a delete needs no confirming read", "read.go",
		"\tcase j.claim.RowGone:\n", "\tcase j.claim.RowGone, j.claim.Gone:\n",
	},
	{
		"what a listing lacks is deleted without a read", "sweep_full.go",
		"\t\terrs[i] = s.attempt(ctx, sourceSide, func(ctx context.Context) (err error) {\n\t\t\trows[i], err = s.flow.sides.read(ctx, Ref{ID: links[i].ID, Parent: links[i].Parent})\n\t\t\treturn err\n\t\t})\n",
		"\t\terrs[i] = errGone\n",
	},
	{
		"a webhook's id is remembered although its mark is not stored", "memory_mark.go",
		"\t\t\ts.eventIDs[id] = now\n\t\t}\n", "\t\t\ts.eventIDs[id] = now\n\t\t\tif len(s.eventIDs)%7 == 3 {\n\t\t\t\tcontinue\n\t\t\t}\n\t\t}\n",
	},
	{
		"an idempotency key is used for another body", "create.go",
		"before != nil && before.Body == body && before.IdempotencyKey", "before != nil && before.IdempotencyKey",
	},
	{
		"the watermark is the engine's clock", "sweep_changes.go",
		"\t\t\tif record.Updated.After(watermark) && !record.Updated.After(latest) {\n\t\t\t\twatermark = record.Updated\n",
		"\t\t\tif latest = time.Now(); latest.After(watermark) && record.ID != \"\" {\n\t\t\t\twatermark = latest\n",
	},
	{
		"children are forgotten when their parent goes", "memory_commit.go",
		"\tended := result.Forget || result.Replaced || result.Link != nil && result.Link.State != Linked\n", "\tended := false\n",
	},
	{
		"a child does not wait for its parent", "memory_commit.go",
		"\ts.unpark(parkKey{Key: result.Key}, \"\", now)\n", "",
	},
	{
		"a mark that came while the key was worked on is done with it", "memory_commit.go",
		"\tif mark.number != result.Number {", "\tif mark.number < result.Number {",
	},
	{
		"sets are replaced, not merged", "plan.go",
		"\tmerged := append(without(holds, remove), without(add, holds)...)\n",
		"\tmerged := append(without(want, remove), without(add, want)...)\n",
	},
	{
		"unmapped fields are written", "write.go",
		"\t\tpatch := Patch[Fields]{Value: d.send, Version: version}\n",
		"\t\tpatch := Patch[Fields]{Value: d.send.with(\"memo\", null), Version: version}\n",
	},
	{
		"drift is never noticed", "sweep_target.go",
		"\t\t\tif !same ||", "\t\t\tif false && !same ||",
	},
	{
		"the end of the source's listing is not reached", "sweep_full.go",
		"mine.Cursor, mine.Done = page.Next, page.Next == \"\"", "mine.Cursor, mine.Done = page.Next, true",
	},

	// The mistakes of this engine, found by the simulation.
	{
		"what a doubt found is forgotten with the next snooze", "read.go",
		"\t\t\tj.link.State, j.link.Target, j.link.Base, j.found = Detached, held.Ref, Base{}, true\n",
		"\t\t\tj.link.State, j.link.Target, j.link.Base, j.found = Detached, held.Ref, Base{}, true\n\t\t\tj.claim.Doubt = false\n",
	},
}
