package operators

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// mark stands for an entry while a delta is sorted.
type mark struct {
	head uint64
	i    uint32
}

// radixFrom is how many entries it takes for counting bytes to beat comparing.
const radixFrom = 256

// sort orders the entries. What all of them begin with (the tag and the high bytes of integers, say) decides nothing: heads
// are taken behind it, and then decide nearly all.
func (d *delta) sort() {
	if len(d.ents) < 2 {
		return
	}
	skip := d.common()
	if len(d.ents) < radixFrom {
		for i := range d.ents {
			d.ents[i].head = head(d.full(i)[skip:])
		}
		slices.SortFunc(d.ents, func(a, b entry) int {
			if a.head != b.head {
				return cmp.Compare(a.head, b.head)
			}
			return bytes.Compare(d.buf[a.off:a.off+int(a.n)], d.buf[b.off:b.off+int(b.n)])
		})
		return
	}
	m := d.radix(skip)
	for lo := 0; lo < len(m); {
		hi := lo + 1
		for hi < len(m) && m[hi].head == m[lo].head {
			hi++
		}
		if hi-lo > 1 {
			slices.SortFunc(m[lo:hi], func(a, b mark) int { return bytes.Compare(d.full(int(a.i)), d.full(int(b.i))) })
		}
		lo = hi
	}
	d.sorted = slices.Grow(d.sorted[:0], len(m))[:len(m)]
	for k, x := range m {
		e := d.ents[x.i]
		e.head = x.head
		d.sorted[k] = e
	}
	d.ents, d.sorted = d.sorted, d.ents
}

// common is the length of what all entries begin with.
func (d *delta) common() int {
	first := d.full(0)
	n := len(first)
	for i := 1; i < len(d.ents) && n > 0; i++ {
		b := d.full(i)
		n = min(n, len(b))
		if bytes.Equal(b[:n], first[:n]) {
			continue
		}
		k := 0
		for b[k] == first[k] {
			k++
		}
		n = k
	}
	return n
}

// radix orders by heads alone, least significant byte first, passing over bytes that are all the same.
func (d *delta) radix(skip int) []mark {
	n := len(d.ents)
	for k := range d.marks {
		d.marks[k] = slices.Grow(d.marks[k][:0], n)[:n]
	}
	from, to := d.marks[0], d.marks[1]
	var counts [8][256]uint32
	for i := range d.ents {
		h := head(d.full(i)[skip:])
		from[i] = mark{h, uint32(i)}
		for b := range counts {
			counts[b][byte(h>>(8*b))]++
		}
	}
	for b := range counts {
		c := &counts[b]
		shift := 8 * b
		if c[byte(from[0].head>>shift)] == uint32(n) {
			continue
		}
		sum := uint32(0)
		for k, x := range c {
			c[k] = sum
			sum += x
		}
		for _, x := range from {
			k := byte(x.head >> shift)
			to[c[k]] = x
			c[k]++
		}
		from, to = to, from
	}
	return from
}

func head(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.BigEndian.Uint64(b)
	}
	var h [8]byte
	copy(h[:], b)
	return binary.BigEndian.Uint64(h[:])
}
