package storage

import "encoding/binary"

// The image of a tree's page has the page's header and prefix, and then its cells in the order of their keys, each without what its key shares with
// the one before: slots follow from that, and garbage and hole are left out.
//
//	(uvarint(bytes shared) uvarint(further bytes of the key<<1 | long) key, rest of the cell)*

func appendTree(dst []byte, p ptr) []byte {
	dst = append(dst, span(p, 0, slotBase(p))...)
	var before []byte
	for i := range countOf(p) {
		off, kl, long := slot(p, i)
		key := span(p, off, kl)
		shared := commonPrefix(before, key)
		l := uint64(kl-shared) << 1
		if long {
			l |= 1
		}
		dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(shared)), l)
		dst = append(dst, span(p, off+shared, cellSize(p, i)-shared)...)
		before = key
	}
	return dst
}

// decodeTree fills p, of which the first bytes of the header are there, from an image.
func decodeTree(p ptr, raw []byte) error {
	o, n, low := slotBase(p), countOf(p), PageSize
	if o > len(raw) || o+n*slotSize > PageSize {
		return errImage
	}
	copy(span(p, headerSize, o-headerSize), raw[headerSize:o])
	st16(p, offGarbage, 0)
	st16(p, offGone, 0)
	hole := o + n*slotSize
	raw = raw[o:]
	var before []byte
	for range n {
		shared, n1 := binary.Uvarint(raw)
		if n1 <= 0 || shared > uint64(len(before)) {
			return errImage
		}
		l, n2 := binary.Uvarint(raw[n1:])
		if n2 <= 0 || l>>1 > uint64(len(raw)-n1-n2) {
			return errImage
		}
		raw = raw[n1+n2:]
		key := int(l >> 1)
		rest, err := treeRest(p, raw[key:], l&1 != 0)
		if err != nil {
			return err
		}
		if low -= int(shared) + key + rest; low < hole {
			return errImage
		}
		copy(span(p, low, int(shared)), before)
		copy(span(p, low+int(shared), key+rest), raw)
		raw = raw[key+rest:]
		before = span(p, low, int(shared)+key)
		if len(before) > slotLen {
			return errImage
		}
		putSlot(p, o, low, before, l&1 != 0, 0)
		o += slotSize
	}
	if len(raw) > 0 {
		return errImage
	}
	st16(p, offLow, low)
	return nil
}

// treeRest is the length of what follows the key in a cell of p.
func treeRest(p ptr, b []byte, long bool) (n int, err error) {
	if kindOf(p) == kindLeaf {
		return restSize(b, long)
	}
	n = 4
	if long {
		n += refSize
	}
	if n > len(b) {
		return 0, errImage
	}
	return n, nil
}
