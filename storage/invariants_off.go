//go:build !invariants

package storage

func (s *Store) checkInvariants() {}

func (b *sorted) mustBeSorted() {}

func (b *sorted) mustBeDistinct() {}
