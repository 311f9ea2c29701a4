package simtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/syncer"
)

// Pair is a flow between two systems in memory, and knows what the target should
// hold in the end.
type Pair[S, T any] struct {
	sim     *Sim
	config  syncer.FlowConfig[S, T]
	mapper  func(mapping int) mapping.Mapper[S, T]
	records *Records[S]
	mirror  *Mirror[T]
	parent  Parent
	excused map[string]bool
}

// Parent is the pair of a flow's parent. *Pair is one.
type Parent interface {
	counterpart(id string) (target string, excused bool)
	name() string
	lost(target string) bool
}

// NewPair joins a source and a target in memory. The configuration has neither,
// nor a mapper, nor a parent: the mapper is made for the number of a mapping,
// and the parent is a pair of its own, or nil.
func NewPair[S, T any](
	s *Sim, config syncer.FlowConfig[S, T], mapper func(mapping int) mapping.Mapper[S, T],
	records *Records[S], mirror *Mirror[T], parent Parent,
) *Pair[S, T] {
	p := &Pair[S, T]{sim: s, config: config, mapper: mapper, records: records, mirror: mirror, parent: parent, excused: map[string]bool{}}
	if parent == nil {
		mirror.wanted = p.wanted
	}
	mirror.sourced = p.sourced
	if guard := config.Guard; parent == nil && guard.Share == 0 && guard.Min > 0 {
		mirror.counted, mirror.most = p.leaving, guard.Min
	}
	return p
}

// wanted reports whether a record has been at the source, and passed the mapping,
// for a while.
func (p *Pair[S, T]) wanted(id string) bool {
	value, quiet := p.records.quiet(id)
	if !quiet {
		return false
	}
	_, err := p.mapper(p.sim.mapping).Map(context.Background(), value)
	return err == nil
}

// leaving reports whether a record was linked until its removal began: then that
// counts.
func (p *Pair[S, T]) leaving(id string) bool {
	link, err := p.link(id)
	return err == nil && link.State == syncer.Leaving
}

// Flow is the flow for one process. Parent is what its parent's pair made for the
// same process, or nil.
func (p *Pair[S, T]) Flow(process *Process, parent syncer.Flow) syncer.Flow {
	config := p.config
	config.Source = Source[S](process, "source "+config.Name, p.records)
	config.Target = Target[T](process, "target "+config.Name, p.mirror)
	config.Mapper = p.mapper(process.Mapping())
	config.Parent = parent
	return config.Flow()
}

// lost reports whether a stranger deleted a record of the target.
func (p *Pair[S, T]) lost(target string) bool { return p.mirror.lost[target] }

func (p *Pair[S, T]) name() string { return p.config.Name }
func (p *Pair[S, T]) wrote() int   { return p.records.wrote() + p.mirror.wrote() }
func (p *Pair[S, T]) actions(s *Sim) []Action {
	return slices.Concat(p.records.actions(s), p.mirror.actions(s))
}

// sourced reports whether any version of a record had an element of a set.
func (p *Pair[S, T]) sourced(id, field, element string) bool {
	stored := p.records.records[id]
	if stored == nil {
		return true
	}
	for _, v := range stored.versions {
		value, err := p.mapper(p.sim.mapping).Map(context.Background(), v.value)
		if err == nil && elements(fieldsOf(value)[field])[element] {
			return true
		}
	}
	return false
}

// made are the records of the target that were made for a record of the source.
func (p *Pair[S, T]) made(id string) []*mirrored {
	var made []*mirrored
	for _, target := range slices.Sorted(maps.Keys(p.mirror.records)) {
		if h := p.mirror.records[target]; h.origin == id {
			made = append(made, h)
		}
	}
	return made
}

// counterpart is the record of the target that a child belongs to. It is excused
// if there rightly is none.
func (p *Pair[S, T]) counterpart(id string) (target string, excused bool) {
	if made := p.made(id); len(made) == 1 && !p.excused[id] {
		return made[0].id, false
	}
	return "", true
}

// link is what the store knows of a record.
func (p *Pair[S, T]) link(id string) (syncer.Link, error) {
	links, err := p.sim.store.Links(context.Background(), Tenant, p.config.Name, []string{id})
	return links[id], err
}

// settled asks whether both sides are in step (P1), or why they need not be.
func (p *Pair[S, T]) settled(*Sim) error {
	ids := p.records.ids()
	for _, id := range ids {
		if err := p.settledRecord(id); err != nil {
			return fmt.Errorf("P1: %s: %w", id, err)
		}
	}
	for _, target := range slices.Sorted(maps.Keys(p.mirror.records)) {
		origin := p.mirror.records[target].origin
		if origin == "" || slices.Contains(ids, origin) {
			continue
		}
		link, err := p.link(origin)
		if err != nil {
			return err
		}
		orphaned := p.parent != nil && p.parent.lost(p.mirror.records[target].parent) // it is respected, with its children
		if !orphaned && p.config.OnSourceGone == syncer.LeaveDelete && link.State != syncer.Held && link.State != syncer.Detached {
			return fmt.Errorf("P1: %s is gone at the source, and %s stays at the target", origin, target)
		}
		p.excused[origin] = true
	}
	return nil
}

func (p *Pair[S, T]) settledRecord(id string) error {
	link, err := p.link(id)
	if err != nil {
		return err
	}
	v := p.records.records[id].latest()
	under := ""
	if p.parent != nil {
		var excused bool
		if under, excused = p.parent.counterpart(v.parent); excused {
			p.excused[id] = true // it ends like its parent
			return nil
		}
	}
	made := p.made(id)
	value, err := p.mapper(p.sim.mapping).Map(context.Background(), v.value)
	switch {
	case len(made) > 1:
		return fmt.Errorf("%d records of the target are its", len(made))
	case errors.Is(err, mapping.Skip):
		p.excused[id] = true
		if len(made) > 0 && p.config.OnFiltered == syncer.LeaveDelete && link.State != syncer.Held {
			return errors.New("it is left out, and stays at the target")
		}
		return nil
	case err != nil:
		return err
	case len(made) == 0:
		of := p.mirror.strange[id]
		if of != nil && of.deleted && p.config.OnTargetGone == syncer.GoneRespect && link.State == syncer.GoneAtTarget {
			p.excused[id] = true
			return nil
		}
		return fmt.Errorf("it is not at the target (%s)", link.State)
	case made[0].parent != under:
		return fmt.Errorf("%s belongs to %s, not to %s", made[0].id, made[0].parent, under)
	}
	for name, want := range fieldsOf(value) {
		if why := p.differs(id, name, p.mirror.normal(name, want), made[0].fields[name]); why != "" {
			return fmt.Errorf("the field %s of %s: %s", name, made[0].id, why)
		}
	}
	return nil
}

// differs says why a field is not as it should be; "" if it is, or may be so.
func (p *Pair[S, T]) differs(id, name string, want, holds json.RawMessage) string {
	var others []json.RawMessage
	var took map[string]int
	if of := p.mirror.strange[id]; of != nil {
		others, took = of.values[name], of.took[name]
	}
	if slices.Contains(p.config.Sets, name) {
		// Whose an element is can't be told after an adoption, nor after a write of
		// which nobody knows: it stays.
		key := syncer.Key{Tenant: Tenant, Flow: p.config.Name, ID: id}
		return setDiffers(want, holds, others, took, p.config.OnDrift, p.sim.adopted[key] || p.sim.doubted[key])
	}
	if len(holds) == 0 {
		holds = json.RawMessage("null")
	}
	if string(want) == string(holds) {
		return ""
	}
	times := 0
	for _, value := range others {
		if string(value) == string(holds) {
			times++
		}
	}
	if times > 1 || times == 1 && p.config.OnDrift != syncer.DriftRestore {
		p.excused[id] = true
		return "" // a stranger insists, or is let
	}
	return fmt.Sprintf("it should be %s, and is %s", want, holds)
}

// setDiffers compares sets. What others put there stays, and what they took away
// again after it was restored stays away.
func setDiffers(want, holds json.RawMessage, others []json.RawMessage, took map[string]int, drift syncer.DriftPolicy, more bool) string {
	should, is := elements(want), elements(holds)
	theirs := map[string]bool{}
	for _, value := range others {
		for element := range elements(value) {
			theirs[element] = true
		}
	}
	for element := range should {
		if !is[element] && took[element] < 2 && (drift == syncer.DriftRestore || len(others) == 0) {
			return fmt.Sprintf("it should be %s, and %s is lacking in %s", want, element, holds)
		}
	}
	for element := range is {
		if !should[element] && !theirs[element] && !more {
			return fmt.Sprintf("it should be %s, and %s is left in %s", want, element, holds)
		}
	}
	return ""
}

func elements(set json.RawMessage) map[string]bool {
	var list []string
	_ = json.Unmarshal(set, &list) // null and nothing are the empty set
	elements := map[string]bool{}
	for _, element := range list {
		elements[strings.ToLower(element)] = true
	}
	return elements
}

// explains reports whether a difference that the engine reports may be.
func (p *Pair[S, T]) explains(flow string, d syncer.Difference) bool {
	if flow != p.config.Name {
		return false
	}
	return d.Key.ID == "" || p.excused[d.Key.ID] || d.What == "held" || d.What == "differs" && p.mirror.strange[d.Key.ID] != nil
}
