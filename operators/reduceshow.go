package operators

import (
	"bytes"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// show emits what changed in what a group shows.
func (r *Reduce) show(g int) error {
	rows, errs := r.out.Len(), len(r.out.Errs)
	if err := r.side(g, true, -1); err != nil {
		return err
	}
	if err := r.side(g, false, 1); err != nil {
		return err
	}
	switch {
	case r.out.Len() == rows+2:
		if r.out.Identical(rows, rows+1) {
			r.truncate(rows)
		}
	case len(r.out.Errs) == errs+2:
		r.buf = appendErr(r.buf[:0], &r.out.Errs[errs])
		n := len(r.buf)
		r.buf = appendErr(r.buf, &r.out.Errs[errs+1])
		if bytes.Equal(r.buf[:n], r.buf[n:]) {
			r.out.Errs = r.out.Errs[:errs]
		}
	}
	return nil
}

func (r *Reduce) truncate(rows int) {
	for _, v := range r.out.Cols {
		v.Truncate(rows)
	}
	r.out.W = r.out.W[:rows]
}

// side adds what a group shows before (old) or after the tick, with weight w.
func (r *Reduce) side(g int, old bool, w int64) error {
	v := r.tick.now(g)
	if old {
		v = r.tick.old(g)
	}
	if v == nil {
		return nil
	}
	s := &r.shown
	s.view(v, r.slots)
	if s.count <= 0 && !r.spec.Scalar {
		return nil
	}
	key := r.tick.keys.key(g)
	image := r.tick.image(g)
	if r.images != nil {
		image, _ = r.images.first(key, len(r.ktypes), old)
	}
	rows := r.out.Len()
	if len(r.ktypes) > 0 {
		_, err := r.keyOut.AppendFromImage(image, w)
		r.keyOut.W = r.keyOut.W[:0]
		if err != nil {
			return err
		}
	}
	failure, err := r.values(key, s, old)
	if err != nil {
		return err
	}
	if failure == nil {
		r.out.W = append(r.out.W, w)
		return nil
	}
	e := batch.ErrRow{Err: failure, W: w, Cols: make([]types.Datum, len(r.out.Cols)), Known: make([]bool, len(r.out.Cols))}
	for i := range r.ktypes {
		e.Cols[i], e.Known[i] = cloneDatum(r.out.Cols[i], rows), true
	}
	r.out.Errs = append(r.out.Errs, e)
	r.truncate(rows)
	return nil
}

// values adds the aggregates of a group to the output's columns, or gives the failure that stands in their place.
func (r *Reduce) values(key []byte, s *groupState, old bool) (failure *sqlerr.Error, broken error) {
	if r.fails.m.Len() > 0 || r.fails.d.len() > 0 {
		if b, ok := r.fails.first(key, len(r.ktypes), old); ok {
			return decodeErr(b, 1).Err, nil
		}
	}
	r.ctx.Reset()
	nk := len(r.ktypes)
	for i, a := range r.aggs {
		if err := a.show(r, r.out.Cols[nk+i], key, s, old); err != nil {
			return sqlerr.From(err), nil
		}
	}
	return nil, nil
}
