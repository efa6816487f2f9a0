package engine

import (
	"bytes"
	"errors"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// bounds makes lo and hi of the equal columns and the range of the next one.
func (r *lookup) bounds() (ok bool, err error) {
	l := r.l
	lo := r.lo[:0]
	for i, e := range l.Eq {
		if lo, ok, err = r.appendValue(lo, e, r.key[i]); err != nil || !ok {
			return false, err
		}
	}
	r.lo, r.eq = lo, len(lo)
	r.point = r.put && len(l.Eq) == len(r.key)
	hi := append(r.hi[:0], lo...)
	if l.Lo == nil && l.Hi == nil {
		r.hi = successor(hi)
		return true, nil
	}
	k := r.key[len(l.Eq)]
	first, firstOpen, last, lastOpen := l.Lo, l.LoOpen, l.Hi, l.HiOpen
	if k.Desc {
		first, firstOpen, last, lastOpen = last, lastOpen, first, firstOpen
	}
	switch {
	case first != nil:
		if lo, ok, err = r.appendValue(lo, first, k); err != nil || !ok {
			return false, err
		}
		if firstOpen {
			if lo = successor(lo); lo == nil {
				return false, nil
			}
		}
	case k.NullsFirst:
		lo = successor(types.AppendNullKey(lo, true))
	}
	if last != nil {
		if hi, ok, err = r.appendValue(hi, last, k); err != nil || !ok {
			return false, err
		}
		if !lastOpen {
			hi = successor(hi)
		}
	} else if k.NullsFirst {
		hi = successor(hi)
	} else {
		hi = types.AppendNullKey(hi, false)
	}
	r.lo, r.hi = lo, hi
	return true, nil
}

// appendValue appends the key of a value; ok is false if no row has it: it is NULL, or its type's range is wider than the column's.
func (r *lookup) appendValue(dst []byte, e expr.Expr, k operators.OrderCol) (_ []byte, ok bool, err error) {
	d, err := expr.EvalRow(r.ectx, e, nil)
	if err != nil {
		if c, cast := e.(*expr.Cast); cast && outOfRange(err) {
			if _, err := expr.EvalRow(r.ectx, c.X, nil); err == nil {
				return dst, false, nil
			}
		}
		return dst, false, err
	}
	if d.IsNull() {
		return dst, false, nil
	}
	return types.AppendKey(dst, r.ts[k.Col], d, k.Desc, k.NullsFirst), true, nil
}

func outOfRange(err error) bool {
	var e *sqlerr.Error
	return errors.As(err, &e) && e.Code == sqlerr.NumericValueOutOfRange
}

// successor makes b the first key behind all that begin with b; nil if there is none.
func successor(b []byte) []byte {
	for n := len(b); n > 0; n-- {
		if b[n-1] != 0xFF {
			b[n-1]++
			return b[:n]
		}
	}
	return nil
}

// viewErrors fails with an error row of the view that may be among the rows to read: what is known of it contradicts neither the range nor the
// filter.
func (r *lookup) viewErrors(sn *Snapshot, v *catalog.View) error {
	it := sn.Store.Iter(v.Errors)
	some := it.SeekGE(nil)
	it.Close()
	if !some {
		return nil
	}
	for _, e := range operators.Snapshot(r.ts, nil, false, nil, operators.SnapshotTree(sn.Store, v.Errors)).Errs(nil) {
		if !r.outside(&e) && (r.l.Filter == nil || !operators.Refuted(r.ectx, r.l.Filter, &e)) {
			return e.Err
		}
	}
	return nil
}

// outside tells whether what is known of an error's key is not in the range.
func (r *lookup) outside(e *batch.ErrRow) bool {
	n := len(r.l.Eq)
	if r.l.Lo != nil || r.l.Hi != nil {
		n++
	}
	var key []byte
	for i, k := range r.key[:n] {
		if k.Col >= len(e.Known) || !e.Known[k.Col] {
			// The columns before it agree; those behind it are left to chance.
			return i < len(r.l.Eq) && r.contradicts(e, i+1)
		}
		key = types.AppendKey(key, r.ts[k.Col], e.Cols[k.Col], k.Desc, k.NullsFirst)
		if i < len(r.l.Eq) && !bytes.HasPrefix(r.lo, key) {
			return true
		}
	}
	return bytes.Compare(key, r.lo) < 0 && !bytes.HasPrefix(r.lo, key) || r.hi != nil && bytes.Compare(key, r.hi) >= 0
}

// contradicts tells whether a known column among the equal ones, from the i-th on, has another value.
func (r *lookup) contradicts(e *batch.ErrRow, from int) bool {
	for i := from; i < len(r.l.Eq); i++ {
		k := r.key[i]
		if k.Col >= len(e.Known) || !e.Known[k.Col] {
			continue
		}
		want, ok, err := r.appendValue(nil, r.l.Eq[i], k)
		if err == nil && ok && !bytes.Equal(want, types.AppendKey(nil, r.ts[k.Col], e.Cols[k.Col], k.Desc, k.NullsFirst)) {
			return true
		}
	}
	return false
}
