package operators

import (
	"bytes"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

// JoinKind is the kind of a join.
type JoinKind uint8

// The kinds, in the planner's order.
const (
	Inner JoinKind = iota
	Left
	Full
	Semi
	Anti
	// AntiNull is NOT IN: a left row stays if no right row is equal or, because of NULLs on either side, could be.
	AntiNull
)

func (k JoinKind) String() string {
	return [...]string{"join", "left join", "full join", "semi join", "anti join", "null-aware anti join"}[k]
}

// pairs tells whether the output has the columns of both sides.
func (k JoinKind) pairs() bool { return k <= Full }

// MustScan tells which sides of a join have to be scanned when a view is hydrated: each whose unmatched rows are output, and
// one at least, for which it gives the left. The other one may count as read. (Of an inner join it may also be the right.)
func (k JoinKind) MustScan() (left, right bool) { return true, k == Full }

// JoinSpec describes a join. The arrangements of both sides begin with the join key: NKeys columns, ascending, NULLs
// last, of equal types in pairs (0: a cross join). A NULL in one of them matches nothing.
type JoinSpec struct {
	Kind     JoinKind
	L, R     *Side // two sides even of the same arrangement
	NKeys    int
	Residual expr.Expr // over left ++ right columns; nil: true
}

// Join joins two arrangements. All work is in Finish, when both arrangements have applied the tick: it goes through the
// changes of both sides in key order and probes the other one.
//
//	d(L x R) = dL x R_old + L_new x dR
//
// Old is New minus the tick's change, so a self-join counts each pair once. Weights multiply.
//
//	L: 1a   R: 1x     dL = +1b, dR = +1y     ->     +1bx  (dL x R_old)    +1ay +1by  (L_new x dR)
//
// Left adds P = {l: no r matches} padded with NULLs, Full the same of the right, Semi and Anti are the left rows with and
// without a match: dP = P_new - P_old. Without a residual all rows of a key are matched together, and whether the other side
// has the key, old and new, says what changes (joinkeys.go). With one, the number of matches per row is kept
// (joincounts.go). NOT IN also asks whether the right has rows and NULLs at all (joinnull.go). Where a residual bounds what follows the key in an
// arrangement, rows out of bounds are not visited (joinrange.go).
type Join struct {
	spec   JoinSpec
	ctx    *expr.Ctx
	l, r   half
	pair   *batch.Batch // left ++ right columns
	good   *batch.Batch // what a residual leaves of it
	sel    []int32
	failAt []int // the columns known of a pair on which the residual fails
	match  matcher
	out    Out
}

// half is what a join has of one of its sides.
type half struct {
	side *Side
	c    cursor
	part *batch.Batch // the side's columns of pair
	one  *batch.Batch // the row that drives
	cols Columns      // that are decoded
	from []int        // output columns known of its errors
	// keyed, if it is not nil, makes what an inner join looks at of the keys alone.
	keyed *keyedRow
	span  *span // of the side when it is probed; nil: all rows of a key are visited
	shown bool  // somebody behind the join looks at the side's columns
}

// matcher is what differs by kind: the output for one join key. The changes are entries lo to hi of the sides' changes.
type matcher interface {
	begin() error
	key(k joinKey) error
	end() error
}

// joinKey is a join key with its changes on both sides.
type joinKey struct {
	b        []byte
	null     bool // a NULL in it: it matches nothing
	llo, lhi int
	rlo, rhi int
}

// NewJoin makes a join; it has no inputs but its sides. Roles, where matches are counted: left, right.
func NewJoin(ctx *expr.Ctx, s JoinSpec, maps Maps) *Join {
	lt, rt := s.L.A.Types, s.R.A.Types
	ts := append(append([]types.Type{}, lt...), rt...)
	j := &Join{spec: s, ctx: ctx, pair: batch.New(ts, 0), good: batch.New(ts, 0)}
	j.l = half{side: s.L, part: &batch.Batch{Cols: j.pair.Cols[:len(lt)]}, one: batch.New(lt, 1), shown: true}
	j.r = half{side: s.R, part: &batch.Batch{Cols: j.pair.Cols[len(lt):]}, one: batch.New(rt, 1), shown: true}
	j.l.span, j.r.span = j.spanOf(&j.l, &j.r), j.spanOf(&j.r, &j.l)
	j.knownColumns()
	switch {
	case s.Kind == Inner:
		j.match = innerJoin{j}
	case s.Kind == AntiNull && s.NKeys == 1 && s.Residual == nil:
		j.match = newNullJoin(j)
	case s.Kind == AntiNull || s.Residual != nil:
		j.match = newCountJoin(j, maps)
	default:
		j.match = newKeyJoin(j)
	}
	return j
}

func (j *Join) Name() string                      { return j.spec.Kind.String() }
func (j *Join) Step(int, *batch.Batch, Out) error { return nil }

func (j *Join) Finish(out Out) error {
	j.out = out
	j.l.side.advance()
	j.r.side.advance()
	if err := j.passErrors(); err != nil {
		return err
	}
	if j.l.side.change.len() == 0 && j.r.side.change.len() == 0 {
		return nil
	}
	j.l.c, j.r.c = j.l.side.cursor(j.l.c), j.r.side.cursor(j.r.c)
	if j.spec.Kind == Inner {
		j.l.c.keyed, j.r.c.keyed = j.l.keyed, j.r.keyed
	}
	defer j.l.c.close()
	defer j.r.c.close()
	if err := j.match.begin(); err != nil {
		return err
	}
	if err := j.eachKey(); err != nil {
		return err
	}
	return j.match.end()
}

// eachKey merges the changes of both sides by key.
func (j *Join) eachKey() error {
	ld, rd := j.l.side.change, j.r.side.change
	var k joinKey
	for k.lhi < ld.len() || k.rhi < rd.len() {
		k.llo, k.rlo = k.lhi, k.rhi
		order := 0
		var lk, rk []byte
		switch {
		case k.llo == ld.len():
			order, rk = 1, j.keyOf(&j.r, k.rlo)
		case k.rlo == rd.len():
			order, lk = -1, j.keyOf(&j.l, k.llo)
		default:
			lk, rk = j.keyOf(&j.l, k.llo), j.keyOf(&j.r, k.rlo)
			order = bytes.Compare(lk, rk)
		}
		side := j.l.side
		if order <= 0 {
			k.b, k.lhi = lk, ld.run(k.llo, lk)
		}
		if order >= 0 {
			k.b, k.rhi = rk, rd.run(k.rlo, rk)
			side = j.r.side
		}
		k.null = hasNull(k.b, side.A.Types, side.A.Key, j.spec.NKeys)
		if err := j.match.key(k); err != nil {
			return err
		}
	}
	return nil
}

// keyOf is the join key of a change.
func (j *Join) keyOf(h *half, i int) []byte {
	a := h.side.A
	k := h.side.change.key(i)
	if len(a.Key) == j.spec.NKeys {
		return k
	}
	return k[:len(k)-len(skipKey(k, a.Types, a.Key, j.spec.NKeys))]
}

// innerJoin outputs pairs alone.
type innerJoin struct{ j *Join }

func (m innerJoin) begin() error { return nil }

func (m innerJoin) key(k joinKey) error {
	if k.null {
		return nil
	}
	if _, err := m.j.pairsOfLeft(k); err != nil {
		return err
	}
	_, err := m.j.pairsOfRight(k)
	return err
}

func (m innerJoin) end() error { return m.j.emitPairs() }

// pairsOfLeft adds dL x R_old for a key, pairsOfRight L_new x dR. They tell whether the side probed has the key.
func (j *Join) pairsOfLeft(k joinKey) (found bool, err error) {
	return j.drive(&j.l, &j.r, k.llo, k.lhi, k.b, true)
}

func (j *Join) pairsOfRight(k joinKey) (found bool, err error) {
	return j.drive(&j.r, &j.l, k.rlo, k.rhi, k.b, false)
}

// drive pairs the changes lo to hi of a side with the rows of the other one that have the same key.
func (j *Join) drive(by, probed *half, lo, hi int, key []byte, old bool) (found bool, err error) {
	d := by.side.change
	for i := lo; i < hi; i++ {
		if probed.span == nil {
			probed.c.seek(key, j.spec.NKeys, old)
			if !probed.c.next() {
				return false, nil
			}
			found = true
		}
		if d.unchanged(i, by.side.A, by.cols) {
			i++
			continue
		}
		if probed.span != nil && i+1 < hi {
			ok, err := j.moved(by, probed, i, key, old)
			if err != nil {
				return true, err
			}
			if ok {
				i++
				continue
			}
		}
		if err := by.take(d.image(i)); err != nil {
			return true, err
		}
		if probed.span != nil {
			j.probe(by, probed, key, old)
			if !probed.c.next() {
				continue
			}
		}
		if err := j.fanOut(by, probed, d.weight(i)); err != nil {
			return true, err
		}
	}
	return found, nil
}

// take makes a row the one that drives.
func (h *half) take(image []byte) error {
	h.one.Reset()
	return h.one.AppendFromImageOnly(image, h.cols, 1)
}

// fanOut pairs by.one, of weight w, with the rows at the cursor of probed and after it.
func (j *Join) fanOut(by, probed *half, w int64) error {
	for more := true; more; {
		room := min(SliceRows-j.pair.Len(), 1+sliceBytes/(1+valueBytes(by.one.Cols)))
		n := 0
		for ; more && n < room && (n%8 != 7 || valueBytes(probed.part.Cols) < sliceBytes); n++ {
			if err := probed.part.AppendFromImageOnly(probed.c.image, probed.cols, 1); err != nil {
				return err
			}
			j.pair.W = append(j.pair.W, w*probed.c.weight)
			more = probed.c.next()
		}
		probed.part.W = probed.part.W[:0]
		for c, v := range by.part.Cols {
			repeat(v, by.one.Cols[c], 0, n)
		}
		if full(j.pair) {
			if err := j.emitPairs(); err != nil {
				return err
			}
		}
	}
	return nil
}

// emitPairs sends the pairs that were added, those that the residual lets pass.
func (j *Join) emitPairs() error {
	if j.pair.Empty() {
		return nil
	}
	if j.spec.Residual == nil {
		return flush(j.pair, j.out)
	}
	j.good.Reset()
	j.filterPairs(func(err batch.ErrRow) { j.good.Errs = append(j.good.Errs, err) })
	if len(j.sel) == j.pair.Len() {
		return flush(j.pair, j.out)
	}
	gather(j.good, j.pair, j.sel)
	j.pair.Reset()
	return flush(j.good, j.out)
}

// filterPairs evaluates the residual: sel are the pairs that pass.
func (j *Join) filterPairs(fail func(batch.ErrRow)) {
	j.ctx.Reset()
	j.sel = expr.Filter(j.ctx, j.spec.Residual, j.pair, nil, j.sel[:0])
	if !j.ctx.Failed() {
		return
	}
	for i, w := range j.pair.W {
		if err := j.ctx.Err(i); err != nil {
			fail(errAt(err, j.pair, i, j.failAt, w))
		}
	}
}
