//go:build invariants

package storage

import "fmt"

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
