package contactstest

import "iter"

// ordered is a set of ids in the order in which they were added. Adding and
// removing takes the same time whatever its size.
type ordered struct {
	ids   []string // "" where one was removed
	at    map[string]int
	holes int
}

func (o *ordered) add(id string) {
	if o.has(id) {
		return
	}
	if o.at == nil {
		o.at = map[string]int{}
	}
	o.at[id] = len(o.ids)
	o.ids = append(o.ids, id)
}

func (o *ordered) has(id string) bool {
	if o == nil {
		return false
	}
	_, is := o.at[id]
	return is
}

func (o *ordered) remove(id string) {
	if !o.has(id) {
		return
	}
	o.ids[o.at[id]] = ""
	delete(o.at, id)
	if o.holes++; o.holes > 16 && o.holes > len(o.ids)/2 {
		kept := o.ids[:0]
		for _, id := range o.ids {
			if id != "" {
				o.at[id] = len(kept)
				kept = append(kept, id)
			}
		}
		o.ids, o.holes = kept, 0
	}
}

func (o *ordered) len() int {
	if o == nil {
		return 0
	}
	return len(o.at)
}

// all iterates over the ids. They may not change meanwhile.
func (o *ordered) all() iter.Seq[string] {
	return func(yield func(string) bool) {
		if o == nil {
			return
		}
		for _, id := range o.ids {
			if id != "" && !yield(id) {
				return
			}
		}
	}
}
