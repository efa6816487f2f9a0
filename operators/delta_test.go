package operators

import (
	"bytes"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/streamsql/streamsql/types"
)

// TestSeal compares sealed deltas with a map, for entries of all lengths around the heads', and all sizes around radixFrom.
func TestSeal(t *testing.T) {
	for seed := range int64(300) {
		r := rand.New(rand.NewSource(seed))
		d := &delta{}
		want := map[string]int64{}
		shared := bytes.Repeat([]byte{7}, r.Intn(12))
		for range r.Intn(3 * radixFrom) {
			b := append([]byte{}, shared...)
			for range r.Intn(11) {
				b = append(b, byte(r.Intn(3)))
			}
			if r.Intn(40) == 0 && seed%2 == 0 {
				b = b[:len(b)/2]
			}
			w := int64(r.Intn(3) - 1)
			d.add(b[:len(b)/2], b[len(b)/2:], w)
			want[string(b)] += w
		}
		d.seal()
		got := map[string]int64{}
		for i := range d.ents {
			if i > 0 && bytes.Compare(d.full(i-1), d.full(i)) >= 0 {
				t.Fatalf("seed %d: entry %d is %x behind %x", seed, i, d.full(i), d.full(i-1))
			}
			got[string(d.full(i))] = d.weight(i)
		}
		for k, w := range want {
			if got[k] != w {
				t.Fatalf("seed %d: %x has weight %d, want %d", seed, k, got[k], w)
			}
			if _, ok := got[k]; ok && w == 0 {
				t.Fatalf("seed %d: %x has weight 0", seed, k)
			}
		}
	}
}

// BenchmarkSeal sorts ticks of entries of two bigints and an image, and, as the measure, does it by comparisons.
func BenchmarkSeal(b *testing.B) {
	for _, n := range []int{64, 256, 4096, 25600} {
		var proto delta
		for i := range n {
			key := types.AppendIntKey(nil, int64(i*7919%(n/4)))
			key = types.AppendIntKey(key, int64(1_000_000+i%64))
			proto.add(key, append([]byte("image"), key...), 1)
		}
		var d delta
		fill := func() { d.buf, d.ents = proto.buf, append(d.ents[:0], proto.ents...) }
		b.Run(fmt.Sprint("seal/", n), func(b *testing.B) {
			for b.Loop() {
				fill()
				d.seal()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/entry")
		})
		b.Run(fmt.Sprint("comparing/", n), func(b *testing.B) {
			for b.Loop() {
				fill()
				slices.SortFunc(d.ents, func(x, y entry) int {
					return bytes.Compare(d.buf[x.off:x.off+int(x.n)], d.buf[y.off:y.off+int(y.n)])
				})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/entry")
		})
	}
}
