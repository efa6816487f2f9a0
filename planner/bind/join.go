package bind

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
)

// join binds a JOIN with ON, USING or NATURAL.
func (b *Binder) join(sc *scope, left *source, it *ast.Join) (source, error) {
	l, err := b.fromItem(sc, left, it.L)
	if err != nil {
		return source{}, err
	}
	// What stands left of the join and its own left side is visible to a LATERAL right side, except under RIGHT and FULL.
	seen := source{rels: append(slices.Clone(left.rels), l.rels...), cols: append(slices.Clone(left.cols), l.cols...)}
	rsc := sc
	if it.Kind == ast.RightJoin || it.Kind == ast.FullJoin {
		rsc = &scope{parent: sc.parent, ctes: sc.ctes, mentioned: sc.mentioned, blocked: sc.blocked, barred: append(slices.Clone(sc.barred), l.rels...)}
		seen = *left
	}
	r, err := b.fromItem(rsc, &seen, it.R)
	if err != nil {
		return source{}, err
	}
	if err := distinctNames(l, r); err != nil {
		return source{}, err
	}
	kind := map[ast.JoinKind]plan.JoinKind{ast.LeftJoin: plan.Left, ast.RightJoin: plan.Left, ast.FullJoin: plan.Full}[it.Kind]
	if it.Kind == ast.RightJoin || it.Kind == ast.FullJoin {
		b.mayBeAbsent(sc, &l)
	}
	if it.Kind == ast.LeftJoin || it.Kind == ast.FullJoin {
		b.mayBeAbsent(sc, &r)
	}
	using := it.Using
	if it.Natural {
		using = commonNames(l.cols, r.cols)
	}
	var on []expr.Expr
	if it.On != nil {
		osc := &scope{parent: sc.parent, ctes: sc.ctes, rels: append(slices.Clone(l.rels), r.rels...), cols: append(slices.Clone(l.cols), r.cols...), blocked: left.rels}
		x, err := b.condition(&context{sc: osc, clause: "JOIN conditions"}, it.On, "JOIN/ON")
		if err != nil {
			return source{}, err
		}
		on = plan.Conjuncts(x)
	}
	merged, conds, err := b.mergeColumns(l, r, using, it)
	if err != nil {
		return source{}, err
	}
	on = append(on, conds...)
	var out source
	if it.Kind == ast.RightJoin {
		if out, err = b.combine(r, l, kind, on, it.Pos); err != nil {
			return source{}, err
		}
		out.rels = append(slices.Clone(l.rels), r.rels...)
	} else if out, err = b.combine(l, r, kind, on, it.Pos); err != nil {
		return source{}, err
	}
	if len(using) == 0 {
		out.cols = append(slices.Clone(l.cols), r.cols...)
		return out, nil
	}
	return b.withMerged(out, l, r, it.UsingAs, using, merged)
}

func commonNames(l, r []*col) []string {
	var out []string
	for _, c := range l {
		for _, d := range r {
			if c.name == d.name && !slices.Contains(out, c.name) {
				out = append(out, c.name)
			}
		}
	}
	return out
}

// mergedCol is a column of JOIN USING: the side's own, or an expression over both.
type mergedCol struct {
	name string
	expr expr.Expr
}

func (b *Binder) mergeColumns(l, r source, using []string, it *ast.Join) ([]mergedCol, []expr.Expr, error) {
	var merged []mergedCol
	var conds []expr.Expr
	for i, name := range using {
		if slices.Contains(using[:i], name) {
			return nil, nil, sqlerr.New(sqlerr.DuplicateColumn, "column name %q appears more than once in USING clause", name)
		}
		lc, err := usingColumn(l.cols, name, "left")
		if err != nil {
			return nil, nil, err
		}
		rc, err := usingColumn(r.cols, name, "right")
		if err != nil {
			return nil, nil, err
		}
		x, y := expr.Expr(b.Meta.Col(lc.id)), expr.Expr(b.Meta.Col(rc.id))
		pos := []ast.Pos{it.Pos, it.Pos}
		both, t, err := b.unify([]expr.Expr{x, y}, pos, "JOIN/USING")
		if err != nil {
			return nil, nil, err
		}
		eq, err := b.call("=", true, []expr.Expr{x, y}, pos, it.Pos)
		if err != nil {
			return nil, nil, err
		}
		conds = append(conds, eq)
		m := mergedCol{name: name}
		switch it.Kind {
		case ast.RightJoin:
			m.expr = both[1]
		case ast.FullJoin:
			m.expr = &expr.Coalesce{Args: both, T: t}
		default:
			m.expr = both[0]
		}
		merged = append(merged, m)
	}
	return merged, conds, nil
}

func usingColumn(cols []*col, name, side string) (*col, error) {
	var hit *col
	for _, c := range cols {
		if c.name != name {
			continue
		}
		if hit != nil {
			return nil, sqlerr.New(sqlerr.AmbiguousColumn, "common column name %q appears more than once in %s table", name, side)
		}
		hit = c
	}
	if hit == nil {
		return nil, sqlerr.New(sqlerr.UndefinedColumn, "column %q specified in USING clause does not exist in %s table", name, side)
	}
	return hit, nil
}

// withMerged puts the merged columns first, then the others of both sides; computed ones need a Project. alias, if there is one, is a
// relation of the merged columns alone.
func (b *Binder) withMerged(out, l, r source, alias string, using []string, merged []mergedCol) (source, error) {
	items := plan.Pass(b.Meta, out.node.Cols())
	computed := false
	out.cols = nil
	for _, m := range merged {
		c, plain := m.expr.(*expr.Col)
		id := 0
		if plain {
			id = c.ID
		} else {
			id = b.Meta.Add(m.name, m.expr.Type())
			items = append(items, plan.Item{ID: id, Expr: m.expr})
			computed = true
		}
		out.cols = append(out.cols, &col{name: m.name, id: id, t: m.expr.Type()})
	}
	if alias != "" {
		if slices.ContainsFunc(out.rels, func(o *rel) bool { return o.name == alias }) {
			return source{}, sqlerr.New(sqlerr.DuplicateAlias, "table name %q specified more than once", alias)
		}
		out.rels = append(out.rels, &rel{name: alias, real: alias, cols: slices.Clone(out.cols), fields: slices.Clone(using)})
	}
	for _, side := range []source{l, r} {
		for _, c := range side.cols {
			if !slices.Contains(using, c.name) {
				out.cols = append(out.cols, c)
			}
		}
	}
	if computed {
		out.node = &plan.Project{In: out.node, Items: items}
	}
	return out, nil
}
