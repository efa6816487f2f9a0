package expr

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

// The nodes of this file run their arms only on the rows that reach them, so that b <> 0 AND a/b > 1 never divides by
// zero: each narrows the selection before it goes on.

// junction is AND (absorbing 0) and OR (absorbing 1): an argument runs on the rows where no earlier one was absorbing.
func (c *Ctx) junction(args []Expr, absorbing int64, b *batch.Batch, sel []int32) *batch.Vec {
	n := b.Len()
	out := c.take(types.Of(types.Bool), n)
	for i := range out.Ints {
		out.Ints[i] = 1 - absorbing
	}
	rows := c.rows(sel, n)
	for k, a := range args {
		v, owned := c.eval(a, b, rows)
		next := c.takeSel(len(rows))
		for _, i := range rows {
			s := slot(v, i)
			switch {
			case c.failed.Get(int(i)):
				setNull(out, int(i))
			case v.IsNull(s):
				setNull(out, int(i))
				next = append(next, i)
			case v.Ints[s] == absorbing:
				clearNull(out, int(i))
				out.Ints[i] = absorbing
			default:
				next = append(next, i)
			}
		}
		if owned {
			c.Release(v)
		}
		if k > 0 {
			c.releaseSel(rows)
		}
		rows = next
		if len(rows) == 0 {
			break
		}
	}
	if len(args) > 0 {
		c.releaseSel(rows)
	}
	return out
}

func clearNull(v *batch.Vec, i int) {
	if i>>6 < len(v.Nulls) {
		v.Nulls[i>>6] &^= 1 << (i & 63)
	}
}

// pick remembers, for a node with arms, which arm's column has each row's value.
type pick struct {
	arms  []*batch.Vec
	owned []bool
	of    []int32 // by row: index into arms, -1 for NULL
}

func (c *Ctx) newPick(n int) *pick {
	p := &pick{of: sized(c.takeSel(n), n)}
	for i := range p.of {
		p.of[i] = -1
	}
	return p
}

// add registers an arm for rows.
func (p *pick) add(v *batch.Vec, owned bool, rows []int32) {
	k := int32(len(p.arms))
	p.arms, p.owned = append(p.arms, v), append(p.owned, owned)
	for _, i := range rows {
		p.of[i] = k
	}
}

// gather makes the result, and frees the arms.
func (p *pick) gather(c *Ctx, t types.Type, rows []int32) *batch.Vec {
	out := c.take(t, len(p.of))
	w := writer{v: out}
	for _, i := range rows {
		if k := p.of[i]; k < 0 {
			w.null(int(i))
		} else {
			w.from(int(i), p.arms[k], slot(p.arms[k], i))
		}
	}
	w.done()
	for k, v := range p.arms {
		if p.owned[k] {
			c.Release(v)
		}
	}
	c.releaseSel(p.of)
	return out
}

func (c *Ctx) caseWhen(e *Case, b *batch.Batch, sel []int32) *batch.Vec {
	rows := c.rows(sel, b.Len())
	p := c.newPick(b.Len())
	rest := rows
	for k := range e.Whens {
		cond, owned := c.eval(e.Whens[k].Cond, b, rest)
		yes, no := c.takeSel(len(rest)), c.takeSel(len(rest))
		for _, i := range rest {
			s := slot(cond, i)
			switch {
			case c.failed.Get(int(i)):
			case !cond.IsNull(s) && cond.Ints[s] != 0:
				yes = append(yes, i)
			default:
				no = append(no, i)
			}
		}
		if owned {
			c.Release(cond)
		}
		if len(yes) > 0 {
			v, o := c.eval(e.Whens[k].Then, b, yes)
			p.add(v, o, yes)
		}
		c.releaseSel(yes)
		if k > 0 {
			c.releaseSel(rest)
		}
		rest = no
		if len(rest) == 0 {
			break
		}
	}
	if e.Else != nil && len(rest) > 0 {
		v, o := c.eval(e.Else, b, rest)
		p.add(v, o, rest)
	}
	return p.gather(c, e.T, rows)
}

func (c *Ctx) coalesce(e *Coalesce, b *batch.Batch, sel []int32) *batch.Vec {
	rows := c.rows(sel, b.Len())
	p := c.newPick(b.Len())
	rest := rows
	for k, a := range e.Args {
		v, owned := c.eval(a, b, rest)
		some, none := c.takeSel(len(rest)), c.takeSel(len(rest))
		for _, i := range rest {
			switch {
			case c.failed.Get(int(i)):
			case v.IsNull(slot(v, i)):
				none = append(none, i)
			default:
				some = append(some, i)
			}
		}
		p.add(v, owned, some)
		c.releaseSel(some)
		if k > 0 {
			c.releaseSel(rest)
		}
		rest = none
		if len(rest) == 0 {
			break
		}
	}
	return p.gather(c, e.T, rows)
}

// Filter evaluates a predicate and appends the rows (of sel, nil: all) where it is true to dst. Rows on which it fails are
// in ctx. The arguments of an AND run one after the other on what is left: as in PostgreSQL's WHERE, one that is NULL
// ends the row as one that is false does. The result is never nil, as a selection that is nil means all rows.
func Filter(ctx *Ctx, pred Expr, b *batch.Batch, sel, dst []int32) []int32 {
	ctx.check()
	if dst == nil {
		dst = []int32{}
	}
	and, ok := pred.(*And)
	if !ok || len(and.Args) == 0 {
		return ctx.filter(pred, b, sel, dst)
	}
	cur := sel
	for i, a := range and.Args {
		if i == len(and.Args)-1 {
			dst = ctx.filter(a, b, cur, dst)
		} else {
			next := Filter(ctx, a, b, cur, ctx.takeSel(b.Len()))
			if i > 0 {
				ctx.releaseSel(cur)
			}
			cur = next
		}
	}
	if len(and.Args) > 1 {
		ctx.releaseSel(cur)
	}
	return dst
}

func (c *Ctx) filter(pred Expr, b *batch.Batch, sel, dst []int32) []int32 {
	v, owned := c.eval(pred, b, sel)
	n := b.Len()
	switch {
	case len(c.errs) > 0 || len(v.Nulls) > 0 || v.N != n:
		for _, i := range c.rows(sel, n) {
			if s := slot(v, i); !v.IsNull(s) && v.Ints[s] != 0 && !c.failed.Get(int(i)) {
				dst = append(dst, i)
			}
		}
	case sel == nil:
		dst = appendTrue(dst, v.Ints)
	default:
		for _, i := range sel {
			if v.Ints[i] != 0 {
				dst = append(dst, i)
			}
		}
	}
	if owned {
		c.Release(v)
	}
	return dst
}

// appendTrue appends the positions of ones; it writes every position and keeps some, which costs no mispredictions.
func appendTrue(dst []int32, flags []int64) []int32 {
	at := len(dst)
	if cap(dst)-at < len(flags) {
		grown := make([]int32, at, at+len(flags))
		copy(grown, dst)
		dst = grown
	}
	room := dst[:at+len(flags)]
	for i, f := range flags {
		room[at] = int32(i)
		at += int(f & 1)
	}
	return room[:at]
}
