package expr

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (c *Ctx) isNull(e *IsNull, b *batch.Batch, sel []int32) *batch.Vec {
	v, owned := c.eval(e.X, b, sel)
	out := c.take(types.Of(types.Bool), b.Len())
	if len(v.Nulls) == 0 {
		for i := range out.Ints {
			out.Ints[i] = b2i(e.Not)
		}
	} else {
		for _, i := range c.rows(sel, b.Len()) {
			out.Ints[i] = b2i(v.IsNull(slot(v, i)) != e.Not)
		}
	}
	if owned {
		c.Release(v)
	}
	return out
}

func (c *Ctx) isTrue(e *IsTrue, b *batch.Batch, sel []int32) *batch.Vec {
	v, owned := c.eval(e.X, b, sel)
	out := c.take(types.Of(types.Bool), b.Len())
	for _, i := range c.rows(sel, b.Len()) {
		s := slot(v, i)
		out.Ints[i] = b2i((!v.IsNull(s) && (v.Ints[s] != 0) == e.Want) != e.Not)
	}
	if owned {
		c.Release(v)
	}
	return out
}

func (c *Ctx) isDistinct(e *IsDistinct, b *batch.Batch, sel []int32) *batch.Vec {
	l, lo := c.eval(e.L, b, sel)
	r, ro := c.eval(e.R, b, sel)
	n := b.Len()
	out := c.take(types.Of(types.Bool), n)
	both := c.takeSel(n)
	for _, i := range c.rows(sel, n) {
		ln, rn := l.IsNull(slot(l, i)), r.IsNull(slot(r, i))
		if ln || rn {
			out.Ints[i] = b2i((ln != rn) != e.Not)
		} else if !c.failed.Get(int(i)) {
			both = append(both, i)
		}
	}
	eq := c.take(types.Of(types.Bool), n)
	c.apply(e.Eq, []*batch.Vec{l, r}, both, eq)
	for _, i := range both {
		out.Ints[i] = b2i((eq.Ints[i] == 0) != e.Not)
	}
	c.releaseSel(both)
	c.Release(eq)
	if lo {
		c.Release(l)
	}
	if ro {
		c.Release(r)
	}
	return out
}

func (c *Ctx) anyAll(e *AnyAll, b *batch.Batch, sel []int32) *batch.Vec {
	x, xo := c.eval(e.X, b, sel)
	a, ao := c.eval(e.Array, b, sel)
	rows := c.rows(sel, b.Len())
	out := c.take(types.Of(types.Bool), b.Len())
	w := writer{v: out}
	set := c.anySet(e)
	for _, i := range rows {
		if c.failed.Get(int(i)) {
			w.null(int(i))
			continue
		}
		xd := x.Datum(slot(x, i))
		var d types.Datum
		var err error
		if set != nil {
			d = set.contains(xd)
		} else {
			d, err = c.anyAllRow(e, xd, a.Datum(slot(a, i)))
		}
		if err != nil {
			c.Fail(int(i), err)
		}
		w.set(int(i), d)
	}
	if xo {
		c.Release(x)
	}
	if ao {
		c.Release(a)
	}
	return out
}

// anyAllRow: ANY is true if some comparison is, NULL if none is but some is NULL, else false; ALL the other way round.
func (c *Ctx) anyAllRow(e *AnyAll, x, array types.Datum) (types.Datum, error) {
	if array.IsNull() {
		return types.Null, nil
	}
	elems := types.DecodeArray(e.Array.Type().Elem(), array).Elems
	if len(elems) == 0 {
		return types.NewBool(e.All), nil
	}
	if x.IsNull() && e.Op.Strict {
		return types.Null, nil
	}
	unknown := false
	args := make([]types.Datum, 2)
	for _, y := range elems {
		if y.IsNull() && e.Op.Strict {
			unknown = true
			continue
		}
		args[0], args[1] = x, y
		d, err := e.Op.Row(c, args)
		if err != nil {
			return types.Null, err
		}
		switch {
		case d.IsNull():
			unknown = true
		case d.Bool() != e.All:
			return d, nil
		}
	}
	if unknown {
		return types.Null, nil
	}
	return types.NewBool(e.All), nil
}

// constSet is the elements of a constant array, for x = ANY, which is IN (list).
type constSet struct {
	t       types.Type
	ints    map[int64]struct{}
	keys    map[string]struct{}
	null    bool // an element is NULL
	scratch []byte
}

type anySetKey struct{ e *AnyAll }

// anySet is the set for e if its shape allows one, else nil: the operator is equality and both sides have one type, or
// integers.
func (c *Ctx) anySet(e *AnyAll) *constSet {
	k, ok := e.Array.(*Const)
	if !ok || k.D.IsNull() || e.All || e.Op.Name != "=" || len(e.Op.Args) != 2 {
		return nil
	}
	t := e.Op.Args[0].Base()
	ints := t.Rep() == types.RepInt && e.Op.Args[1].Rep() == types.RepInt && t.Category() == 'N' && e.Op.Args[1].Category() == 'N'
	if t != e.Op.Args[1].Base() && !ints {
		return nil
	}
	set, _ := memo(c, anySetKey{e}, func() (*constSet, error) {
		s := &constSet{t: t}
		if t.Rep() == types.RepInt {
			s.ints = make(map[int64]struct{})
		} else {
			s.keys = make(map[string]struct{})
		}
		for _, d := range types.DecodeArray(e.Array.Type().Elem(), k.D).Elems {
			switch {
			case d.IsNull():
				s.null = true
			case s.ints != nil:
				s.ints[d.Int()] = struct{}{}
			default:
				s.keys[string(types.AppendKey(nil, t, d, false, false))] = struct{}{}
			}
		}
		return s, nil
	})
	return set
}

func (s *constSet) contains(d types.Datum) types.Datum {
	if len(s.ints)+len(s.keys) == 0 && !s.null {
		return types.NewBool(false)
	}
	if d.IsNull() {
		return types.Null
	}
	var ok bool
	if s.ints != nil {
		_, ok = s.ints[d.Int()]
	} else {
		s.scratch = types.AppendKey(s.scratch[:0], s.t, d, false, false)
		_, ok = s.keys[string(s.scratch)]
	}
	if !ok && s.null {
		return types.Null
	}
	return types.NewBool(ok)
}

func (c *Ctx) array(e *ArrayExpr, b *batch.Batch, sel []int32) *batch.Vec {
	vs, owned := make([]*batch.Vec, len(e.Elems)), make([]bool, len(e.Elems))
	for k, x := range e.Elems {
		vs[k], owned[k] = c.eval(x, b, sel)
	}
	out := c.take(e.T, b.Len())
	w := writer{v: out}
	ds := make([]types.Datum, len(vs))
	for _, i := range c.rows(sel, b.Len()) {
		for k, v := range vs {
			ds[k] = v.Datum(slot(v, i))
		}
		d, err := makeArray(e, ds)
		if err != nil {
			c.Fail(int(i), err)
		}
		w.set(int(i), d)
	}
	w.done()
	for k, v := range vs {
		if owned[k] {
			c.Release(v)
		}
	}
	return out
}

// makeArray is ARRAY[...]: of elements, or of arrays, which must have one shape and become a dimension more.
func makeArray(e *ArrayExpr, ds []types.Datum) (types.Datum, error) {
	elem := e.T.Elem()
	if len(e.Elems) == 0 || !e.Elems[0].Type().Array {
		return types.MakeArray(elem, ds), nil
	}
	out := types.Array{Elem: elem}
	empty := false // NULL and '{}' are allowed among their like only
	for _, d := range ds {
		var a types.Array
		if !d.IsNull() {
			a = types.DecodeArray(elem, d)
		}
		switch {
		case len(a.Dims) == 0:
			empty = true
			continue
		case out.Dims == nil:
			out.Dims = append([]int{len(ds)}, a.Dims...)
			out.Lower = append([]int{1}, a.Lower...)
			if len(out.Dims) > types.MaxArrayDims {
				return types.Null, sqlerr.New(sqlerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)",
					len(out.Dims), types.MaxArrayDims)
			}
		}
		if !sameDims(a.Dims, out.Dims[1:]) || !sameDims(a.Lower, out.Lower[1:]) {
			return types.Null, errUnlikeArrays
		}
		out.Elems = append(out.Elems, a.Elems...)
	}
	if empty && out.Dims != nil {
		return types.Null, errUnlikeArrays
	}
	return types.NewArray(out), nil
}

var errUnlikeArrays = sqlerr.New(sqlerr.ArraySubscriptError, "multidimensional arrays must have array expressions with matching dimensions")

func sameDims(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
