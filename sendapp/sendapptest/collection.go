package sendapptest

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// position is a place in the order of all listings: by time, then by id.
type position struct {
	at time.Time
	id string
}

func (p position) compare(other position) int {
	return cmp.Or(p.at.Compare(other.at), strings.Compare(p.id, other.id))
}

func (r *record) position() position   { return position{r.updatedAt, r.id} }
func (t tombstone) position() position { return position{t.deletedAt, t.id} }

// ordered is a list in the order of their positions.
type ordered[T interface{ position() position }] []T

// from returns the part that begins with the first element at p or after it.
func (o ordered[T]) from(p position) ordered[T] {
	i, _ := o.search(p)
	return o[i:]
}

func (o ordered[T]) search(p position) (int, bool) {
	return slices.BinarySearchFunc(o, p, func(e T, p position) int { return e.position().compare(p) })
}

func (o *ordered[T]) insert(e T) {
	i, _ := o.search(e.position())
	*o = slices.Insert(*o, i, e)
}

func (o *ordered[T]) remove(e T) {
	if i, found := o.search(e.position()); found {
		*o = slices.Delete(*o, i, i+1)
	}
}

// index finds records by a field's value, which several of them may share.
type index map[string]map[string]struct{} // value → ids

func (x index) add(value, id string) {
	if value == "" {
		return
	}
	if x[value] == nil {
		x[value] = map[string]struct{}{}
	}
	x[value][id] = struct{}{}
}

func (x index) remove(value, id string) {
	delete(x[value], id)
	if len(x[value]) == 0 {
		delete(x, value)
	}
}

// other returns the first id that has the value and isn't id.
func (x index) other(value, id string) (string, bool) {
	found := ""
	for holder := range x[value] {
		if holder != id && (found == "" || holder < found) {
			found = holder
		}
	}
	return found, found != ""
}

// collection holds all records of one kind, and finds them in every way that
// the contract asks for.
type collection struct {
	byID      map[string]*record
	all       ordered[*record]
	byContact map[string]*ordered[*record] // children only
	indexes   map[string]index             // by field
	deleted   ordered[tombstone]
	everHad   map[string]bool // ids, which are never given again
}

// indexed are the fields by which a listing finds records at once.
var indexed = [...]string{"externalId", "email", "phone"}

func newCollection() *collection {
	c := &collection{
		byID:      map[string]*record{},
		byContact: map[string]*ordered[*record]{},
		indexes:   map[string]index{},
		everHad:   map[string]bool{},
	}
	for _, field := range indexed {
		c.indexes[field] = index{}
	}
	return c
}

// indexKey is the value of an indexed field as it is looked for. E-mail
// addresses are compared without regard to case.
func indexKey(field, value string) string {
	if field == "email" {
		return strings.ToLower(value)
	}
	return value
}

// holder returns the id of another record that has the same value in an indexed
// field.
func (c *collection) holder(field, value, id string) (string, bool) {
	return c.indexes[field].other(indexKey(field, value), id)
}

// having returns the records that have a value in an indexed field, in order.
func (c *collection) having(field, value string) ordered[*record] {
	var found ordered[*record]
	for id := range c.indexes[field][indexKey(field, value)] {
		found.insert(c.byID[id])
	}
	return found
}

// put adds a record, or replaces the one with its id.
func (c *collection) put(r *record) {
	if old := c.byID[r.id]; old != nil {
		c.forget(old)
	}
	c.byID[r.id] = r
	c.everHad[r.id] = true
	c.all.insert(r)
	if r.contactID != "" {
		if c.byContact[r.contactID] == nil {
			c.byContact[r.contactID] = &ordered[*record]{}
		}
		c.byContact[r.contactID].insert(r)
	}
	for field, x := range c.indexes {
		x.add(indexKey(field, r.text(field)), r.id)
	}
}

// delete removes a record and leaves a tombstone.
func (c *collection) delete(r *record, at time.Time) {
	c.forget(r)
	c.deleted.insert(tombstone{id: r.id, contactID: r.contactID, externalID: r.text("externalId"), deletedAt: at})
}

func (c *collection) forget(r *record) {
	delete(c.byID, r.id)
	c.all.remove(r)
	if siblings := c.byContact[r.contactID]; siblings != nil {
		siblings.remove(r)
		if len(*siblings) == 0 {
			delete(c.byContact, r.contactID)
		}
	}
	for field, x := range c.indexes {
		x.remove(indexKey(field, r.text(field)), r.id)
	}
}

// of returns the children of a contact.
func (c *collection) of(contactID string) ordered[*record] {
	if children := c.byContact[contactID]; children != nil {
		return *children
	}
	return nil
}
