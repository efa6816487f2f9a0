package operators

import (
	"bytes"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// WindowSpec describes window functions over the rows of each partition, by the Partition columns, in the order Order, then by the image of the
// whole row. Calls are over the input's columns; output: these, then a column for each call.
type WindowSpec struct {
	Partition []int
	Order     []OrderCol
	Calls     []*expr.WindowCall
}

// Window puts the values of window functions behind each row. It computes each partition that a tick touches as it was and as it is, and emits
// where they differ:
//
//	d out = sum over touched partitions p of  f(p, new) - f(p, old)
//
//	row_number, order a:  +5 +7 -> +(5,1) +(7,2)    +6 -> +(6,2) -(7,2) +(7,3)
//
// So a change costs as much as its partition. A partition in which a function fails shows the error instead of its rows. A row that failed
// could have been anywhere in its partition: its error knows that and nothing else.
type Window struct {
	spec WindowSpec
	ctx  *expr.Ctx
	x    *index
	ts   []types.Type // of the input
	from []int        // of error rows

	old, now windowed
	part     []byte // the partition at hand
	out      *batch.Batch
}

// windowed is a partition, in order, with the values of the functions; or how they failed.
type windowed struct {
	expr.Partition
	values  []*batch.Vec
	entries []byte // of the rows in the index, one behind the other
	ends    []int
	err     *sqlerr.Error
}

// NewWindow makes the operator for rows of types ts. Role: rows.
func NewWindow(ctx *expr.Ctx, ts []types.Type, s WindowSpec, maps Maps) *Window {
	key := append(Ascending(s.Partition), s.Order...)
	o := &Window{spec: s, ctx: ctx, ts: ts, x: newIndex(ts, key, maps("rows", specRows))}
	out := append([]types.Type{}, ts...)
	for _, c := range s.Calls {
		out = append(out, c.T)
	}
	o.out, o.from = batch.New(out, 0), unknown(len(out))
	for _, c := range s.Partition {
		o.from[c] = c
	}
	o.old.Rows, o.now.Rows = batch.New(ts, 0), batch.New(ts, 0)
	return o
}

func (o *Window) Name() string { return "window" }

func (o *Window) Step(_ int, in *batch.Batch, out Out) error {
	o.x.collectRows(in)
	if len(in.Errs) == 0 {
		return nil
	}
	b := errsOnly(o.out.Types(), nil)
	for i := range in.Errs {
		b.Errs = append(b.Errs, mapErr(&in.Errs[i], o.from))
	}
	return out(b)
}

func (o *Window) Finish(out Out) error {
	o.x.apply()
	defer o.x.reset()
	d := &o.x.d
	for i := 0; i < d.len(); i = d.run(i, o.part) {
		k := d.key(i)
		o.part = append(o.part[:0], k[:len(k)-len(skipKey(k, o.ts, o.x.Key, len(o.spec.Partition)))]...)
		for _, p := range []*windowed{&o.old, &o.now} {
			if err := o.read(p, p == &o.old); err != nil {
				return err
			}
		}
		if err := o.emit(out); err != nil {
			return err
		}
	}
	return flush(o.out, out)
}

// read computes the partition at hand, old or new.
func (o *Window) read(p *windowed, old bool) error {
	p.Reset()
	p.entries, p.ends, p.values, p.err = p.entries[:0], p.ends[:0], p.values[:0], nil
	c := o.x.cursorOf(old)
	c.seek(o.part, len(o.spec.Partition), old)
	last := 0 // where the last row's key ends, which stands at the start of its entry
	for c.next() {
		key := c.entry[:len(c.entry)-len(c.image)]
		peer := p.Len() > 0 && bytes.Equal(key, p.entry(p.Len() - 1)[:last])
		last = len(key)
		for range c.weight {
			if _, err := p.Rows.AppendFromImage(c.image, 1); err != nil {
				return err
			}
			p.Added(peer)
			peer = true
			p.entries = append(p.entries, c.entry...)
			p.ends = append(p.ends, len(p.entries))
		}
	}
	for _, call := range o.spec.Calls {
		v := batch.NewVec(call.T, p.Len())
		o.ctx.Reset()
		if err := call.Eval(o.ctx, &p.Partition, v); err != nil {
			p.err = sqlerr.From(err)
			break
		}
		p.values = append(p.values, v)
	}
	o.ctx.Reset()
	return nil
}

// entry is that of row i.
func (p *windowed) entry(i int) []byte {
	if i == 0 {
		return p.entries[:p.ends[0]]
	}
	return p.entries[p.ends[i-1]:p.ends[i]]
}

// emit outputs how the partition changed: rows of both stand in the same order, the copies of one side by side.
func (o *Window) emit(out Out) error {
	old, now := &o.old, &o.now
	if old.err != nil || now.err != nil {
		if old.err != nil && now.err != nil && bytes.Equal(o.failure(old), o.failure(now)) {
			return nil
		}
	}
	i, j := 0, 0
	for old.left(i) || now.left(j) {
		order := 0
		switch {
		case !old.left(i):
			order = 1
		case !now.left(j):
			order = -1
		default:
			order = bytes.Compare(old.entry(i), now.entry(j))
		}
		if order == 0 && old.shows(i, now, j) {
			i, j = i+1, j+1
			continue
		}
		if order <= 0 {
			o.show(old, i, -1)
			i++
		}
		if order >= 0 {
			o.show(now, j, 1)
			j++
		}
		if full(o.out) {
			if err := flush(o.out, out); err != nil {
				return err
			}
		}
	}
	o.fail(old, -1)
	o.fail(now, 1)
	return nil
}

// left tells whether there is a row i that shows.
func (p *windowed) left(i int) bool { return p.err == nil && i < p.Len() }

// shows tells whether row i has the values of row j of q.
func (p *windowed) shows(i int, q *windowed, j int) bool {
	for k, v := range p.values {
		if !v.Identical(i, q.values[k], j) {
			return false
		}
	}
	return true
}

func (o *Window) show(p *windowed, i int, w int64) {
	for k, v := range p.Rows.Cols {
		o.out.Cols[k].AppendFrom(v, i)
	}
	for k, v := range p.values {
		o.out.Cols[len(o.ts)+k].AppendFrom(v, i)
	}
	o.out.W = append(o.out.W, w)
}

func (o *Window) fail(p *windowed, w int64) {
	if p.err != nil {
		o.out.Errs = append(o.out.Errs, errAt(p.err, p.Rows, 0, o.from, w))
	}
}

// failure is the error of a partition, encoded.
func (o *Window) failure(p *windowed) []byte {
	e := errAt(p.err, p.Rows, 0, o.from, 1)
	return appendErr(nil, &e)
}
