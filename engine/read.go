package engine

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"runtime/debug"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Rows is the result of a query: batches until nil. A batch is valid until the next call. Close frees what the query holds, and must be called; the
// snapshot is to stay open until then. Weights are positive; error rows never appear: a row that failed and reaches the result is returned
// as error, and ends it.
type Rows interface {
	Next(ctx context.Context) (*batch.Batch, error)
	Close()
}

const (
	// readRows is about how many rows a batch of a result has,
	readRows = 1024
	// readBytes and how many bytes at most, but for a few rows: these may be large.
	readBytes = 8 << 20
)

// heavy tells whether a batch of a result is to have no more rows. It looks at their bytes only every few rows.
func heavy(b *batch.Batch) bool { return b.Len()%8 == 0 && b.Size() > readBytes }

// Query runs a plan over what r says. ctx of expressions: parameters and settings; the query has it for itself until Close.
func (e *Engine) Query(ctx context.Context, r Reading, q *physical.Query, ectx *expr.Ctx) (rows Rows, err error) {
	defer recoverRead(&err)
	w, err := windowOf(q, ectx)
	if err != nil {
		return nil, err
	}
	if q.Lookup != nil {
		return newLookup(r, q, w, ectx)
	}
	return newAdhoc(e, r, q, w, ectx)
}

// recoverRead turns a panic of storage (a page that cannot be read) or of an operator (a bug) into an error.
func recoverRead(err *error) {
	p := recover()
	if p == nil {
		return
	}
	if e, ok := p.(error); ok {
		var known *sqlerr.Error
		if errors.As(e, &known) {
			*err = known
			return
		}
	}
	slog.Error("panic in query", "panic", p, "stack", string(debug.Stack()))
	*err = sqlerr.New(sqlerr.InternalError, "internal error: %v", p).WithHint("This is a bug in streamsql; the server's log has the details.")
}

// window is what LIMIT and OFFSET leave of the rows to come, copies counted.
type window struct {
	skip, left int64 // left < 0: no limit
	ties       bool
}

func windowOf(q *physical.Query, ectx *expr.Ctx) (window, error) {
	w := window{left: -1, ties: q.WithTies}
	n, ok, err := rowCount(q.Offset, ectx)
	if err != nil {
		return w, err
	}
	if ok {
		if w.skip = n; n < 0 {
			return w, sqlerr.New(sqlerr.InvalidRowCountInOffset, "OFFSET must not be negative")
		}
	}
	n, ok, err = rowCount(q.Limit, ectx)
	if ok {
		if w.left = n; n < 0 {
			return w, sqlerr.New(sqlerr.InvalidRowCountInLimit, "LIMIT must not be negative")
		}
	}
	return w, err
}

func rowCount(e expr.Expr, ectx *expr.Ctx) (n int64, ok bool, err error) {
	if e == nil {
		return 0, false, nil
	}
	d, err := expr.EvalRow(ectx, e, nil)
	if err != nil || d.IsNull() {
		return 0, false, err
	}
	return d.Int(), true, nil
}

// Limits are what a query's OFFSET and LIMIT say; limit -1: there is none.
func Limits(q *physical.Query, ectx *expr.Ctx) (offset, limit int64, err error) {
	w, err := windowOf(q, ectx)
	return w.skip, w.left, err
}

// need is how many rows from the first on the window can see; -1: all.
func (w *window) need() int64 {
	if w.left < 0 || w.skip > math.MaxInt64-w.left {
		return -1
	}
	return w.skip + w.left
}

func (w *window) done() bool { return w.left == 0 }

// take tells how many of the copies of the next row the window sees.
func (w *window) take(n int64) int64 {
	s := min(n, w.skip)
	w.skip -= s
	n -= s
	if w.left >= 0 {
		n = min(n, w.left)
		w.left -= n
	}
	return n
}

// Reading is what a query reads: a snapshot under the transaction's own writes (nil: none), and the rows that earlier parts of its statement have
// made, by slot.
type Reading struct {
	Snapshot *Snapshot
	Own      *Writes
	Given    [][]*batch.Batch
}

// relation finds a relation that can be read: exactly one of t and v is set.
func (r Reading) relation(id catalog.ID) (t *catalog.Table, v *catalog.View, err error) {
	switch o := r.Snapshot.Catalog.Object(id).(type) {
	case *catalog.Table:
		return o, nil, nil
	case *catalog.View:
		switch o.State {
		case catalog.Hydrating:
			return nil, nil, sqlerr.New(sqlerr.ObjectNotInPrerequisiteState, "materialized view %q is being hydrated", o.Name)
		case catalog.Failed:
			return nil, nil, o.FailedError()
		}
		return nil, o, nil
	}
	return nil, nil, sqlerr.New(sqlerr.UndefinedTable, "relation with OID %d does not exist", id)
}

func (r Reading) touches(t *catalog.Table) bool {
	return t != nil && r.Own != nil && r.Own.Touches(t.ID)
}

// tree is the tree of a table (t) or materialized view (v).
func (r Reading) tree(t *catalog.Table, v *catalog.View) operators.Reader {
	if v != nil {
		return finish(r.Snapshot, v, operators.SnapshotTree(r.Snapshot.Store, v.Tree))
	}
	if r.touches(t) {
		return r.Own.tableReader(r.Snapshot, t)
	}
	return operators.SnapshotTree(r.Snapshot.Store, t.Tree)
}

// index is the tree of an index on t, or on a view (t nil).
func (r Reading) index(t *catalog.Table, x *catalog.Index) operators.Reader {
	if r.touches(t) {
		return r.Own.indexReader(r.Snapshot, t, x)
	}
	return operators.SnapshotTree(r.Snapshot.Store, x.Tree)
}

// appendTypes appends the types of all columns of a relation.
func appendTypes(dst []types.Type, t *catalog.Table, v *catalog.View) []types.Type {
	var cols []catalog.Column
	if t != nil {
		cols = t.Columns
	} else {
		cols = v.Columns
	}
	for i := range cols {
		dst = append(dst, cols[i].Type)
	}
	return dst
}

// appendTreeKey appends the columns of the relation's own tree.
func appendTreeKey(dst []operators.OrderCol, t *catalog.Table, v *catalog.View) []operators.OrderCol {
	if v != nil {
		return appendIndexKey(dst, v.Order)
	}
	for _, c := range t.PrimaryKey {
		dst = append(dst, operators.OrderCol{Col: c})
	}
	return dst
}

func appendIndexKey(dst []operators.OrderCol, cols []catalog.IndexColumn) []operators.OrderCol {
	for _, c := range cols {
		dst = append(dst, operators.OrderCol(c))
	}
	return dst
}

// emptyRows is a result without rows.
type emptyRows struct{}

func (emptyRows) Next(context.Context) (*batch.Batch, error) { return nil, nil }
func (emptyRows) Close()                                     {}

// vecs are columns that are used again: what they hold is overwritten at the next take after reset.
type vecs struct {
	free [4][]*batch.Vec // by representation
	used [4]int
}

func (p *vecs) reset() { p.used = [4]int{} }

// take is an empty column of type t.
func (p *vecs) take(t types.Type) *batch.Vec {
	rep := t.Rep()
	k := p.used[rep]
	p.used[rep]++
	if k == len(p.free[rep]) {
		p.free[rep] = append(p.free[rep], batch.NewVec(t, 0))
	}
	v := p.free[rep][k]
	v.Reset()
	v.Type = t
	return v
}

// size is the memory that the columns hold.
func (p *vecs) size() (n int) {
	for _, list := range p.free {
		for _, v := range list {
			n += 8*(cap(v.Ints)+cap(v.Floats)+cap(v.Nulls)) + 4*cap(v.Off) + cap(v.Data)
		}
	}
	return n
}
