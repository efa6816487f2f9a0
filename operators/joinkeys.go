package operators

import "github.com/streamsql/streamsql/batch"

// keyJoin is an outer, semi or anti join without a residual. All left rows of a key are matched, or none is:
//
//	matched, old and new:         dL is output (Semi)
//	unmatched, old and new:       dL is output (Left: padded, Anti)
//	unmatched, now matched:       -L_old unmatched, +L_new matched
//	matched, now unmatched:       -L_old matched, +L_new unmatched
type keyJoin struct {
	j      *Join
	single *batch.Batch // semi, anti: the output
}

func newKeyJoin(j *Join) *keyJoin {
	m := &keyJoin{j: j}
	if !j.spec.Kind.pairs() {
		m.single = batch.New(j.l.side.A.Types, 0)
	}
	return m
}

func (m *keyJoin) begin() error { return nil }

func (m *keyJoin) end() error {
	if m.single != nil {
		return flush(m.single, m.j.out)
	}
	return m.j.emitPairs()
}

func (m *keyJoin) key(k joinKey) error {
	j := m.j
	if k.null {
		if j.spec.Kind != Semi {
			if err := m.unmatchedChange(&j.l, k.llo, k.lhi); err != nil {
				return err
			}
		}
		if j.spec.Kind == Full {
			return m.unmatchedChange(&j.r, k.rlo, k.rhi)
		}
		return nil
	}
	rOld, lNew, err := m.pairs(k)
	if err != nil {
		return err
	}
	rNew := rOld
	if k.rlo < k.rhi {
		rNew = !j.r.c.empty(k.b, j.spec.NKeys, false)
	}
	if err := m.rows(&j.l, k, k.llo, k.lhi, rOld, rNew); err != nil || j.spec.Kind != Full {
		return err
	}
	lOld := lNew
	if k.llo < k.lhi {
		lOld = !j.l.c.empty(k.b, j.spec.NKeys, true)
	}
	return m.rows(&j.r, k, k.rlo, k.rhi, lOld, lNew)
}

// pairs adds the pairs of a key, where pairs are output, and tells whether R_old and L_new (Full only) have the key.
func (m *keyJoin) pairs(k joinKey) (rOld, lNew bool, err error) {
	j := m.j
	kind := j.spec.Kind
	if kind.pairs() && k.llo < k.lhi {
		rOld, err = j.pairsOfLeft(k)
	} else {
		rOld = !j.r.c.empty(k.b, j.spec.NKeys, true)
	}
	if err != nil {
		return false, false, err
	}
	if kind.pairs() && k.rlo < k.rhi {
		lNew, err = j.pairsOfRight(k)
	} else if kind == Full {
		lNew = !j.l.c.empty(k.b, j.spec.NKeys, false)
	}
	return rOld, lNew, err
}

// rows outputs the change of the rows of a side that stand alone, as the other side had the key (old) and has it.
func (m *keyJoin) rows(h *half, k joinKey, lo, hi int, old, now bool) error {
	want := m.j.spec.Kind == Semi // the rows output are those with a match
	switch {
	case old == want && now == want:
		return m.unmatchedChange(h, lo, hi)
	case old == want:
		return m.walk(h, k.b, true, -1)
	case now == want:
		return m.walk(h, k.b, false, 1)
	}
	return nil
}

// unmatchedChange outputs the changes lo to hi of a side by themselves.
func (m *keyJoin) unmatchedChange(h *half, lo, hi int) error {
	d := h.side.change
	for i := lo; i < hi; i++ {
		if err := m.alone(h, d.image(i), d.weight(i)); err != nil {
			return err
		}
	}
	return nil
}

// walk outputs the rows of a key, old or new, with a sign.
func (m *keyJoin) walk(h *half, key []byte, old bool, sign int64) error {
	h.c.seek(key, m.j.spec.NKeys, old)
	for h.c.next() {
		if err := m.alone(h, h.c.image, sign*h.c.weight); err != nil {
			return err
		}
	}
	return nil
}

// alone outputs one row of a side: padded with NULLs, or as it is in a semi or anti join.
func (m *keyJoin) alone(h *half, image []byte, w int64) error {
	if m.single != nil {
		return appendBounded(m.single, image, w, m.j.out)
	}
	return m.j.pad(h, image, w)
}

// pad adds a row of a side with NULLs in the other's columns.
func (j *Join) pad(h *half, image []byte, w int64) error {
	other := &j.r
	if h == other {
		other = &j.l
	}
	if err := h.part.AppendFromImageOnly(image, h.cols, 1); err != nil {
		return err
	}
	h.part.W = h.part.W[:0]
	for _, v := range other.part.Cols {
		v.AppendNull()
	}
	j.pair.W = append(j.pair.W, w)
	if full(j.pair) {
		return flush(j.pair, j.out)
	}
	return nil
}

// appendBounded adds a row to b and emits b when it is a slice.
func appendBounded(b *batch.Batch, image []byte, w int64, out Out) error {
	if _, err := b.AppendFromImage(image, w); err != nil {
		return err
	}
	if full(b) {
		return flush(b, out)
	}
	return nil
}
