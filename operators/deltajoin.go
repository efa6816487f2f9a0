package operators

import (
	"bytes"
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

// DeltaSpec describes an inner join of many tables. Its output has the columns of all, one table after the other.
type DeltaSpec struct {
	// Tables are the tables' own trees. The first one is scanned when a view is hydrated, the others stand.
	Tables []*Side
	Paths  []DeltaPath // one for each table
	// Ready tells whether all arrangements are complete. The join begins in the tick after the first one in which they are.
	Ready func() bool
}

// DeltaPath is how the changed rows of a table meet the rows of all other ones.
type DeltaPath struct {
	Where expr.Expr // over the output's columns, those of the table: which rows count; nil: all. It cannot fail.
	Steps []DeltaStep
}

// DeltaStep looks one table more up.
type DeltaStep struct {
	Table int
	In    *Arranged // the table, in an order that begins with the key
	Key   []int     // output columns of the tables before
	Where expr.Expr // what can be decided with this table, as DeltaPath.Where
}

// DeltaJoin joins tables without keeping what is between them: a changed row of one looks up the rows of the others, one table after the other, in
// arrangements that all views share.
//
//	d(A x B x C) = dA x B_old x C_old  +  A_new x dB x C_old  +  A_new x B_new x dC
//
// A table that comes later is looked up as of Old, one that comes earlier as of New, so that a row that several changes make is counted once, also
// where the tables are the same one. With A = {1}, B = {2}, C = {}:
//
//	dB = +3, dC = +4     ->     A_new x dB x C_old = {}     A_new x B_new x dC = +(1,2,4) +(1,3,4)
//
// While a view is hydrated, what there is of the first table is what its scan has read; all its arrangements hide the rest.
type DeltaJoin struct {
	ctx   *expr.Ctx
	first *Side
	sides []*Side
	paths []*deltaPath
	ready func() bool
	ts    []types.Type
	read  Columns // that somebody looks at
	begun bool
	// complete: the arrangements were when the tick began. In the tick in which one becomes so its change is not the table's, and so is its Old.
	complete bool
	out      Out
	seen     *batch.Batch // a row of the first table
	entry    []byte
	full     *batch.Batch // the output
}

// NewDeltaJoin makes a join; it has no inputs but the sides and arrangements of s.
func NewDeltaJoin(ctx *expr.Ctx, s DeltaSpec) *DeltaJoin {
	j := &DeltaJoin{ctx: ctx, first: s.Tables[0], sides: s.Tables, ready: s.Ready}
	var from []int
	for _, t := range s.Tables {
		from = append(from, len(j.ts))
		j.ts = append(j.ts, t.A.Types...)
	}
	j.seen, j.full = batch.New(j.first.A.Types, 1), batch.New(j.ts, 0)
	for i, p := range s.Paths {
		j.paths = append(j.paths, newDeltaPath(j.ts, from, i, s.Tables, p))
	}
	return j
}

func (j *DeltaJoin) Name() string                      { return "delta join" }
func (j *DeltaJoin) Step(int, *batch.Batch, Out) error { return nil }

// Narrow: nothing fails, so that no error needs more.
func (j *DeltaJoin) Narrow(cols Columns) { j.read = cols }

func (j *DeltaJoin) Finish(out Out) error {
	if !j.begun {
		j.first.load()
		if !j.first.started && !j.complete {
			j.complete = j.ready()
			return nil
		}
		j.begun = true
		for _, p := range j.paths {
			p.narrow(j.ts, j.read)
		}
	}
	j.out = out
	for _, s := range j.sides {
		s.advance()
	}
	for i, p := range j.paths {
		if j.sides[i].change.len() == 0 {
			continue
		}
		if err := j.drive(p, j.sides[i]); err != nil {
			return err
		}
	}
	return flush(j.full, out)
}

// drive sends the changes of a table along its path.
func (j *DeltaJoin) drive(p *deltaPath, s *Side) error {
	for k := range p.steps {
		p.steps[k].open(j.first)
		defer p.steps[k].c.close()
	}
	d, b := s.change, p.rows[0]
	for i := 0; i < d.len(); i++ {
		if d.unchanged(i, s.A, p.cols) {
			i++
			continue
		}
		if err := p.part.AppendFromImageOnly(d.image(i), p.cols, 1); err != nil {
			return err
		}
		p.part.W = p.part.W[:0]
		b.W = append(b.W, d.weight(i))
		if full(b) {
			if err := j.follow(p, 0, p.where); err != nil {
				return err
			}
		}
	}
	return j.follow(p, 0, p.where)
}

// follow takes the rows that have come to step k of a path, those that the condition lets pass, to its end; then they are gone.
func (j *DeltaJoin) follow(p *deltaPath, k int, where expr.Expr) error {
	b := p.rows[k]
	defer b.Reset()
	sel := j.passing(p, k, where)
	if k == len(p.steps) {
		return j.emit(b, sel)
	}
	s := &p.steps[k]
	next := p.rows[k+1]
	for _, i := range sel {
		if !s.seek(b, int(i)) {
			continue
		}
		for s.c.next() {
			if s.bound != nil && j.hidden(s.c.image) {
				continue
			}
			if err := s.part.AppendFromImageOnly(s.c.image, s.cols, 1); err != nil {
				return err
			}
			s.part.W = s.part.W[:0]
			s.from = append(s.from, i)
			next.W = append(next.W, b.W[i]*s.c.weight)
			if full(next) {
				if err := j.advance(p, k); err != nil {
					return err
				}
			}
		}
	}
	return j.advance(p, k)
}

// advance gives the rows found at step k the columns of those that found them, and goes on.
func (j *DeltaJoin) advance(p *deltaPath, k int) error {
	s := &p.steps[k]
	if len(s.from) == 0 {
		return nil
	}
	b, next := p.rows[k], p.rows[k+1]
	for _, c := range s.keep {
		gatherVec(next.Cols[c], b.Cols[c], s.from)
	}
	s.from = s.from[:0]
	return j.follow(p, k+1, s.where)
}

// passing are the rows of step k that pass a condition.
func (j *DeltaJoin) passing(p *deltaPath, k int, where expr.Expr) []int32 {
	b, sel := p.rows[k], p.sel[k][:0]
	if where != nil {
		j.ctx.Reset()
		sel = expr.Filter(j.ctx, where, b, nil, sel)
	} else {
		for i := range b.W {
			sel = append(sel, int32(i))
		}
	}
	p.sel[k] = sel
	return sel
}

// emit adds whole rows to the output; columns that nobody looks at are NULL.
func (j *DeltaJoin) emit(b *batch.Batch, sel []int32) error {
	for c, v := range b.Cols {
		if v.Len() == len(b.W) {
			gatherVec(j.full.Cols[c], v, sel)
			continue
		}
		for range sel {
			j.full.Cols[c].AppendNull()
		}
	}
	for _, i := range sel {
		j.full.W = append(j.full.W, b.W[i])
	}
	if full(j.full) {
		return flush(j.full, j.out)
	}
	return nil
}

// hidden tells whether the scan of the first table has not come to a row of it, found by another key.
func (j *DeltaJoin) hidden(image []byte) bool {
	a := j.first.A
	j.seen.Reset()
	if err := j.seen.AppendFromImageOnly(image, nil, 1); err != nil {
		panic(err)
	}
	j.entry = j.seen.AppendOrderKey(j.entry[:0], 0, a.Key)
	return bytes.Compare(j.entry, j.first.at) > 0
}

// deltaPath is a DeltaPath with its memory: rows[k] are those on their way to step k, sel those that passed the condition before it. Rows have the
// columns that something later reads, the others are empty.
type deltaPath struct {
	table int
	where expr.Expr
	cols  Columns // of the table, that are decoded
	part  *batch.Batch
	steps []deltaStep
	rows  []*batch.Batch
	sel   [][]int32
}

type deltaStep struct {
	DeltaStep
	old   bool
	where expr.Expr
	first int // column of the output
	cols  Columns
	part  *batch.Batch // the table's columns of the next rows
	keep  []int        // columns that the next rows have of these
	from  []int32      // which of these found the next rows
	c     cursor
	keyed *keyedRow
	bound *Side // the first table, while it is read
	key   []byte
}

func newDeltaPath(ts []types.Type, first []int, table int, tables []*Side, spec DeltaPath) *deltaPath {
	p := &deltaPath{table: first[table], where: spec.Where, rows: []*batch.Batch{batch.New(ts, 0)}, sel: make([][]int32, len(spec.Steps)+1)}
	p.part = &batch.Batch{Cols: p.rows[0].Cols[p.table : p.table+len(tables[table].A.Types)]}
	for _, s := range spec.Steps {
		b := batch.New(ts, 0)
		p.rows = append(p.rows, b)
		at := first[s.Table]
		p.steps = append(p.steps, deltaStep{DeltaStep: s, old: s.Table > table, where: s.Where, first: at,
			part: &batch.Batch{Cols: b.Cols[at : at+len(s.In.Types)]}})
	}
	return p
}

// narrow finds out which columns are read where.
func (p *deltaPath) narrow(ts []types.Type, read Columns) {
	if read == nil {
		read = slices.Repeat(Columns{true}, len(ts))
	}
	need := read.With(make(Columns, len(ts)))
	for k := len(p.steps) - 1; k >= 0; k-- {
		s := &p.steps[k]
		need = need.With(columnsOf(len(ts), s.where))
		s.cols = need[s.first : s.first+len(s.part.Cols)]
		s.keyed = s.In.keyedRow(s.cols)
		need = slices.Clone(need)
		for c := range s.cols {
			need[s.first+c] = false
		}
		s.keep = s.keep[:0]
		for c, ok := range need {
			if ok {
				s.keep = append(s.keep, c)
			}
		}
		for _, c := range s.Key {
			need[c] = true
		}
	}
	need = need.With(columnsOf(len(ts), p.where))
	p.cols = need[p.table : p.table+len(p.part.Cols)]
}

// open begins a tick.
func (s *deltaStep) open(first *Side) {
	s.bound = nil
	switch {
	case s.Table != 0 || first.done:
		s.c = cursor{a: s.In, change: &s.In.d, prefix: s.c.prefix, keyed: s.keyed}
	case s.In == first.A:
		s.c = first.cursor(s.c)
	default:
		s.c = cursor{a: s.In, change: &s.In.d, prefix: s.c.prefix}
		s.bound = first
	}
}

// seek looks up what row i has as key; false: a NULL in it matches nothing.
func (s *deltaStep) seek(b *batch.Batch, i int) bool {
	s.key = s.key[:0]
	for _, c := range s.Key {
		if b.Cols[c].IsNull(i) {
			return false
		}
		s.key = b.Cols[c].AppendKey(s.key, i)
	}
	s.c.seek(s.key, len(s.Key), s.old)
	return true
}
