package operators

import (
	"bytes"
	"math"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

// span is what a residual says of the column behind the join key in the arrangement that is probed: rows outside of bounds that the driving row gives
// cannot match, and are not visited.
//
//	L JOIN R ON R.x >= L.a AND R.x < L.b, R arranged by x:     a row of L visits R from a up to b
//
// The residual decides as ever; a span only leaves out pairs on which it is false or NULL. So nothing of it but the bounds may fail, and where a bound
// fails all rows are visited.
type span struct {
	col  types.Type // of the column
	ends []spanEnd
	// alone: the driving row counts by its bounds only.
	alone             bool
	from, to, scratch []byte
}

// spanEnd is one bound: an expression over the driving side's columns. It lies before the entries with its value, or beyond.
type spanEnd struct {
	e             expr.Expr
	upper, beyond bool
}

// spanOf finds the bounds that the residual gives when by drives; nil: none.
func (j *Join) spanOf(probed, by *half) *span {
	a, n := probed.side.A, j.spec.NKeys
	if j.spec.Residual == nil || expr.VolatilityOf(j.spec.Residual) == types.Volatile || j.spec.Kind == AntiNull || n >= len(a.Key) || a.Key[n].Desc || a.Key[n].NullsFirst {
		return nil
	}
	offset, byOffset := 0, len(j.l.part.Cols)
	if probed == &j.r {
		offset, byOffset = byOffset, 0
	}
	s := &span{col: a.Types[a.Key[n].Col], alone: true}
	for _, e := range conjuncts(j.spec.Residual) {
		if s.bound(e, offset+a.Key[n].Col, byOffset, len(by.part.Cols)) {
			continue
		}
		if expr.CanFail(e) {
			return nil
		}
		s.alone = s.alone && !refersTo(e, byOffset, byOffset+len(by.part.Cols))
	}
	if s.ends == nil {
		return nil
	}
	return s
}

// bound takes a condition col op e as a bound, if e is over the n columns from column by on alone.
func (s *span) bound(cond expr.Expr, col, by, n int) bool {
	call, ok := cond.(*expr.Call)
	if !ok || len(call.Args) != 2 {
		return false
	}
	op := call.Fn.Name
	at, e := call.Args[0], call.Args[1]
	if c, ok := at.(*expr.Col); !ok || c.ID != col {
		at, e = e, at
		op = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]
	}
	c, ok := at.(*expr.Col)
	if !ok || c.ID != col || e.Type().Base() != s.col.Base() || refersTo(e, 0, by) || refersTo(e, by+n, math.MaxInt) {
		return false
	}
	end := spanEnd{e: expr.Map(e, func(x expr.Expr) expr.Expr {
		if c, ok := x.(*expr.Col); ok {
			return &expr.Col{ID: c.ID - by, T: c.T}
		}
		return x
	})}
	switch op {
	case "<":
		end.upper = true
	case "<=":
		end.upper, end.beyond = true, true
	case ">":
		end.beyond = true
	case ">=":
	default:
		return false
	}
	s.ends = append(s.ends, end)
	return true
}

func conjuncts(e expr.Expr) []expr.Expr {
	and, ok := e.(*expr.And)
	if !ok {
		return []expr.Expr{e}
	}
	var out []expr.Expr
	for _, a := range and.Args {
		out = append(out, conjuncts(a)...)
	}
	return out
}

// refersTo tells whether e has a column from lo up to hi.
func refersTo(e expr.Expr, lo, hi int) bool {
	found := false
	expr.Walk(e, func(x expr.Expr) bool {
		c, ok := x.(*expr.Col)
		found = found || ok && lo <= c.ID && c.ID < hi
		return !found
	})
	return found
}

// of gives what the row that drives may match among the entries with prefix.
func (s *span) of(ctx *expr.Ctx, by *half, prefix []byte) (r keyRange, failed bool) {
	r.from = append(s.from[:0], prefix...)
	r.to = append(append(s.to[:0], prefix...), keyNull) // NULLs, which come last, match nothing
	defer func() { s.from, s.to = r.from, r.to }()
	none := false
	for _, b := range s.ends {
		key, failed := s.key(ctx, b.e, by, prefix)
		if failed {
			return r, true
		}
		if none = none || key == nil; none {
			continue
		}
		if b.beyond {
			key = prefixEnd(key)
		}
		switch {
		case b.upper && bytes.Compare(key, r.to) < 0:
			r.to = append(r.to[:0], key...)
		case !b.upper && bytes.Compare(key, r.from) > 0:
			r.from = append(r.from[:0], key...)
		}
	}
	if none {
		r.to = append(r.to[:0], r.from...)
	}
	return r, false
}

// key is how entries with a bound's value behind prefix begin; nil: the bound is NULL.
func (s *span) key(ctx *expr.Ctx, e expr.Expr, by *half, prefix []byte) (key []byte, failed bool) {
	ctx.Reset()
	v := expr.Eval(ctx, e, by.one, nil)
	if ctx.Failed() || v.IsNull(0) {
		return nil, ctx.Failed()
	}
	s.scratch = types.AppendKey(append(s.scratch[:0], prefix...), s.col, v.Datum(0), false, false)
	return s.scratch, false
}

// probe puts the cursor of probed before the rows with a key that by.one may match.
func (j *Join) probe(by, probed *half, key []byte, old bool) {
	if s := probed.span; s != nil {
		if r, failed := s.of(j.ctx, by, key); !failed {
			probed.c.seekRange(key, j.spec.NKeys, old, r)
			return
		}
	}
	probed.c.seek(key, j.spec.NKeys, old)
}

// moved pairs changes i and i+1 of a side, which take away what they add, with the rows that are within the bounds of one of them alone, where nobody
// looks at more of them than their bounds: a threshold that moves costs what lies between. ok: it did.
func (j *Join) moved(by, probed *half, i int, key []byte, old bool) (ok bool, err error) {
	d, s := by.side.change, probed.span
	if !s.alone || by.shown || d.weight(i)+d.weight(i+1) != 0 {
		return false, nil
	}
	var rs [2]keyRange
	for k := range rs {
		if err := by.take(d.image(i + k)); err != nil {
			return false, err
		}
		r, failed := s.of(j.ctx, by, key)
		if failed {
			return false, nil
		}
		rs[k] = keyRange{bytes.Clone(r.from), bytes.Clone(r.to)}
	}
	for k := range rs {
		if err := by.take(d.image(i + k)); err != nil {
			return false, err
		}
		for _, r := range rs[k].without(rs[1-k]) {
			if r.empty() {
				continue
			}
			probed.c.seekRange(key, j.spec.NKeys, old, r)
			if !probed.c.next() {
				continue
			}
			if err := j.fanOut(by, probed, d.weight(i+k)); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// keyRange is the entries from one string on and before another.
type keyRange struct{ from, to []byte }

func (r keyRange) empty() bool { return bytes.Compare(r.from, r.to) >= 0 }

// without is what of r lies before and what behind another one.
func (r keyRange) without(o keyRange) [2]keyRange {
	if r.empty() || o.empty() {
		return [2]keyRange{r}
	}
	before, behind := r, r
	if bytes.Compare(o.from, r.to) < 0 {
		before.to = o.from
	}
	if bytes.Compare(o.to, r.from) > 0 {
		behind.from = o.to
	}
	return [2]keyRange{before, behind}
}
