package operators

import (
	"bytes"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// countJoin is an outer, semi or anti join with a residual: whether a left row l is output alone depends on m(l), the number
// of right rows that match it. The state is m of every row that stands and matches anything. From
// d(L x R) = dL x R_old + L_new x dR follow both m: what is counted while l itself drives (own) and while the other side
// does (other).
//
//	left rows:    m_old = own for l in dL, else the stored count;   m_new = m_old + other
//	right rows:   m_new = own for r in dR, else stored + other;     m_old = m_new - other
//
// NOT IN over several columns, or with a residual, is this join too, over all pairs: whether two keys could be equal is
// evaluated like a residual.
type countJoin struct {
	j      *Join
	nkeys  int // of NOT IN
	l, r   *tally
	single *batch.Batch // semi, anti: the output

	// The pairs at hand: their rows in the tallies, weights of the sides, and which side drove.
	lref, rref []int32
	lw, rw     []int64
	left       []bool
	sel        []int32
	entry      []byte
}

// tally is the rows of a side whose matches, or who themselves, changed in this tick.
type tally struct {
	h      *half
	m      storage.Map // entry -> count as weight
	keys   keyTable
	rows   []tallyRow
	change storage.Changes
}

type tallyRow struct {
	klen       int
	changed    int64 // weight in the side's change
	own, other int64
	driven     bool
}

func newCountJoin(j *Join, maps Maps) *countJoin {
	m := &countJoin{j: j, l: &tally{h: &j.l, m: maps("left", specRows)}}
	if j.spec.Kind == Full {
		m.r = &tally{h: &j.r, m: maps("right", specRows)}
	}
	if !j.spec.Kind.pairs() {
		m.single = batch.New(j.l.side.A.Types, 0)
	}
	if j.spec.Kind == AntiNull {
		m.nkeys, j.spec.NKeys = j.spec.NKeys, 0
	}
	return m
}

func (m *countJoin) begin() error {
	for _, t := range []*tally{m.l, m.r} {
		if t != nil {
			t.keys.reset()
			t.rows = t.rows[:0]
		}
	}
	return nil
}

func (m *countJoin) key(k joinKey) error {
	j := m.j
	if k.null {
		return m.unmatchable(k)
	}
	ld, rd := j.l.side.change, j.r.side.change
	for i := k.llo; i < k.lhi; i++ {
		if err := m.drive(&j.l, &j.r, i, ld, k.b, true); err != nil {
			return err
		}
	}
	for i := k.rlo; i < k.rhi; i++ {
		if err := m.drive(&j.r, &j.l, i, rd, k.b, false); err != nil {
			return err
		}
	}
	return nil
}

// unmatchable outputs the changes whose key has a NULL.
func (m *countJoin) unmatchable(k joinKey) error {
	ld, rd := m.j.l.side.change, m.j.r.side.change
	for i := k.llo; i < k.lhi && m.j.spec.Kind != Semi; i++ {
		if err := m.alone(&m.j.l, ld.image(i), ld.weight(i)); err != nil {
			return err
		}
	}
	for i := k.rlo; i < k.rhi && m.j.spec.Kind == Full; i++ {
		if err := m.alone(&m.j.r, rd.image(i), rd.weight(i)); err != nil {
			return err
		}
	}
	return nil
}

// drive pairs change i of a side with the rows of the other side.
func (m *countJoin) drive(by, probed *half, i int, d *delta, key []byte, left bool) error {
	j := m.j
	w := d.weight(i)
	me := m.tallyOf(by).touch(d.full(i), len(d.key(i)), w, true)
	if err := by.take(d.image(i)); err != nil {
		return err
	}
	if len(m.left) == 0 { // rows that stand alone are no pairs to evaluate
		if err := flush(j.pair, j.out); err != nil {
			return err
		}
	}
	j.probe(by, probed, key, left)
	for c := &probed.c; c.next(); {
		m.entry = append(m.entry[:0], c.entry...)
		klen := len(m.entry)
		if probed.side.A.put {
			m.entry = append(m.entry, c.image...)
		} else {
			klen -= len(c.image)
		}
		it := m.tallyOf(probed).touch(m.entry, klen, c.weight, false)
		if err := probed.part.AppendFromImageOnly(c.image, probed.cols, 1); err != nil {
			return err
		}
		probed.part.W = probed.part.W[:0]
		for k, v := range by.part.Cols {
			repeat(v, by.one.Cols[k], 0, 1)
		}
		j.pair.W = append(j.pair.W, w*c.weight)
		m.left = append(m.left, left)
		if left {
			m.lref, m.rref, m.lw, m.rw = append(m.lref, me), append(m.rref, it), append(m.lw, w), append(m.rw, c.weight)
		} else {
			m.lref, m.rref, m.lw, m.rw = append(m.lref, it), append(m.rref, me), append(m.lw, c.weight), append(m.rw, w)
		}
		if full(j.pair) {
			if err := m.settle(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *countJoin) tallyOf(h *half) *tally {
	if h == &m.j.l {
		return m.l
	}
	return m.r
}

// touch finds a row of the side: w is its weight in the change, if it drives, else in what was probed. A nil tally does
// not count.
func (t *tally) touch(entry []byte, klen int, w int64, drives bool) int32 {
	if t == nil {
		return -1
	}
	i, fresh := t.keys.add(entry)
	if fresh {
		t.rows = append(t.rows, tallyRow{klen: klen})
	}
	row := &t.rows[i]
	if drives {
		row.changed, row.driven = w, true
	}
	return int32(i)
}

// settle evaluates the pairs at hand, counts them, and outputs those that match.
func (m *countJoin) settle() error {
	j := m.j
	if len(m.left) == 0 {
		return nil
	}
	var errs []batch.ErrRow
	sel := m.matching(&errs)
	for _, i := range sel {
		if m.left[i] {
			m.l.rows[m.lref[i]].own += m.rw[i]
		} else {
			m.l.rows[m.lref[i]].other += m.rw[i]
		}
		if m.r == nil {
			continue
		}
		if m.left[i] {
			m.r.rows[m.rref[i]].other += m.lw[i]
		} else {
			m.r.rows[m.rref[i]].own += m.lw[i]
		}
	}
	m.lref, m.rref, m.lw, m.rw, m.left = m.lref[:0], m.rref[:0], m.lw[:0], m.rw[:0], m.left[:0]
	if m.single != nil {
		j.pair.Reset()
		if len(errs) == 0 {
			return nil
		}
		return j.out(errsOnly(m.single.Types(), errs))
	}
	j.good.Reset()
	j.good.Errs = append(j.good.Errs, errs...)
	gather(j.good, j.pair, sel)
	j.pair.Reset()
	return flush(j.good, j.out)
}

// matching selects the pairs that match.
func (m *countJoin) matching(errs *[]batch.ErrRow) []int32 {
	j := m.j
	var could []int32
	if j.spec.Kind == AntiNull {
		m.sel = m.couldBeEqual(m.sel[:0])
		if could = m.sel; j.spec.Residual == nil || len(could) == 0 {
			return could
		}
	}
	j.ctx.Reset()
	j.sel = expr.Filter(j.ctx, j.spec.Residual, j.pair, could, j.sel[:0])
	if j.ctx.Failed() {
		for i, w := range j.pair.W {
			if err := j.ctx.Err(i); err != nil {
				*errs = append(*errs, errAt(err, j.pair, i, j.failAt, w))
			}
		}
	}
	return j.sel
}

// couldBeEqual selects the pairs whose keys are equal column by column, or unknown.
func (m *countJoin) couldBeEqual(sel []int32) []int32 {
	la, ra := m.j.l.side.A, m.j.r.side.A
pairs:
	for i := range m.j.pair.W {
		for k := range m.nkeys {
			l, r := m.j.l.part.Cols[la.Key[k].Col], m.j.r.part.Cols[ra.Key[k].Col]
			if !l.IsNull(i) && !r.IsNull(i) && types.Compare(l.Type, l.Datum(i), r.Datum(i)) != 0 {
				continue pairs
			}
		}
		sel = append(sel, int32(i))
	}
	return sel
}

func (m *countJoin) end() error {
	if err := m.settle(); err != nil {
		return err
	}
	if err := m.close(m.l, true); err != nil {
		return err
	}
	if m.r != nil {
		if err := m.close(m.r, false); err != nil {
			return err
		}
	}
	if m.single != nil {
		return flush(m.single, m.j.out)
	}
	return flush(m.j.pair, m.j.out)
}

// close outputs the rows of a side that have come to stand alone, or ceased to, and stores the counts.
func (m *countJoin) close(t *tally, left bool) error {
	t.change.Reset()
	for i := range t.rows {
		row := &t.rows[i]
		entry := t.keys.key(i)
		_, stored, _ := t.m.Get(entry)
		now := t.h.side.A.weightOf(entry, row.klen)
		was := now - row.changed
		mOld := stored
		switch {
		case row.driven && left:
			mOld = row.own
		case row.driven:
			mOld = row.own - row.other
		}
		mNew := mOld + row.other
		w := int64(0) // rows without a match
		if mNew == 0 {
			w += now
		}
		if mOld == 0 {
			w -= was
		}
		if m.j.spec.Kind == Semi { // rows with one
			w = now - was - w
		}
		if w != 0 {
			if err := m.alone(t.h, entry[row.klen:], w); err != nil {
				return err
			}
		}
		if now == 0 {
			mNew = 0
		}
		if mNew != stored {
			t.change.Add(entry, nil, mNew-stored)
		}
	}
	if t.change.Len() > 0 {
		t.m.Apply(&t.change)
	}
	return nil
}

// weightOf is the weight, as of New, of the row with an entry whose key has length klen.
func (a *Arranged) weightOf(entry []byte, klen int) int64 {
	if !a.put {
		_, w, _ := a.rows.Get(entry)
		return w
	}
	if v, _, ok := a.rows.Get(entry[:klen]); ok && bytes.Equal(a.stored(entry[:klen], v), entry[klen:]) {
		return 1
	}
	return 0
}

// alone outputs one row of a side without a partner.
func (m *countJoin) alone(h *half, image []byte, w int64) error {
	if m.single != nil {
		return appendBounded(m.single, image, w, m.j.out)
	}
	if err := m.settle(); err != nil {
		return err
	}
	return m.j.pad(h, image, w)
}
