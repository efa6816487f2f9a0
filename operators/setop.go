package operators

import (
	"bytes"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

// SetOp is EXCEPT and INTERSECT, with or without ALL, by equality of rows. With l and r the numbers of rows of a key:
//
//	EXCEPT ALL max(0, l-r) rows    INTERSECT ALL min(l, r)    EXCEPT 1 if l > 0, r = 0    INTERSECT 1 if l > 0, r > 0
//
// The rows are left ones, the smallest images first. For each key touched, d out = out_new - out_old. Errors of both sides pass
// on with their sign as it is.
//
//	EXCEPT ALL:   L +1 +1 -> +1 +1     R +1 -> -1     R -1 -> +1
type SetOp struct {
	except, all bool
	l, r        *index
	change      delta
	out         *batch.Batch
}

// NewSetOp makes the operator for rows of types ts; port 0 is the left side, 1 the right. Roles: left, right.
func NewSetOp(ts []types.Type, except, all bool, maps Maps) *SetOp {
	key := Ascending(allCols(len(ts)))
	return &SetOp{
		except: except, all: all, out: batch.New(ts, 0),
		l: newIndex(ts, key, maps("left", specRows)),
		r: newIndex(ts, key, maps("right", specRows)),
	}
}

func (o *SetOp) Name() string {
	if o.except {
		return "except"
	}
	return "intersect"
}

func (o *SetOp) Step(port int, in *batch.Batch, out Out) error {
	x := o.l
	if port == 1 {
		x = o.r
	}
	x.collectRows(in)
	return passErrs(in, out)
}

func (o *SetOp) Finish(out Out) error {
	o.l.apply()
	o.r.apply()
	defer o.l.reset()
	defer o.r.reset()
	ld, rd := &o.l.d, &o.r.d
	for i, k := 0, 0; i < ld.len() || k < rd.len(); {
		var key []byte
		switch {
		case i == ld.len():
			key = rd.key(k)
		case k == rd.len() || bytes.Compare(ld.key(i), rd.key(k)) <= 0:
			key = ld.key(i)
		default:
			key = rd.key(k)
		}
		o.change.reset()
		o.rows(key, true, -1)
		o.rows(key, false, 1)
		o.change.seal()
		for c := range o.change.ents {
			if err := appendBounded(o.out, o.change.image(c), o.change.weight(c), out); err != nil {
				return err
			}
		}
		i, k = ld.run(i, key), rd.run(k, key)
	}
	return flush(o.out, out)
}

// rows adds what a key outputs, old or new.
func (o *SetOp) rows(key []byte, old bool, sign int64) {
	n := o.count(key, old)
	if n == 0 {
		return
	}
	c := o.l.cursorOf(old)
	c.seek(key, len(o.l.Key), old)
	for n > 0 && c.next() {
		w := min(n, c.weight)
		o.change.add(key, c.image, sign*w)
		n -= w
	}
}

// count is the number of rows that a key outputs.
func (o *SetOp) count(key []byte, old bool) int64 {
	l, r := o.l.total(key, old), o.r.total(key, old)
	switch {
	case o.except && o.all:
		return max(0, l-r)
	case o.all:
		return min(l, r)
	case l > 0 && (r > 0) != o.except:
		return 1
	}
	return 0
}
