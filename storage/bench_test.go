package storage

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"testing"
)

// benchKeys is how many entries the structures of the benchmarks have.
const benchKeys = 1_000_000

// benchKey spreads n over 16 bytes.
func benchKey(b []byte, n uint64) []byte {
	x := n * 0x9E3779B97F4A7C15
	b = binary.BigEndian.AppendUint64(b[:0], x^x>>29)
	return binary.BigEndian.AppendUint64(b, n)
}

// filled is a store with one structure of benchKeys entries.
func filled(b *testing.B, spec Spec) (*Store, ID) {
	b.Helper()
	s := NewTemp(nil)
	b.Cleanup(func() { _ = s.Close() })
	s.Begin(1)
	id := s.Create(spec)
	s.Publish(s.Seal())
	var c Changes
	var key, value [16]byte
	for n := uint64(0); n < benchKeys; {
		c.Reset()
		for range 10_000 {
			v := value[:]
			if !spec.Put {
				v = nil
			}
			c.Add(benchKey(key[:], n), v, 1)
			n++
		}
		s.Begin(s.LastTick() + 1)
		s.Map(id).Apply(&c)
		s.Publish(s.Seal())
	}
	return s, id
}

var benchSpecs = []struct {
	name string
	spec Spec
}{
	{"private", Spec{Ordered: true, Put: true}},
	{"published", Spec{Ordered: true, Put: true, Published: true}},
	{"table", Spec{Put: true}},
	{"multiset", Spec{Ordered: true, Published: true}},
	{"tableMultiset", Spec{}},
}

// BenchmarkApply is the cost of one update, in ticks of so many. ns/op is per update.
func BenchmarkApply(b *testing.B) {
	for _, x := range benchSpecs {
		for _, batch := range []int{1, 100, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", x.name, batch), func(b *testing.B) {
				s, id := filled(b, x.spec)
				rnd := rand.New(rand.NewSource(1))
				var c Changes
				var key [16]byte
				var value [16]byte
				b.ResetTimer()
				for n := 0; n < b.N; {
					c.Reset()
					for range batch {
						binary.LittleEndian.PutUint64(value[:], uint64(n))
						v := value[:]
						if !x.spec.Put {
							v = nil
						}
						c.Add(benchKey(key[:], uint64(rnd.Intn(benchKeys))), v, 1)
						n++
					}
					s.Begin(s.LastTick() + 1)
					s.Map(id).Apply(&c)
					s.Publish(s.Seal())
				}
			})
		}
	}
}

// BenchmarkUpdate reads, adds to and writes groups: what an aggregate does.
func BenchmarkUpdate(b *testing.B) {
	for _, x := range []struct {
		name string
		spec Spec
	}{{"tree", Spec{Ordered: true, Put: true}}, {"table", Spec{Put: true}}} {
		for _, batch := range []int{1, 100, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", x.name, batch), func(b *testing.B) {
				s, id := filled(b, x.spec)
				rnd := rand.New(rand.NewSource(1))
				var c Changes
				var key, state [16]byte
				b.ResetTimer()
				for n := 0; n < b.N; {
					c.Reset()
					for range batch {
						c.Add(benchKey(key[:], uint64(rnd.Intn(benchKeys))), nil, 1)
						n++
					}
					s.Begin(s.LastTick() + 1)
					s.Map(id).Update(&c, func(i int, old []byte) []byte {
						binary.LittleEndian.PutUint64(state[:], binary.LittleEndian.Uint64(old)+1)
						return state[:]
					})
					s.Publish(s.Seal())
				}
			})
		}
	}
}
