package syncer

import (
	"cmp"
	"container/heap"
	"context"
	"maps"
	"slices"
	"time"
)

// turn is when a tenant is due.
type turn struct {
	id  string
	due time.Time
}

// rota keeps the tenants in the order in which they are due.
type rota struct {
	turns []turn          // a heap
	known map[string]bool // those that are listed
	busy  map[string]bool // those that have their turn
}

// list takes over which tenants there are.
func (r *rota) list(ctx context.Context, tenants Tenants, now time.Time) error {
	listed := map[string]bool{}
	for id, err := range tenants.List(ctx) {
		if err != nil {
			return err // what is known stays
		}
		listed[id] = true
		if !r.known[id] {
			r.known[id] = true
			if !r.busy[id] {
				heap.Push(r, turn{id, now})
			}
		}
	}
	maps.DeleteFunc(r.known, func(id string, _ bool) bool { return !listed[id] })
	r.turns = slices.DeleteFunc(r.turns, func(t turn) bool { return !listed[t.id] })
	heap.Init(r)
	return nil
}

// begin takes out who is due first.
func (r *rota) begin() string {
	id := r.turns[0].id
	heap.Pop(r)
	r.busy[id] = true
	return id
}

// end puts a tenant back whose turn has ended.
func (r *rota) end(t turn) {
	delete(r.busy, t.id)
	if r.known[t.id] {
		heap.Push(r, t)
	}
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (r *rota) Len() int { return len(r.turns) }
func (r *rota) Less(i, j int) bool {
	return cmp.Or(r.turns[i].due.Compare(r.turns[j].due), cmp.Compare(r.turns[i].id, r.turns[j].id)) < 0
}
func (r *rota) Swap(i, j int) { r.turns[i], r.turns[j] = r.turns[j], r.turns[i] }
func (r *rota) Push(x any) {
	if t, ok := x.(turn); ok {
		r.turns = append(r.turns, t)
	}
}
func (r *rota) Pop() any {
	last := len(r.turns) - 1
	t := r.turns[last]
	r.turns = r.turns[:last]
	return t
}
