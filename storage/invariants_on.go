//go:build invariants

package storage

import (
	"bytes"
	"fmt"
)

// checkInvariants runs after every tick: all of Check while the store is small, then every now and then.
func (s *Store) checkInvariants() {
	every := Tick(1)
	for n := s.nextPage; n > 64; n /= 2 {
		every *= 2
	}
	if s.tick%every != 0 {
		return
	}
	if err := s.Check(); err != nil {
		panic(fmt.Sprintf("storage: after tick %d: %v", s.tick, err))
	}
}

// mustBeSorted checks the promise of Changes.Sorted.
func (b *sorted) mustBeSorted() {
	for i := 1; i < len(b.list); i++ {
		if bytes.Compare(b.key(&b.list[i-1]), b.key(&b.list[i])) >= 0 {
			panic("storage: changes are not sorted")
		}
	}
}

// mustBeDistinct checks the promise of Changes.Distinct.
func (b *sorted) mustBeDistinct() {
	seen := make(map[string]bool, len(b.list))
	for i := range b.list {
		if k := string(b.key(&b.list[i])); seen[k] {
			panic("storage: a key was changed twice")
		} else {
			seen[k] = true
		}
	}
}
