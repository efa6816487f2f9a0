package optest

import (
	"fmt"

	"github.com/streamsql/streamsql/storage"
)

// State gives operators their structures and finds them again: after Restart the same calls get the same structures.
type State struct {
	store *storage.Store // nil: the model
	tick  storage.Tick
	list  []structure
	next  int
}

type structure struct {
	role string
	spec storage.Spec
	m    storage.Map
}

// NewState keeps structures in a store, or, where it is nil, in the model (NewMap).
func NewState(s *storage.Store) *State { return &State{store: s} }

// Maps is an operators.Maps.
func (s *State) Maps(role string, spec storage.Spec) storage.Map {
	if s.next == len(s.list) {
		x := structure{role: role, spec: spec}
		if s.store == nil {
			x.m = NewMap(spec)
		} else {
			x.m = s.store.Map(s.store.Create(spec))
		}
		s.list = append(s.list, x)
	}
	x := s.list[s.next]
	if x.role != role || x.spec != spec {
		panic(fmt.Sprintf("optest: role %q was %q before the restart", role, x.role))
	}
	s.next++
	return x.m
}

// Restart begins the calls of Maps anew.
func (s *State) Restart() { s.next = 0 }

// Tick runs f in a tick of the store.
func (s *State) Tick(f func() error) error {
	if s.store == nil {
		err := f()
		for _, x := range s.list {
			if n := x.m.(*memMap).open; n != 0 && err == nil {
				err = fmt.Errorf("%d iterators of role %s are open after the tick", n, x.role)
			}
		}
		return err
	}
	s.tick++
	s.store.Begin(s.tick)
	err := f()
	s.store.Publish(s.store.Seal())
	return err
}

// Left describes what is stored, but for the memory of having begun or scanned: "" if nothing.
func (s *State) Left() string {
	left := ""
	for i, x := range s.list {
		if x.role == "cursor" || x.role == "said" {
			continue
		}
		if n := x.m.Len(); n != 0 {
			left += fmt.Sprintf("structure %d, role %s: %d entries\n", i, x.role, n)
		} else if b := x.m.Bytes(); b != 0 && x.spec.Ordered {
			left += fmt.Sprintf("structure %d, role %s: %d bytes without entries\n", i, x.role, b)
		}
	}
	return left
}
