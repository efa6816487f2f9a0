package operators

import (
	"encoding/binary"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// ReduceSpec describes a grouping: by columns Keys of an input of types In; output: keys, then aggregates. Without keys there is
// one group, which with Scalar exists even over no rows.
type ReduceSpec struct {
	In     []types.Type
	Keys   []int
	Aggs   []*expr.AggCall // over In's columns
	Scalar bool
}

// Reduce groups and aggregates. For each group that a tick touches it retracts the row that it showed and shows the new
// one, if they differ:
//
//	d out = sum over touched groups g of  row(g, new) - row(g, old)
//
//	count by a:  +(1) +(1) -> +(1,2)      -(1) +(2) -> -(1,2) +(1,1) +(2,1)
//
// Linear aggregates keep a small state in the group's entry, updated as slices come (reducegroups.go); the others an ordered
// multiset of their arguments, of which the old and the new value are read (reduceagg.go); min and max both. Of keys that are equal but not
// identical the smallest image shows. A group in which an argument or an aggregate failed shows an error instead, its keys
// known, until the cause is retracted.
type Reduce struct {
	spec   ReduceSpec
	ctx    *expr.Ctx
	aggs   []*aggregate
	slots  int // states per group
	tails  int // of aggregates that depend on the first argument
	ktypes []types.Type
	from   []int // of error rows

	groups storage.Map // key -> count of rows, states
	images *index      // images of keys, where they are not determined by the key
	fails  *index      // failed arguments

	tick   groupTick
	out    *batch.Batch
	keyOut *batch.Batch // its key columns
	begun  bool
	state  groupState // to change
	shown  groupState // to read
	buf    []byte
}

// NewReduce makes the operator. Roles: groups, fails, keys (where equal keys may differ), and aggN for each aggregate that needs
// its arguments.
func NewReduce(ctx *expr.Ctx, s ReduceSpec, maps Maps) *Reduce {
	r := &Reduce{spec: s, ctx: ctx}
	exact := true
	for _, c := range s.Keys {
		r.ktypes = append(r.ktypes, s.In[c])
		exact = exact && types.EqualityIsIdentity(s.In[c])
	}
	ts := append([]types.Type{}, r.ktypes...)
	r.from = append(r.from, s.Keys...)
	for _, a := range s.Aggs {
		ts = append(ts, a.T)
		r.from = append(r.from, -1)
	}
	r.out = batch.New(ts, SliceRows)
	r.keyOut = &batch.Batch{Cols: r.out.Cols[:len(s.Keys)]}
	r.groups = maps("groups", specHash)
	r.fails = newIndex(r.ktypes, Ascending(allCols(len(s.Keys))), maps("fails", specRows))
	if !exact {
		r.images = newIndex(r.ktypes, Ascending(allCols(len(s.Keys))), maps("keys", specRows))
	}
	for i, call := range s.Aggs {
		r.aggs = append(r.aggs, newAggregate(r, i, call, maps))
	}
	return r
}

func (r *Reduce) Name() string { return "reduce" }

func (r *Reduce) Step(_ int, in *batch.Batch, out Out) error {
	if len(in.Errs) > 0 {
		b := errsOnly(r.out.Types(), nil)
		for i := range in.Errs {
			b.Errs = append(b.Errs, mapErr(&in.Errs[i], r.from))
		}
		if err := out(b); err != nil {
			return err
		}
	}
	if in.Len() == 0 {
		return nil
	}
	r.tick.assign(r, in)
	for _, a := range r.aggs {
		a.collect(r, in)
	}
	r.update(in.W)
	return nil
}

func (r *Reduce) Finish(out Out) error {
	if r.spec.Scalar && !r.begun {
		r.begin()
	}
	if r.tick.keys.len() == 0 {
		return nil
	}
	defer r.reset()
	if r.images != nil {
		r.images.apply()
	}
	for _, a := range r.aggs {
		if a.first != nil {
			r.settleFirst(a)
		}
		if a.x != nil {
			a.x.apply()
		}
	}
	for _, a := range r.aggs {
		if a.distinct {
			if err := r.updateDistinct(a); err != nil {
				return err
			}
		}
		switch {
		case a.first != nil:
			r.updateFirst(a)
		case a.often != nil:
			a.updateOften()
		case a.call.Fn.Ordered != nil:
			if err := r.updateOrdered(a); err != nil {
				return err
			}
		}
	}
	r.fails.apply()
	for g := range r.tick.keys.len() {
		if err := r.show(g); err != nil {
			return err
		}
		if full(r.out) {
			if err := flush(r.out, out); err != nil {
				return err
			}
		}
	}
	r.prune()
	return flush(r.out, out)
}

// begin makes the only group of a scalar aggregate, if it is not there yet.
func (r *Reduce) begin() {
	r.begun = true
	if _, _, ok := r.groups.Get(nil); ok {
		return
	}
	r.tick.touch(r, nil, nil, 0)
	r.update(nil)
}

func (r *Reduce) reset() {
	r.tick.reset()
	r.fails.reset()
	if r.images != nil {
		r.images.reset()
	}
	for _, a := range r.aggs {
		if a.x != nil {
			a.x.reset()
		}
		if a.often != nil {
			a.often.reset()
		}
	}
}

// prune deletes the groups that have no rows any more.
func (r *Reduce) prune() {
	if r.spec.Scalar {
		return
	}
	t := &r.tick
	t.changes.Reset()
	for g := range t.keys.len() {
		if n, _ := binary.Varint(t.now(g)); n == 0 {
			t.changes.Add(t.keys.key(g), nil, -1)
		}
	}
	if t.changes.Len() > 0 {
		r.groups.Apply(&t.changes)
	}
}
