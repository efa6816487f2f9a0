package bind

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

// funcRel binds functions in FROM.
func (b *Binder) funcRel(sc *scope, left *source, it *ast.FuncRel) (source, error) {
	for _, defs := range append(it.FuncDefs, it.Defs) {
		if len(defs) > 0 {
			return source{}, unsupported(it, "a column definition list")
		}
	}
	c := &context{sc: lateral(sc, left), clause: "functions in FROM"}
	if f, ok := it.Funcs[0].(*ast.Func); ok && len(it.Funcs) == 1 {
		if v := b.paramView(f); v != nil {
			return b.callView(c, v, f, it)
		}
	}
	n := &plan.FlatMap{In: plan.One(), Ordinality: it.Ordinality}
	var fns []*expr.SRF
	for _, e := range it.Funcs {
		of, args, err := b.rowsOf(c, e)
		if err != nil {
			return source{}, err
		}
		fns, n.Args = append(fns, of...), append(n.Args, args...)
	}
	if len(fns) == 1 && fns[0].Name == expr.OnceName {
		return b.scalarFrom(c, it)
	}
	for _, fn := range fns {
		if len(fn.Cols) == 1 && fn.Cols[0].T.Is(types.Record) {
			return source{}, unsupported(it, "a function in FROM that returns records")
		}
	}
	n.Fn = expr.Zip(fns)
	name := exprName(it.Funcs[0])
	var cols []*col
	add := func(name string, t types.Type) {
		id := b.Meta.Add(name, t)
		n.IDs = append(n.IDs, id)
		cols = append(cols, &col{name: name, id: id, t: t})
	}
	for _, fc := range n.Fn.Cols {
		cn := fc.Name
		// The column of a function that returns plain values is named like the relation.
		if len(n.Fn.Cols) == 1 && it.Alias.Name != "" && (cn == "" || cn == name) {
			cn = it.Alias.Name
		} else if cn == "" {
			cn = name
		}
		add(cn, fc.T)
	}
	if it.Ordinality {
		add("ordinality", types.Of(types.Int8))
	}
	return funcSource(n, cols, it, name)
}

// rowsOf are the set-returning functions that a function in FROM stands for, with the arguments of all: one, or several for unnest of
// several arrays. An ordinary function returns its value once.
func (b *Binder) rowsOf(c *context, e ast.Expr) (fns []*expr.SRF, args []expr.Expr, err error) {
	f, ok := e.(*ast.Func)
	if !ok {
		return b.onceOf(c, e)
	}
	name := f.Name.Last()
	args, pos, err := b.scalars(c, f.Args)
	if err != nil {
		return nil, nil, err
	}
	parts := [][]expr.Expr{args}
	if name == "unnest" && len(args) > 1 {
		parts = nil
		for i := range args {
			parts = append(parts, args[i:i+1])
		}
	}
	var all []expr.Expr
	for i, part := range parts {
		fn, coerce, err := expr.LookupSRF(name, typesOf(part))
		if err != nil {
			return nil, nil, at(err, f.Pos)
		}
		if fn == nil {
			return b.onceOf(c, e)
		}
		if part, err = b.coerceArgs(part, coerce, pos[i:]); err != nil {
			return nil, nil, err
		}
		if b.inView && fn.Volatility == types.Volatile {
			return nil, nil, unsupported(f, "%s in a materialized view", name)
		}
		fns, all = append(fns, fn), append(all, part...)
	}
	return fns, all, nil
}

// onceOf is an ordinary expression in ROWS FROM.
func (b *Binder) onceOf(c *context, e ast.Expr) ([]*expr.SRF, []expr.Expr, error) {
	x, err := b.typedScalar(c, e)
	if err != nil {
		return nil, nil, err
	}
	return []*expr.SRF{expr.Once(exprName(e), x.Type())}, []expr.Expr{x}, nil
}

func funcSource(n plan.Node, cols []*col, it *ast.FuncRel, name string) (source, error) {
	r, err := named(cols, it.Alias, name, "")
	if err != nil {
		return source{}, err
	}
	r.plain = len(cols) == 1 && len(it.Funcs) == 1
	return source{node: n, rels: []*rel{r}, cols: r.cols}, nil
}

// scalarFrom is an ordinary function in FROM: a relation of one row.
func (b *Binder) scalarFrom(c *context, it *ast.FuncRel) (source, error) {
	x, err := b.typedScalar(c, it.Funcs[0])
	if err != nil {
		return source{}, err
	}
	name := exprName(it.Funcs[0])
	colName := name
	if it.Alias.Name != "" {
		colName = it.Alias.Name
	}
	id := b.Meta.Add(colName, x.Type())
	items := []plan.Item{{ID: id, Expr: x}}
	cols := []*col{{name: colName, id: id, t: x.Type()}}
	if it.Ordinality {
		ord := b.Meta.Add("ordinality", types.Of(types.Int8))
		items = append(items, plan.Item{ID: ord, Expr: &expr.Const{D: types.NewInt(1), T: types.Of(types.Int8)}})
		cols = append(cols, &col{name: "ordinality", id: ord, t: types.Of(types.Int8)})
	}
	return funcSource(&plan.Project{In: plan.One(), Items: items}, cols, it, name)
}
