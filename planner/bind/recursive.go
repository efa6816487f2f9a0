package bind

import (
	"reflect"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
)

// recursive binds a query of WITH RECURSIVE that refers to itself, as init UNION [ALL] step.
func (b *Binder) recursive(c *cte, q *ast.Query) (plan.Node, []*col, error) {
	union, err := wellFormed(c.def, q)
	if err != nil {
		return nil, nil, err
	}
	sc := &scope{parent: &scope{parent: c.from.parent, ctes: c}} // its own WITH is a level below its name
	if err := b.with(sc, q); err != nil {
		return nil, nil, err
	}
	rec := &plan.Recursive{Name: c.def.Name, All: union.All, Level: b.level}
	first, err := b.query(union.L, sc, true)
	if err != nil {
		return nil, nil, err
	}
	if rec.Init, err = b.part(first, union.L); err != nil {
		return nil, nil, err
	}
	names := outCols(first)
	if len(c.def.Cols) > len(names) {
		return nil, nil, tooFewColumns(c.def, len(names))
	}
	for i, name := range c.def.Cols {
		names[i].name = name
	}
	if c.working, err = b.working(c, names, union); err != nil {
		return nil, nil, err
	}
	b.level++
	step, err := b.query(union.R, sc, false)
	b.level--
	c.working = nil
	if err != nil {
		return nil, nil, err
	}
	if err := b.stepColumns(c.def, first, step, union); err != nil {
		return nil, nil, err
	}
	if rec.Step, err = b.part(step, union.R); err != nil {
		return nil, nil, err
	}
	if err := b.closed(c.def, rec); err != nil {
		return nil, nil, err
	}
	if b.inView {
		if err := b.carryRounds(c.def, rec); err != nil {
			return nil, nil, err
		}
	}
	for _, n := range names {
		n.id = b.Meta.Add(n.name, n.t)
		rec.IDs = append(rec.IDs, n.id)
	}
	return rec, names, nil
}

// closed refuses a recursive query that refers to what is around it.
func (b *Binder) closed(def *ast.CTE, rec *plan.Recursive) error {
	for _, p := range []plan.Part{rec.Init, rec.Step} {
		free := plan.Free(p.Node)
		for _, v := range b.ViewParams {
			if free.Has(v.ID) {
				return sqlerr.New(sqlerr.FeatureNotSupported, "view parameter $%s is not supported here", v.Name).At(v.Pos).
					WithDetail("A recursive query is the same for all values of a parameter.").
					WithHint("Let the recursive query's rows carry what the parameter is equal to, and compare them where they are read.")
			}
		}
		if len(free) > 0 {
			return unsupported(def, "a recursive query with columns of an outer one")
		}
	}
	return nil
}

func (b *Binder) part(q *Query, at *ast.Query) (plan.Part, error) {
	n, err := b.limited(q, at)
	return plan.Part{Node: n, Cols: ids(q.Cols)}, err
}

// working is the relation that a step reads.
func (b *Binder) working(c *cte, cols []*col, union *ast.SetOp) (*rel, error) {
	r := &rel{name: c.def.Name, self: true}
	for _, x := range cols {
		if !union.All {
			if err := b.hasEquality(&expr.Col{ID: x.id, T: x.t}, int(c.def.Pos)); err != nil {
				return nil, err
			}
		}
		r.cols = append(r.cols, &col{name: x.name, t: x.t})
	}
	return r, nil
}

// workingRef is a step's reference to its own query.
func (b *Binder) workingRef(c *cte, it *ast.Rel) (source, error) {
	n := &plan.Working{Name: c.def.Name, Level: b.level - 1}
	var cols []*col
	for _, x := range c.working.cols {
		id := b.Meta.Add(x.name, x.t)
		n.IDs = append(n.IDs, id)
		cols = append(cols, &col{name: x.name, id: id, t: x.t})
	}
	r, err := named(cols, it.Alias, c.def.Name, "")
	if err != nil {
		return source{}, err
	}
	r.self = true
	return source{node: n, rels: []*rel{r}, cols: r.cols}, nil
}

// stepColumns brings the step's columns to the types of the first query's, which must be those of both together.
func (b *Binder) stepColumns(def *ast.CTE, first, step *Query, union *ast.SetOp) error {
	if len(first.Cols) != len(step.Cols) {
		return sqlerr.New(sqlerr.SyntaxError, "each UNION query must have the same number of columns").At(step.firstPos(union.R))
	}
	items := plan.Pass(b.Meta, step.Node.Cols())
	changed := false
	for i := range step.Cols {
		l := &expr.Col{ID: first.Cols[i].ID, T: first.Cols[i].T}
		xs, t, err := b.unify([]expr.Expr{l, b.leaf(step, i)}, []ast.Pos{ast.Pos(first.Cols[i].pos), ast.Pos(step.Cols[i].pos)}, "UNION")
		if err != nil {
			return err
		}
		if t.Base() != l.T.Base() {
			return sqlerr.New(sqlerr.DatatypeMismatch, "recursive query %q column %d has type %s in non-recursive term but type %s overall", def.Name, i+1, l.T, t).
				At(first.Cols[i].pos).WithHint("Cast the output of the non-recursive term to the correct type.")
		}
		if c, ok := xs[1].(*expr.Col); ok && c.ID == step.Cols[i].ID {
			continue
		}
		id := b.Meta.Add(step.Cols[i].Name, t)
		items = append(items, plan.Item{ID: id, Expr: xs[1]})
		step.Cols[i].ID, changed = id, true
	}
	if changed {
		step.Node = &plan.Project{In: step.Node, Items: items}
	}
	return nil
}

// noAggregates refuses aggregates over a step's reference to its own query.
func (sel *selection) noAggregates() error {
	for _, r := range sel.sc.rels {
		if r.self {
			return sqlerr.New(sqlerr.InvalidRecursion, "aggregate functions are not allowed in a recursive query's recursive term").At(int(sel.s.Pos))
		}
	}
	return nil
}

func tooFewColumns(def *ast.CTE, n int) error {
	return sqlerr.New(sqlerr.InvalidColumnReference, "WITH query %q has %d columns available but %d columns specified", def.Name, n, len(def.Cols)).At(int(def.Pos))
}

// wellFormed takes a recursive query apart. It must be a UNION, whose right side alone refers to the query, once, and where each row of that adds
// rows of its own.
func wellFormed(def *ast.CTE, q *ast.Query) (*ast.SetOp, error) {
	union, ok := q.Body.(*ast.SetOp)
	if !ok || union.Op != ast.Union {
		return nil, sqlerr.New(sqlerr.InvalidRecursion, "recursive query %q does not have the form non-recursive-term UNION [ALL] recursive-term", def.Name).At(int(def.Pos))
	}
	for _, x := range []struct {
		there bool
		what  string
	}{{len(q.Order) > 0, "ORDER BY"}, {q.Offset != nil, "OFFSET"}, {q.Limit != nil, "LIMIT"}, {len(q.Locks) > 0, "FOR UPDATE/SHARE"}} {
		if x.there {
			return nil, sqlerr.New(sqlerr.FeatureNotSupported, "%s in a recursive query is not implemented", x.what).At(int(q.Pos))
		}
	}
	r := selfReferences{name: def.Name}
	for _, w := range q.With {
		r.everywhere(w, "a subquery")
	}
	r.query(union.L, "its non-recursive term")
	r.query(union.R, "")
	return union, r.err
}

// selfReferences finds the references of a query to itself; within is what they stand in where they must not.
type selfReferences struct {
	name string
	n    int
	err  error
}

func (r *selfReferences) add(pos ast.Pos, within string) {
	r.n++
	switch {
	case r.err != nil:
	case within != "":
		r.err = sqlerr.New(sqlerr.InvalidRecursion, "recursive reference to query %q must not appear within %s", r.name, within).At(int(pos))
	case r.n > 1:
		r.err = sqlerr.New(sqlerr.InvalidRecursion, "recursive reference to query %q must not appear more than once", r.name).At(int(pos))
	}
}

func (r *selfReferences) query(q *ast.Query, within string) {
	for _, w := range q.With {
		if w.Name == r.name {
			return
		}
		if sub, ok := w.Stmt.(*ast.Query); ok {
			r.query(sub, within)
		}
	}
	inner := within
	if inner == "" {
		inner = "a subquery"
	}
	r.everywhere(q.Order, inner)
	switch x := q.Body.(type) {
	case *ast.Query:
		r.query(x, within)
	case *ast.SetOp:
		l, rt := within, within
		if within == "" && x.Op == ast.Intersect && x.All {
			l, rt = "INTERSECT", "INTERSECT"
		} else if within == "" && x.Op == ast.Except {
			if rt = "EXCEPT"; x.All {
				l = rt
			}
		}
		r.query(x.L, l)
		r.query(x.R, rt)
	case *ast.TableCmd:
		if len(x.Name) == 1 && x.Name[0] == r.name {
			r.add(x.Pos, within)
		}
	case *ast.Select:
		for _, f := range x.From {
			r.from(f, within)
		}
		s := *x
		s.From = nil
		r.everywhere(&s, inner)
	case *ast.Values:
		r.everywhere(x, inner)
	}
}

func (r *selfReferences) from(f ast.From, within string) {
	switch f := f.(type) {
	case *ast.Rel:
		if len(f.Name) == 1 && f.Name[0] == r.name {
			r.add(f.Pos, within)
		}
	case *ast.Derived:
		r.query(f.Query, within)
	case *ast.Join:
		l, rt := within, within
		if within == "" {
			const outer = "an outer join"
			if f.Kind == ast.RightJoin || f.Kind == ast.FullJoin {
				l = outer
			}
			if f.Kind == ast.LeftJoin || f.Kind == ast.FullJoin {
				rt = outer
			}
		}
		r.from(f.L, l)
		r.from(f.R, rt)
		if within == "" {
			within = "a subquery"
		}
		r.everywhere(f.On, within)
	case *ast.FuncRel:
		if within == "" {
			within = "a subquery"
		}
		r.everywhere(f, within)
	}
}

var queryPointer = reflect.TypeFor[*ast.Query]()

// everywhere looks into the subqueries of any part of a tree.
func (r *selfReferences) everywhere(tree any, within string) {
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			switch {
			case v.IsNil():
			case v.Type() == queryPointer:
				r.query(v.Interface().(*ast.Query), within)
			default:
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		}
	}
	walk(reflect.ValueOf(tree))
}

// mentions tells whether a WITH query refers to a name.
func mentions(c *ast.CTE, name string) bool {
	q, ok := c.Stmt.(*ast.Query)
	if !ok {
		return false
	}
	r := selfReferences{name: name}
	r.query(q, "")
	return r.n > 0
}
