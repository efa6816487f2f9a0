package operators

import "github.com/streamsql/streamsql/batch"

// nullJoin is x NOT IN (y...) over one column. Which left rows stay depends on the whole right side first:
//
//	no rows:                all stay
//	a NULL among them:      none stays
//	rows, none of them NULL: those stay whose key is not NULL and not there
//
// With s(k) whether rows of key k stay, d out = (s_new - s_old) L_new + s_old dL, for the keys touched, or, when the right's
// state changed, for all. That costs a walk over the left; an output row changed for most of what it reads.
type nullJoin struct {
	j        *Join
	old, now rightState
	out      *batch.Batch
}

type rightState uint8

const (
	rightEmpty rightState = iota
	rightNull
	rightRows
)

func newNullJoin(j *Join) *nullJoin {
	return &nullJoin{j: j, out: batch.New(j.l.side.A.Types, 0)}
}

func (m *nullJoin) state(old bool) rightState {
	switch {
	case m.j.r.c.empty(nil, 0, old):
		return rightEmpty
	case !m.j.r.c.empty([]byte{keyNull}, 1, old):
		return rightNull
	}
	return rightRows
}

func (m *nullJoin) stays(s rightState, k []byte, null, old bool) bool {
	switch s {
	case rightEmpty:
		return true
	case rightNull:
		return false
	}
	return !null && m.j.r.c.empty(k, 1, old)
}

func (m *nullJoin) begin() error {
	m.old, m.now = m.state(true), m.state(false)
	if m.old == m.now {
		return nil
	}
	a := m.j.l.side.A
	c := &m.j.l.c
	c.seek(nil, 0, false)
	for c.next() {
		k := c.entry[:len(c.entry)-len(skipKey(c.entry, a.Types, a.Key, 1))]
		null := k[0] == keyNull
		if err := m.add(c.image, c.weight, m.stays(m.old, k, null, true), m.stays(m.now, k, null, false)); err != nil {
			return err
		}
	}
	return nil
}

// add outputs (now - old) * w of a row.
func (m *nullJoin) add(image []byte, w int64, old, now bool) error {
	if old == now {
		return nil
	}
	if old {
		w = -w
	}
	return appendBounded(m.out, image, w, m.j.out)
}

func (m *nullJoin) key(k joinKey) error {
	if m.old == m.now && m.old != rightRows && k.llo == k.lhi {
		return nil
	}
	old := m.stays(m.old, k.b, k.null, true)
	if old {
		d := m.j.l.side.change
		for i := k.llo; i < k.lhi; i++ {
			if err := appendBounded(m.out, d.image(i), d.weight(i), m.j.out); err != nil {
				return err
			}
		}
	}
	if m.old != m.now { // begin did the rest
		return nil
	}
	now := m.stays(m.now, k.b, k.null, false)
	if old == now {
		return nil
	}
	c := &m.j.l.c
	c.seek(k.b, 1, false)
	for c.next() {
		if err := m.add(c.image, c.weight, old, now); err != nil {
			return err
		}
	}
	return nil
}

func (m *nullJoin) end() error { return flush(m.out, m.j.out) }
