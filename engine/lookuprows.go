package engine

import (
	"bytes"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

// fetch is the next rows, filtered and projected, valid until the next call; perhaps none. At the end, or where a row fails, ended is set.
func (r *lookup) fetch() *batch.Batch {
	r.mem.reset()
	for i, c := range r.cols {
		v := r.mem.take(r.ts[c])
		r.dec.Cols[i], r.in.Cols[c] = v, v
	}
	r.dec.W = r.dec.W[:0]
	if err := r.decode(r.room()); err != nil {
		r.fail(err)
	}
	return r.project()
}

func (r *lookup) fail(err error) { r.ended, r.failed = true, err }

// room is how many rows to read at once: not more than a LIMIT may need, and few at first if a filter hides how many that is.
func (r *lookup) room() int64 {
	if r.mode == sorted {
		return readRows
	}
	r.batches++
	need := r.w.need()
	switch {
	case need < 0 || need >= readRows:
		return readRows
	case r.l.Filter == nil && r.mode == inOrder:
		return need
	case r.mode == byRuns:
		need++
	}
	return min(readRows, max(need, 32)<<min(2*(r.batches-1), 10))
}

// decode reads up to n entries.
func (r *lookup) decode(n int64) error {
	skip := r.l.Filter == nil && r.mode == inOrder
	for n > 0 && !r.ended {
		image, w, ok := r.entry()
		if !ok {
			r.ended = true
			break
		}
		if skip && r.w.skip >= w && len(r.dec.W) == 0 { // OFFSET costs no decoding
			r.w.skip -= w
			continue
		}
		var err error
		if r.whole {
			_, err = r.dec.AppendFromImage(image, w)
		} else {
			err = r.dec.AppendFromImageCols(&r.reader, r.ts, image, r.cols, w)
		}
		if err != nil {
			return err
		}
		if n--; heavy(&r.dec) {
			break
		}
	}
	return nil
}

// entry is the next entry's image and weight.
func (r *lookup) entry() (image []byte, w int64, ok bool) {
	if r.point {
		r.ended = true
		image, _, ok = r.rows.Get(r.lo)
		return image, 1, ok
	}
	back := r.l.Backward
	switch {
	case r.started && back:
		ok = r.it.Prev()
	case r.started:
		ok = r.it.Next()
	default:
		r.started = true
		r.it = r.rows.Iter()
		if back {
			ok = r.it.SeekLT(r.hi)
		} else {
			ok = r.it.SeekGE(r.lo)
		}
	}
	if !ok {
		return nil, 0, false
	}
	key := r.it.Key()
	if back {
		ok = bytes.Compare(key, r.lo) >= 0
	} else {
		ok = r.hi == nil || bytes.Compare(key, r.hi) < 0
	}
	if !ok {
		return nil, 0, false
	}
	if r.put {
		return r.it.Value(), 1, true
	}
	image = key[r.eq:]
	for _, k := range r.key[len(r.l.Eq):] {
		image = types.SkipKey(image, r.ts[k.Col], k.Desc)
	}
	return image, r.it.Weight(), true
}

// project filters and projects what was decoded. Where a row fails, it and what follows is left out.
func (r *lookup) project() *batch.Batch {
	in, out := &r.in, &r.out
	in.W, out.W = r.dec.W, r.dec.W
	var sel []int32 // nil: all
	if r.l.Filter != nil && in.Len() > 0 {
		r.ectx.Reset()
		r.sel = expr.Filter(r.ectx, r.l.Filter, in, nil, r.sel[:0])
		sel = r.upTo(r.sel)
		if len(sel) == in.Len() {
			sel = nil
		} else if len(sel) == 0 {
			out.W = out.W[:0]
			return r.blank()
		}
	}
	for k := range out.Cols {
		c := k
		if r.l.Project != nil {
			e := r.l.Project[k]
			col, ok := e.(*expr.Col)
			if !ok {
				r.ectx.Reset()
				out.Cols[k] = expr.Eval(r.ectx, e, in, sel)
				if r.ectx.Failed() {
					if sel == nil {
						sel = r.all(in.Len())
					}
					sel = r.upTo(sel)
				}
				continue
			}
			c = col.ID
		}
		out.Cols[k] = in.Cols[c]
	}
	if sel != nil {
		r.gather(sel)
	}
	return out
}

// blank is out without rows.
func (r *lookup) blank() *batch.Batch {
	for k := range r.out.Cols {
		if r.l.Project == nil {
			r.out.Cols[k] = r.mem.take(r.ts[k])
		} else {
			r.out.Cols[k] = r.mem.take(r.l.Project[k].Type())
		}
	}
	return &r.out
}

// upTo ends the read at the first row that the last evaluation failed on, and gives the rows of sel before it.
func (r *lookup) upTo(sel []int32) []int32 {
	if !r.ectx.Failed() {
		return sel
	}
	for i := range r.in.W {
		if err := r.ectx.Err(i); err != nil {
			r.fail(err)
			n := 0
			for n < len(sel) && int(sel[n]) < i {
				n++
			}
			return sel[:n]
		}
	}
	return sel
}

func (r *lookup) all(n int) []int32 {
	r.sel = r.sel[:0]
	for i := range n {
		r.sel = append(r.sel, int32(i))
	}
	return r.sel
}

// gather reduces out to the rows sel.
func (r *lookup) gather(sel []int32) {
	for k, v := range r.out.Cols {
		u := r.mem.take(v.Type)
		for _, i := range sel {
			u.AppendFrom(v, int(i))
		}
		r.out.Cols[k] = u
	}
	for n, i := range sel { // ascending
		r.out.W[n] = r.out.W[i]
	}
	r.out.W = r.out.W[:len(sel)]
}
