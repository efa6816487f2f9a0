package storage

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestExchange changes the values of rows in a multiset, one row a group, as a grouping does: also to ones of another length, and
// together with groups that come and go. A snapshot keeps what it saw.
func TestExchange(t *testing.T) {
	const groups, ticks = 3000, 300
	s := NewTemp(nil)
	defer s.Close()
	rng := rand.New(rand.NewPCG(1, 1))
	row := func(g, v int) string { return fmt.Sprintf("group%05d=%02d", g, v) }
	values := make(map[int]int)
	var id ID
	var c Changes
	for tick := range ticks {
		s.Begin(Tick(tick + 1))
		if tick == 0 {
			id = s.Create(Spec{Ordered: true, Published: true})
		}
		var before []string
		if tick > 0 {
			before = rows(s.Map(id).Iter())
		}
		pinned := s.Pin()
		c.Reset()
		for range 1 + rng.IntN(groups/4) {
			g := rng.IntN(groups)
			if v, ok := values[g]; ok {
				c.Add([]byte(row(g, v)), nil, -1)
				delete(values, g)
			}
			if rng.IntN(10) > 0 {
				values[g] = rng.IntN(105)
				c.Add([]byte(row(g, values[g])), nil, 1)
			}
		}
		s.Map(id).Apply(&c)
		sealed := s.Seal()
		if tick > 0 {
			if got := rows(pinned.Iter(id)); !slices.Equal(got, before) {
				t.Fatalf("tick %d: the snapshot before it changed", tick)
			}
		}
		pinned.Close()
		s.Publish(sealed)
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		var want []string
		for g, v := range values {
			want = append(want, row(g, v))
		}
		slices.Sort(want)
		if got := rows(s.Map(id).Iter()); !slices.Equal(got, want) {
			t.Fatalf("tick %d: %d rows instead of %d, or others", tick, len(got), len(want))
		}
	}
}

func rows(it Iterator) (out []string) {
	defer it.Close()
	for ok := it.SeekGE(nil); ok; ok = it.Next() {
		out = append(out, string(it.Key()))
		if it.Weight() != 1 {
			out = append(out, "and more of it")
		}
	}
	return out
}
