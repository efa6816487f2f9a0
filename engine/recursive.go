package engine

import (
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// recursion runs a recursive query, each round a query of its own over the rows of the round before. Its rows go on as they come, so that of a
// query without end a LIMIT gets what it needs.
//
//	WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 3):  1 | 2 | 3 | no more
type recursion struct {
	a *adhoc
	p *physical.Recursive
	// init and step are those of p; of equal rows of a round that print differently, those with the smallest image, as in a view.
	init, step physical.Node
	seen       storage.Map // of UNION, the keys of all rows; else nil
	key        []byte
	done       bool
}

func (a *adhoc) recursive(_ *builder, p *physical.Recursive) (*node, error) {
	r := &recursion{a: a, p: p, init: p.Init, step: p.Step}
	if !p.All {
		r.seen = a.newMap("seen", storage.Spec{})
		if slices.ContainsFunc(p.Types(), func(t types.Type) bool { return !types.EqualityIsIdentity(t) }) {
			r.init, r.step = &physical.Distinct{In: p.Init}, &physical.Distinct{In: p.Step}
		}
	}
	return newNode(r), nil
}

func (r *recursion) Name() string                                { return "recursive" }
func (r *recursion) Step(int, *batch.Batch, operators.Out) error { return nil }

func (r *recursion) Finish(out operators.Out) error {
	if r.done {
		return nil
	}
	r.done = true
	last, err := r.round(r.init, r.a.over[:r.p.Level:r.p.Level], out)
	for err == nil && !last.Empty() {
		before := int64(last.Size())
		r.a.held += before
		last, err = r.round(r.step, append(r.a.over[:r.p.Level:r.p.Level], last), out)
		r.a.held -= before
	}
	return err
}

// round runs a part over working relations to its end and gives the rows that the next round is over.
func (r *recursion) round(part physical.Node, over []*batch.Batch, out operators.Out) (*batch.Batch, error) {
	a := r.a
	ts := part.Types()
	c := a.b.ctx
	// A context of its own: the query around this one computes while the round stands still.
	rows, err := newAdhoc(a.e, a.rd, &physical.Query{Root: part, Visible: len(ts)}, window{left: -1},
		&expr.Ctx{Config: c.Config, Params: c.Params, SessionInfo: c.SessionInfo, Sequence: c.Sequence}, over...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	next := batch.New(ts, 0)
	held := a.held
	defer func() { a.held = held }()
	for {
		b, err := rows.Next(a.ctx)
		if err != nil || b == nil {
			return next, err
		}
		fresh, err := r.fresh(ts, b)
		if err != nil {
			return nil, err
		}
		if fresh.Empty() {
			continue
		}
		next.Append(fresh)
		a.held = held + int64(next.Size())
		if err := a.check(); err != nil {
			return nil, err
		}
		if err := out(fresh); err != nil {
			return nil, err
		}
	}
}

// fresh is a copy of b, of UNION of its rows that were not there yet.
func (r *recursion) fresh(ts []types.Type, b *batch.Batch) (*batch.Batch, error) {
	to := batch.New(ts, b.Len())
	cols := make([]int, len(ts))
	for i := range cols {
		cols[i] = i
	}
	for i, w := range b.W {
		if r.seen != nil {
			w = 1
			r.key = b.AppendKey(r.key[:0], i, cols)
			if _, _, ok := r.seen.Get(r.key); ok {
				continue
			}
			var ch storage.Changes
			ch.Add(r.key, nil, 1)
			r.seen.Apply(&ch)
		}
		if w > operators.MostCopies {
			return nil, sqlerr.New(sqlerr.ProgramLimitExceeded, "recursive query %q has too many rows", r.p.Name)
		}
		to.AppendFrom(b, i, w)
	}
	return to, nil
}

func (a *adhoc) working(_ *builder, p *physical.Working) (*node, error) {
	return newNode(&given{name: "working", rows: a.over[p.Level : p.Level+1]}), nil
}
