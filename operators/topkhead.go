package operators

import (
	"bytes"
	"encoding/binary"
)

// headState is the first m rows of a partition: how many there are (fewer than m: all of the partition), and, if there are m,
// its last entry and how many copies of it belong to it. While a change is worked in, copies may be 0: the last entry
// is gone.
type headState struct {
	n      int64
	last   []byte
	copies int64
}

// decode reads a state and gives the rest. Entries are stored without the partition's key.
func (h *headState) decode(v, part []byte) []byte {
	*h = headState{last: h.last[:0]}
	if len(v) == 0 {
		return nil
	}
	n, k := binary.Uvarint(v)
	v = v[k:]
	c, k := binary.Uvarint(v)
	v = v[k:]
	l, k := binary.Uvarint(v)
	v = v[k:]
	h.n, h.copies = int64(n), int64(c)
	if c > 0 {
		h.last = append(append(h.last, part...), v[:l]...)
	}
	return v[l:]
}

func (h *headState) encode(dst []byte, part int) []byte {
	dst = binary.AppendUvarint(dst, uint64(h.n))
	dst = binary.AppendUvarint(dst, uint64(h.copies))
	if h.copies == 0 {
		return append(dst, 0)
	}
	dst = binary.AppendUvarint(dst, uint64(len(h.last)-part))
	return append(dst, h.last[part:]...)
}

func (h *headState) stand(entry []byte, copies int64) {
	h.last, h.copies = append(h.last[:0], entry...), copies
}

// step brings the head of m rows up to the changes i to end and emits what enters and leaves it, times sign.
func (o *TopK) step(h *headState, m, sign int64, i, end int) {
	d := &o.x.d
	full := h.copies > 0
	for ; i < end; i++ {
		w := d.weight(i)
		if full {
			c := bytes.Compare(d.full(i), h.last)
			if c > 0 {
				break
			}
			if c == 0 { // what goes are first the copies beyond the head; what comes is a matter of grow
				_, stored, _ := o.x.m.Get(h.last)
				w = min(h.copies, stored) - h.copies
				h.copies += w
			}
		}
		o.emit(d, i, sign*w)
		h.n += w
	}
	switch {
	case h.n > m:
		o.shrink(h, m, sign, full)
	case h.n < m && full:
		o.grow(h, m, sign)
	case h.n == m && h.copies == 0:
		if o.back(h, full) {
			h.stand(o.it.Key(), o.it.Weight())
		}
	}
}

// back puts the iterator at the last entry of a head whose boundary is not known (not full) or gone.
func (o *TopK) back(h *headState, full bool) bool {
	if full {
		return o.it.SeekLT(h.last)
	}
	return o.it.SeekLT(prefixEnd(o.part))
}

// shrink takes rows off the end until m remain.
func (o *TopK) shrink(h *headState, m, sign int64, full bool) {
	var ok bool
	w := h.copies
	if w > 0 {
		ok = o.it.SeekGE(h.last)
	} else if ok = o.back(h, full); ok {
		w = o.it.Weight()
	}
	for ok {
		off := min(w, h.n-m)
		if off > 0 {
			o.emitAt(-sign * off)
			h.n -= off
		}
		if off < w {
			h.stand(o.it.Key(), w-off)
			return
		}
		if ok = o.it.Prev(); ok {
			w = o.it.Weight()
		}
	}
}

// grow takes rows in behind the end until there are m, or all.
func (o *TopK) grow(h *headState, m, sign int64) {
	for ok := o.it.SeekGE(h.last); ok && bytes.HasPrefix(o.it.Key(), o.part); ok = o.it.Next() {
		in := int64(0) // copies that are in the head already
		if h.copies > 0 && bytes.Equal(o.it.Key(), h.last) {
			in = h.copies
		}
		if add := min(o.it.Weight()-in, m-h.n); add > 0 {
			o.emitAt(sign * add)
			h.n += add
			h.stand(o.it.Key(), in+add)
		}
		if h.n == m {
			return
		}
	}
	h.copies = 0
}

// prefixEnd is the least string above all that begin with prefix; nil if there is none.
func prefixEnd(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xFF {
			end := append([]byte(nil), prefix[:i+1]...)
			end[i]++
			return end
		}
	}
	return nil
}
