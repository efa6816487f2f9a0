package operators

import (
	"bytes"
	"strconv"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// aggregate is one aggregate of a Reduce: linear (slot), linear over the distinct arguments (slot and x), computed from the
// ordered multiset of its arguments (x), or only from the first of them (reducefirst.go). Ordered-set aggregates: reduceordered.go.
type aggregate struct {
	call     *expr.AggCall
	slot     int // of its state in the group's entry, -1: none
	distinct bool
	first    *firstOf
	rows     bool   // count(*), which every group has
	x        *index // group key, order, arguments' key; the image is the arguments'
	often    *index // mode: group key, how often (descending), the argument's key
	nk       int    // columns of the group's key
	atypes   []types.Type

	// The slice at hand.
	args   []*batch.Vec
	orders []*batch.Vec
	skip   batch.Bitmap // rows that do not count: filtered, failed, NULL arguments of a strict aggregate
	some   bool         // skip has any
	sel    []int32
	picked []int32 // rows that count
	datums []types.Datum
	row    *batch.Batch // decoded arguments
}

func newAggregate(r *Reduce, i int, call *expr.AggCall, maps Maps) *aggregate {
	a := &aggregate{call: call, slot: -1, nk: len(r.ktypes)}
	for _, e := range call.Args {
		a.atypes = append(a.atypes, e.Type())
	}
	a.args = make([]*batch.Vec, len(call.Args))
	a.orders = make([]*batch.Vec, len(call.Order))
	a.row = batch.New(a.atypes, 1)
	if call.Fn.Linear && len(call.Args) == 0 && call.Filter == nil {
		a.rows = true
		return a
	}
	if call.Fn.First {
		a.first = &firstOf{tail: r.tails}
		r.tails++
	}
	if call.Fn.Linear || call.Fn.First || call.Fn.Ordered != nil && call.Fn.Ordered.Ranks != nil {
		a.slot = r.slots
		r.slots++
	}
	if call.Fn.Linear {
		a.distinct = call.Distinct && len(call.Args) > 0
		if !a.distinct {
			return a
		}
	}
	// The index is a relation of the group's key, the order's columns and the arguments, ordered by all of them.
	ts := append([]types.Type{}, r.ktypes...)
	key := Ascending(allCols(len(ts)))
	if !call.Fn.First && !a.distinct {
		for _, k := range call.Order {
			key = append(key, OrderCol{Col: len(ts), Desc: k.Desc, NullsFirst: k.NullsFirst})
			ts = append(ts, k.Expr.Type())
		}
	}
	for _, t := range a.atypes {
		key = append(key, OrderCol{Col: len(ts), Desc: call.Fn.Desc})
		ts = append(ts, t)
	}
	a.x = newIndex(ts, key, maps("agg"+strconv.Itoa(i), specRows))
	if call.Fn.Ordered != nil && call.Fn.Ordered.Ranks == nil {
		a.often = newOften(a.x, a.nk, maps("often"+strconv.Itoa(i), specRows))
	}
	return a
}

// collect evaluates the arguments over a slice; rows that fail go to the group's failures.
func (a *aggregate) collect(r *Reduce, in *batch.Batch) {
	a.skip = a.skip[:0]
	a.some = false
	var sel []int32
	if a.call.Filter != nil {
		r.ctx.Reset()
		a.sel = expr.Filter(r.ctx, a.call.Filter, in, nil, a.sel[:0])
		sel = a.sel
		a.skipAllBut(sel, in.Len())
		a.noteFailures(r, in)
	}
	for i, e := range a.call.Args {
		a.args[i] = a.eval(r, e, in, sel)
	}
	for i := range a.orders { // even where the order has no effect: it may fail
		a.orders[i] = a.eval(r, a.call.Order[i].Expr, in, sel)
	}
	if a.call.Fn.Strict {
		for _, v := range a.args {
			if !v.Nulls.Any() {
				continue
			}
			for i := range in.W {
				if v.IsNull(i) {
					a.drop(i)
				}
			}
		}
	}
	switch {
	case a.first != nil:
		a.first.note(a, in.Len())
	case a.x != nil:
		a.index(r, in)
	}
}

func (a *aggregate) drop(row int) {
	a.skip.Set(row)
	a.some = true
}

func (a *aggregate) skipAllBut(sel []int32, n int) {
	k := 0
	for i := range n {
		if k < len(sel) && int(sel[k]) == i {
			k++
			continue
		}
		a.drop(i)
	}
}

func (a *aggregate) eval(r *Reduce, e expr.Expr, in *batch.Batch, sel []int32) *batch.Vec {
	if c, ok := e.(*expr.Col); ok {
		return in.Cols[c.ID]
	}
	r.ctx.Reset()
	v := expr.Eval(r.ctx, e, in, sel)
	a.noteFailures(r, in)
	return v
}

// noteFailures makes failures of the group of what failed in ctx. The row does not count in this aggregate.
func (a *aggregate) noteFailures(r *Reduce, in *batch.Batch) {
	if !r.ctx.Failed() {
		return
	}
	for i, w := range in.W {
		if err := r.ctx.Err(i); err != nil {
			a.drop(i)
			r.fail(r.groupOf(i), err, w)
		}
	}
}

// groupOf is the group of a row of the slice; fail adds w times a failure to a group.
func (r *Reduce) groupOf(row int) int { return int(r.tick.groups[r.tick.of[row]]) }

func (r *Reduce) fail(g int, err *sqlerr.Error, w int64) {
	d := &r.fails.d
	off := len(d.buf)
	d.buf = append(d.buf, r.tick.keys.key(g)...)
	klen := len(d.buf) - off
	d.buf = appendErr(d.buf, &batch.ErrRow{Err: err})
	d.push(off, klen, w)
}

// index adds the slice's arguments to the ordered multiset.
func (a *aggregate) index(r *Reduce, in *batch.Batch) {
	d := &a.x.d
	args := &batch.Batch{Cols: a.args, W: in.W}
	for i, w := range in.W {
		if a.some && a.skip.Get(i) {
			continue
		}
		off := len(d.buf)
		d.buf = append(d.buf, r.tick.keys.key(r.groupOf(i))...)
		key := a.x.Key[a.nk:]
		if len(key) > len(a.args) {
			for k, v := range a.orders {
				d.buf = appendKeyValue(d.buf, v, i, key[k])
			}
			key = key[len(a.orders):]
		}
		for k, v := range a.args {
			d.buf = appendKeyValue(d.buf, v, i, key[k])
		}
		klen := len(d.buf) - off
		d.buf = args.AppendImage(d.buf, i, nil)
		d.push(off, klen, w)
	}
}

func appendKeyValue(dst []byte, v *batch.Vec, i int, k OrderCol) []byte {
	if !k.Desc && !k.NullsFirst {
		return v.AppendKey(dst, i)
	}
	return types.AppendKey(dst, v.Type, v.Datum(i), k.Desc, k.NullsFirst)
}

// add brings an aggregate's state up to the rows of the k-th group of the slice.
func (a *aggregate) add(r *Reduce, k int, s *groupState, w []int64) {
	rows := r.rowsOf(k)
	if a.some {
		a.picked = a.picked[:0]
		for _, row := range rows {
			if !a.skip.Get(int(row)) {
				a.picked = append(a.picked, row)
			}
		}
		rows = a.picked
	}
	switch g := int(r.tick.groups[k]); {
	case len(rows) == 0:
	case a.first != nil:
		a.improve(r, g, s, rows, w)
	case a.call.Fn.StepVec != nil:
		s.states[a.slot] = a.call.Fn.StepVec(s.states[a.slot], a.args, rows, w)
	default:
		for _, row := range rows {
			a.datums = a.datums[:0]
			for _, v := range a.args {
				a.datums = append(a.datums, v.Datum(int(row)))
			}
			a.step(r, g, s, w[row])
		}
	}
}

// step adds the arguments in datums. What a state cannot take is a failure of the group.
func (a *aggregate) step(r *Reduce, g int, s *groupState, w int64) {
	st, err := a.call.Fn.Step(r.ctx, s.states[a.slot], a.datums, w)
	if err != nil {
		r.fail(g, sqlerr.From(err), w)
		return
	}
	s.states[a.slot] = st
}

// updateDistinct feeds a linear aggregate over distinct arguments: an argument that a group gained or lost counts once, with
// the smallest of its images.
func (r *Reduce) updateDistinct(a *aggregate) error {
	t := &r.tick
	t.clearSlice()
	d := &a.x.d
	args := batch.New(a.atypes, d.len())
	n := len(a.x.Key)
	for i := 0; i < d.len(); i = d.group(i) {
		key := d.key(i)
		was, had := a.x.first(key, n, true)
		is, has := a.x.first(key, n, false)
		if had == has && bytes.Equal(was, is) {
			continue
		}
		group := key[:len(key)-len(skipKey(key, a.x.Types, a.x.Key, a.nk))]
		for _, side := range [...]struct {
			image []byte
			ok    bool
			w     int64
		}{{was, had, -1}, {is, has, 1}} {
			if side.ok {
				if _, err := args.AppendFromImage(side.image, side.w); err != nil {
					return err
				}
				t.of = append(t.of, t.touch(r, group, nil, 0))
			}
		}
	}
	if len(t.groups) == 0 {
		return nil
	}
	t.sortRows()
	copy(a.args, args.Cols)
	a.some = false
	r.updateWith(func(k int, s *groupState) { a.add(r, k, s, args.W) })
	return nil
}

// show appends the aggregate over a group, before or after the tick, to dst.
func (a *aggregate) show(r *Reduce, dst *batch.Vec, key []byte, s *groupState, old bool) error {
	if a.rows {
		dst.AppendInt(s.count)
		return nil
	}
	if a.slot >= 0 {
		st := s.states[a.slot]
		switch {
		case len(st) == 0:
		case a.first != nil:
			_, err := dst.AppendFromImage(types.SkipKey(st, a.atypes[0], a.call.Fn.Desc))
			return err
		case a.call.Fn.FinalVec != nil:
			return a.call.Fn.FinalVec(dst, st)
		}
	}
	v, err := a.value(r, key, s, old)
	if err == nil {
		dst.Append(v)
	}
	return err
}

// value is the aggregate over a group.
func (a *aggregate) value(r *Reduce, key []byte, s *groupState, old bool) (types.Datum, error) {
	switch {
	case a.slot >= 0 && len(s.states[a.slot]) == 0:
		return a.call.Fn.Empty, nil
	case a.often != nil:
		return a.mode(key, old)
	case a.call.Fn.Ordered != nil:
		return a.pick(s.states[a.slot])
	case a.slot >= 0:
		return a.call.Fn.Final(r.ctx, s.states[a.slot])
	}
	c := a.x.cursorOf(old)
	c.seek(key, a.nk, old)
	a.row.Reset()
	if !c.next() {
		return a.call.Fn.Empty, nil
	}
	return a.fold(r, c)
}

// fold computes the aggregate from the rows at the cursor and behind it. Decoded arguments stay until the next call, as the
// aggregate may keep them.
func (a *aggregate) fold(r *Reduce, c *cursor) (types.Datum, error) {
	var broken error
	var last []byte
	more := true
	v, err := a.call.Fn.Fold(r.ctx, func() ([]types.Datum, int64, bool) {
		for more {
			w := c.weight
			if a.call.Distinct {
				key := c.entry[:len(c.entry)-len(c.image)]
				if last != nil && bytes.Equal(last, key) {
					more = c.next()
					continue
				}
				last, w = append(last[:0], key...), 1
			}
			if _, broken = a.row.AppendFromImage(c.image, 1); broken != nil {
				break
			}
			more = c.next()
			a.datums = a.row.AppendRowTo(a.datums[:0], a.row.Len()-1)
			return a.datums, w, true
		}
		return nil, 0, false
	})
	if broken != nil {
		return types.Null, broken
	}
	return v, err
}
