package main

import (
	"fmt"
	"strings"

	"github.com/streamsql/streamsql/parser/ast"
)

// deparser prints a tree as PostgreSQL text in which every expression has parentheses, so that the tree alone decides
// what libpg_query reads from it.
type deparser struct{ strings.Builder }

func deparse(s ast.Stmt) string {
	d := &deparser{}
	d.stmt(s)
	return d.String()
}

func (d *deparser) w(format string, args ...any) { fmt.Fprintf(d, format, args...) }

func ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func idents(list []string, sep string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = ident(s)
	}
	return strings.Join(out, sep)
}

func quote(s string) string {
	if strings.Contains(s, `\`) {
		return `E'` + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(s) + `'`
	}
	return `'` + strings.ReplaceAll(s, `'`, `''`) + `'`
}

// each calls f for every element, with sep before all but the first.
func each[T any](d *deparser, list []T, sep string, f func(T)) {
	for i, e := range list {
		if i > 0 {
			d.WriteString(sep)
		}
		f(e)
	}
}

func (d *deparser) with(list []*ast.CTE, recursive bool) {
	if len(list) == 0 {
		return
	}
	d.w("WITH ")
	if recursive {
		d.w("RECURSIVE ")
	}
	each(d, list, ", ", func(c *ast.CTE) {
		d.w("%s", ident(c.Name))
		d.columns(c.Cols)
		d.w(" AS ")
		if c.Materialized != nil {
			d.w("%sMATERIALIZED ", not(!*c.Materialized))
		}
		d.w("(")
		d.stmt(c.Stmt)
		d.w(")")
	})
	d.w(" ")
}

func (d *deparser) query(q *ast.Query) {
	d.with(q.With, q.Recursive)
	switch b := q.Body.(type) {
	case *ast.Query:
		d.w("(")
		d.query(b)
		d.w(")")
	case *ast.SetOp:
		d.w("(")
		d.query(b.L)
		d.w(") %s", [...]string{"UNION", "INTERSECT", "EXCEPT"}[b.Op])
		if b.All {
			d.w(" ALL")
		}
		d.w(" (")
		d.query(b.R)
		d.w(")")
	case *ast.Values:
		d.w("VALUES ")
		each(d, b.Rows, ", ", func(r []ast.Expr) {
			d.w("(")
			d.list(r)
			d.w(")")
		})
	case *ast.TableCmd:
		d.w("TABLE %s", idents(b.Name, "."))
	case *ast.Select:
		d.sel(b)
	}
	if len(q.Order) > 0 {
		d.w(" ORDER BY ")
		d.sorts(q.Order)
	}
	if q.Offset != nil {
		d.w(" OFFSET ")
		d.x(q.Offset)
	}
	switch {
	case q.Limit != nil && q.WithTies:
		d.w(" FETCH FIRST (")
		d.x(q.Limit)
		d.w(") ROWS WITH TIES")
	case q.Limit != nil:
		d.w(" LIMIT ")
		d.x(q.Limit)
	}
	for _, l := range q.Locks {
		d.w(" FOR %s", l.Strength)
		if len(l.Of) > 0 {
			d.w(" OF ")
			each(d, l.Of, ", ", func(s string) { d.w("%s", idents(strings.Split(s, "."), ".")) })
		}
		d.w(" %s", l.Wait)
	}
}

func (d *deparser) sel(s *ast.Select) {
	d.w("SELECT ")
	if s.Distinct {
		d.w("DISTINCT ")
		if s.DistinctOn != nil {
			d.w("ON (")
			d.list(s.DistinctOn)
			d.w(") ")
		}
	}
	d.targets(s.Targets)
	d.from(" FROM ", s.From)
	d.clause(" WHERE ", s.Where)
	if s.GroupBy != nil {
		d.w(" GROUP BY ")
		if s.GroupDist {
			d.w("DISTINCT ")
		}
		each(d, s.GroupBy, ", ", d.group)
	}
	d.clause(" HAVING ", s.Having)
	if len(s.Windows) > 0 {
		d.w(" WINDOW ")
		each(d, s.Windows, ", ", func(w *ast.WindowDef) {
			d.w("%s AS ", ident(w.Name))
			d.window(w.Spec)
		})
	}
}

func (d *deparser) clause(word string, e ast.Expr) {
	if e != nil {
		d.w("%s", word)
		d.x(e)
	}
}

func (d *deparser) targets(list []*ast.Target) {
	each(d, list, ", ", func(t *ast.Target) {
		d.x(t.Expr)
		if t.HasAs {
			d.w(" AS %s", ident(t.As))
		}
	})
}

func (d *deparser) group(g ast.Expr) {
	s, ok := g.(*ast.Special)
	if !ok {
		d.x(g)
		return
	}
	switch s.Name {
	case "empty_set":
		d.w("()")
	case "grouping_sets":
		d.w("GROUPING SETS (")
		each(d, s.Args, ", ", d.group)
		d.w(")")
	default:
		d.x(g)
	}
}

func (d *deparser) sorts(list []*ast.SortItem) {
	each(d, list, ", ", func(s *ast.SortItem) {
		d.x(s.Expr)
		switch {
		case s.Desc:
			d.w(" DESC")
		case s.Using != "":
			d.w(" USING %s", s.Using)
		}
		if s.Nulls != "" {
			d.w(" NULLS %s", s.Nulls)
		}
	})
}

func (d *deparser) columns(list []string) {
	if len(list) > 0 {
		d.w(" (%s)", idents(list, ", "))
	}
}

func (d *deparser) alias(a ast.Alias) {
	if a.Name != "" {
		d.w(" AS %s", ident(a.Name))
	}
	d.columns(a.Cols)
}

func (d *deparser) defs(list []ast.ColDef) {
	d.w("(")
	each(d, list, ", ", func(c ast.ColDef) {
		d.w("%s ", ident(c.Name))
		d.typeName(c.Type)
	})
	d.w(")")
}

func (d *deparser) from(word string, list []ast.From) {
	if len(list) > 0 {
		d.w("%s", word)
		each(d, list, ", ", d.item)
	}
}

func (d *deparser) rel(x *ast.Rel) {
	if x.Only {
		d.w("ONLY ")
	}
	d.w("%s", idents(x.Name, "."))
	d.alias(x.Alias)
}

func (d *deparser) item(f ast.From) {
	switch x := f.(type) {
	case *ast.Rel:
		d.rel(x)
	case *ast.Derived:
		d.lateral(x.Lateral)
		d.w("(")
		d.query(x.Query)
		d.w(")")
		d.alias(x.Alias)
	case *ast.FuncRel:
		d.funcRel(x)
	case *ast.Join:
		d.w("(")
		d.item(x.L)
		if x.Natural {
			d.w(" NATURAL")
		}
		d.w(" %s JOIN ", [...]string{"INNER", "LEFT", "RIGHT", "FULL", "CROSS"}[x.Kind])
		d.item(x.R)
		d.clause(" ON ", x.On)
		if x.Using != nil {
			d.w(" USING (%s)", idents(x.Using, ", "))
		}
		if x.UsingAs != "" {
			d.w(" AS %s", ident(x.UsingAs))
		}
		d.w(")")
		d.alias(x.Alias)
	default:
		panic(fmt.Sprintf("FROM %T", f))
	}
}

func (d *deparser) lateral(yes bool) {
	if yes {
		d.w("LATERAL ")
	}
}

func (d *deparser) funcRel(x *ast.FuncRel) {
	d.lateral(x.Lateral)
	if x.RowsFrom {
		d.w("ROWS FROM (")
		for i, f := range x.Funcs {
			if i > 0 {
				d.w(", ")
			}
			d.x(f)
			if x.FuncDefs[i] != nil {
				d.w(" AS ")
				d.defs(x.FuncDefs[i])
			}
		}
		d.w(")")
	} else {
		d.x(x.Funcs[0])
	}
	if x.Ordinality {
		d.w(" WITH ORDINALITY")
	}
	if x.Defs == nil {
		d.alias(x.Alias)
		return
	}
	d.w(" AS ")
	if x.Name != "" {
		d.w("%s ", ident(x.Name))
	}
	d.defs(x.Defs)
}

func (d *deparser) window(w *ast.Window) {
	d.w("(")
	if w.Base != "" {
		d.w("%s ", ident(w.Base))
	}
	if len(w.Partition) > 0 {
		d.w("PARTITION BY ")
		d.list(w.Partition)
	}
	if len(w.Order) > 0 {
		d.w(" ORDER BY ")
		d.sorts(w.Order)
	}
	if f := w.Frame; f != nil {
		d.w(" %s ", f.Unit)
		if f.End != "" {
			d.w("BETWEEN ")
		}
		d.clause("", f.StartX)
		d.w(" %s", f.Start)
		if f.End != "" {
			d.w(" AND ")
			d.clause("", f.EndX)
			d.w(" %s", f.End)
		}
		if f.Exclude != "" {
			d.w(" EXCLUDE %s", f.Exclude)
		}
	}
	d.w(")")
}

func not(b bool) string {
	if b {
		return "NOT "
	}
	return ""
}
