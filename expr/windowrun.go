package expr

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Partition is the rows of a window's partition, in its order. Weights mean nothing: a row stands there as often as it occurs.
type Partition struct {
	Rows   *batch.Batch
	peers  []int32 // by row: its group of peers, which are equal in the order
	starts []int32 // by group: its first row; and the end of the last
}

// Reset makes it empty.
func (p *Partition) Reset() {
	p.Rows.Reset()
	p.peers, p.starts = p.peers[:0], p.starts[:0]
}

// Len is how many rows it has.
func (p *Partition) Len() int { return len(p.peers) }

// Added tells of the row that was added to Rows whether it is a peer of the one before.
func (p *Partition) Added(peer bool) {
	if k := len(p.starts); k > 0 {
		p.starts = p.starts[:k-1]
	}
	if !peer || len(p.starts) == 0 {
		p.starts = append(p.starts, int32(len(p.peers)))
	}
	p.peers = append(p.peers, int32(len(p.starts)-1))
	p.starts = append(p.starts, int32(len(p.peers)))
}

// first is the first peer of row i, next the row behind the last one.
func (p *Partition) first(i int) int { return int(p.starts[p.peers[i]]) }
func (p *Partition) next(i int) int  { return int(p.starts[p.peers[i]+1]) }

// failure is the first row's failure in ctx, which is reset.
func (p *Partition) failure(ctx *Ctx) error {
	defer ctx.Reset()
	if !ctx.Failed() {
		return nil
	}
	for i := range p.Len() {
		if err := ctx.Err(i); err != nil {
			return err
		}
	}
	return nil
}

// Eval appends the call's value at each row of a partition to dst, or gives the first row's failure.
func (c *WindowCall) Eval(ctx *Ctx, p *Partition, dst *batch.Vec) error {
	if p.Len() == 0 {
		return nil
	}
	w := &windowRun{ctx: ctx, call: c, p: p}
	w.arguments()
	if c.Fn.framed {
		var err error
		if w.frame, err = newFramer(ctx, c.Frame, p); err != nil {
			return err
		}
	}
	row := c.Fn.row
	if c.Fn.Agg != nil {
		row = newWindowAgg(w).value
	}
	for i := range p.Len() {
		if w.frame != nil {
			w.frame.at(i)
		}
		d, err := row(w, i)
		if err != nil {
			return err
		}
		dst.Append(d)
	}
	return nil
}

// windowRun is a call over a partition. Arguments that failed fail the partition where a row's value needs them, no earlier.
type windowRun struct {
	ctx   *Ctx
	call  *WindowCall
	p     *Partition
	args  []*batch.Vec
	errs  []map[int]*sqlerr.Error // by argument, then by row
	keep  []bool                  // rows that pass FILTER; nil: all
	fails map[int]*sqlerr.Error   // of FILTER
	frame *framer
	spans [][2]int

	tiles, tile, left, size, extra int64 // of ntile
}

func (w *windowRun) arguments() {
	w.ctx.Reset()
	var sel []int32
	if f := w.call.Filter; f != nil {
		sel = Filter(w.ctx, f, w.p.Rows, nil, []int32{})
		w.fails = w.failures()
		w.keep = make([]bool, w.p.Len())
		for _, i := range sel {
			w.keep[i] = true
		}
	}
	for _, a := range w.call.Args {
		w.args = append(w.args, Eval(w.ctx, a, w.p.Rows, sel))
		w.errs = append(w.errs, w.failures())
	}
}

// failures takes those of the last evaluation.
func (w *windowRun) failures() map[int]*sqlerr.Error {
	defer w.ctx.Reset()
	if !w.ctx.Failed() {
		return nil
	}
	out := map[int]*sqlerr.Error{}
	for i := range w.p.Len() {
		if err := w.ctx.Err(i); err != nil {
			out[i] = err
		}
	}
	return out
}

// arg is argument k at row i.
func (w *windowRun) arg(k, i int) (types.Datum, error) {
	if err := w.errs[k][i]; err != nil {
		return types.Null, err
	}
	return w.args[k].Datum(i), nil
}

// within are the rows of the frame at row i.
func (w *windowRun) within(i int) [][2]int {
	w.spans = w.frame.spans(w.spans[:0], i)
	return w.spans
}

// ratio is a share as float8.
func ratio(a, b int) types.Datum { return types.NewFloat(float64(a) / float64(b)) }

func (w *windowRun) percentRank(i int) (types.Datum, error) {
	if w.p.Len() == 1 {
		return types.NewFloat(0), nil
	}
	return ratio(w.p.first(i), w.p.Len()-1), nil
}

func (w *windowRun) cumeDist(i int) (types.Datum, error) {
	return ratio(w.p.next(i), w.p.Len()), nil
}

// ntile deals the rows out to as many tiles as the first row with a number says, the first ones a row larger if it does not come out even.
func (w *windowRun) ntile(i int) (types.Datum, error) {
	if w.tiles == 0 {
		d, err := w.arg(0, i)
		if err != nil || d.IsNull() {
			return types.Null, err
		}
		if d.Int() <= 0 {
			return types.Null, sqlerr.New(sqlerr.InvalidArgumentForNtile, "argument of ntile must be greater than zero")
		}
		n := int64(w.p.Len())
		w.tiles, w.tile = d.Int(), 1
		w.size, w.extra = max(n/w.tiles, 1), 0
		if n > w.tiles {
			w.extra = n % w.tiles
		}
		w.left = w.tileSize()
	}
	if w.left == 0 {
		w.tile++
		w.left = w.tileSize()
	}
	w.left--
	return types.NewInt(w.tile), nil
}

func (w *windowRun) tileSize() int64 {
	if w.tile <= w.extra {
		return w.size + 1
	}
	return w.size
}

// offset is lead (sign 1) and lag (-1): the value as many rows away, the default where there is none.
func (w *windowRun) offset(i int, sign int64) (types.Datum, error) {
	n := int64(1)
	if len(w.args) > 1 {
		d, err := w.arg(1, i)
		if err != nil || d.IsNull() {
			return types.Null, err
		}
		n = d.Int()
	}
	if at := int64(i) + sign*n; at >= 0 && at < int64(w.p.Len()) {
		return w.arg(0, int(at))
	}
	if len(w.args) > 2 {
		return w.arg(2, i)
	}
	return types.Null, nil
}

func (w *windowRun) firstValue(i int) (types.Datum, error) {
	if s := w.within(i); len(s) > 0 {
		return w.arg(0, s[0][0])
	}
	return types.Null, nil
}

func (w *windowRun) lastValue(i int) (types.Datum, error) {
	if s := w.within(i); len(s) > 0 {
		return w.arg(0, s[len(s)-1][1]-1)
	}
	return types.Null, nil
}

func (w *windowRun) nthValue(i int) (types.Datum, error) {
	d, err := w.arg(1, i)
	if err != nil || d.IsNull() {
		return types.Null, err
	}
	n := d.Int()
	if n <= 0 {
		return types.Null, sqlerr.New(sqlerr.InvalidArgumentForNthValue, "argument of nth_value must be greater than zero")
	}
	for _, s := range w.within(i) {
		if size := int64(s[1] - s[0]); n > size {
			n -= size
			continue
		}
		return w.arg(0, s[0]+int(n)-1)
	}
	return types.Null, nil
}
