package planner

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/planner/rewrite"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// world is a catalog that tests build by statements and plan against.
type world struct {
	cat     *catalog.Catalog
	notices []string
}

func newWorld() *world { return &world{cat: catalog.New()} }

func (w *world) env() *Env {
	return &Env{
		Catalog: w.cat, Config: types.DefaultConfig(), SearchPath: []string{"public"},
		Notice: func(e *sqlerr.Error) { w.notices = append(w.notices, "NOTICE: "+e.Message) },
	}
}

// define runs DDL on the catalog.
func (w *world) define(sql string) error {
	stmts, err := parser.Parse(sql)
	if err != nil {
		return err
	}
	for _, s := range stmts {
		if err := w.one(s.Stmt); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) one(s ast.Stmt) error {
	switch s := s.(type) {
	case *ast.CreateTable:
		return w.table(s)
	case *ast.CreateIndex:
		t := w.cat.Lookup("public", s.Table.Last())
		if t == nil {
			return sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", s.Table.Last())
		}
		x := &catalog.Index{ID: w.cat.NextID, Name: s.Name, Schema: "public", On: t.ObjectID(), Unique: s.Unique}
		for _, c := range s.Cols {
			ref, ok := c.Expr.(*ast.ColRef)
			if !ok {
				return sqlerr.Unsupported(int(c.Pos), "an index on an expression")
			}
			col := slices.IndexFunc(columnsOf(t), func(tc catalog.Column) bool { return tc.Name == ref.Parts[0] })
			if col < 0 {
				return sqlerr.New(sqlerr.UndefinedColumn, "column %q does not exist", ref.Parts[0])
			}
			x.Columns = append(x.Columns, catalog.IndexColumn{Col: col, Desc: c.Desc, NullsFirst: c.Desc})
		}
		w.cat = w.cat.With(x)
		return nil
	case *ast.CreateSequence:
		w.cat = w.cat.With(&catalog.Sequence{ID: w.cat.NextID, Schema: "public", Name: s.Name.Last(), Type: types.Of(types.Int8)})
		return nil
	case *ast.CreateView:
		v, err := PlanView(w.env(), s)
		if err != nil {
			return err
		}
		w.cat = w.cat.With(w.view(s, v))
		return nil
	}
	return sqlerr.Unsupported(-1, "%T", s)
}

func columnsOf(o catalog.Object) []catalog.Column {
	switch o := o.(type) {
	case *catalog.Table:
		return o.Columns
	case *catalog.View:
		return o.Columns
	}
	return nil
}

func (w *world) view(s *ast.CreateView, v *View) *catalog.View {
	out := &catalog.View{
		ID: w.cat.NextID, Schema: "public", Name: s.Name.Last(), Columns: v.Columns, Query: s.QueryText, ColumnNames: s.Cols,
		Materialized: s.Materialized, Params: len(v.ParamNames), ParamNames: v.ParamNames, DependsOn: v.DependsOn,
	}
	if v.Physical != nil {
		for _, o := range v.Physical.Order {
			out.Order = append(out.Order, catalog.IndexColumn{Col: o.Col, Desc: o.Desc, NullsFirst: o.NullsFirst})
		}
	}
	return out
}

func (w *world) table(s *ast.CreateTable) error {
	t := &catalog.Table{ID: w.cat.NextID, Schema: "public", Name: s.Name.Last()}
	find := func(name string) int {
		for i, c := range t.Columns {
			if c.Name == name {
				return i
			}
		}
		return -1
	}
	var seq []catalog.Object
	for _, c := range s.Cols {
		ty, err := types.FromName(c.Type.Name.Last(), c.Type.Mods, c.Type.Dims)
		if err != nil {
			return err
		}
		col := catalog.Column{Name: c.Name, Type: ty}
		for _, k := range c.Constraints {
			switch k.Kind {
			case ast.NotNullConstraint:
				col.NotNull = true
			case ast.PrimaryKeyConstraint:
				col.NotNull = true
				t.PrimaryKey, t.PrimaryKeyName = []int{len(t.Columns)}, t.Name+"_pkey"
			case ast.DefaultConstraint:
				col.Default = k.ExprText
			case ast.GeneratedConstraint:
				col.Default, col.Generated = k.ExprText, true
			case ast.IdentityConstraint:
				col.Identity = map[bool]string{true: "always", false: "by default"}[k.Always]
				col.Sequence = t.ID + catalog.ID(len(seq)) + 1
				seq = append(seq, &catalog.Sequence{ID: col.Sequence, Schema: "public", Name: t.Name + "_" + c.Name + "_seq"})
			case ast.CheckConstraint:
				t.Checks = append(t.Checks, catalog.Check{Name: t.Name + "_check", Expr: k.ExprText})
			}
		}
		t.Columns = append(t.Columns, col)
	}
	for _, k := range s.Constraints {
		if k.Kind == ast.PrimaryKeyConstraint {
			t.PrimaryKeyName = t.Name + "_pkey"
			for _, c := range k.Cols {
				t.PrimaryKey = append(t.PrimaryKey, find(c.Name))
				t.Columns[find(c.Name)].NotNull = true
			}
		}
	}
	if t.PrimaryKey == nil {
		t.PrimaryKey = []int{len(t.Columns)}
		t.Columns = append(t.Columns, catalog.Column{Name: "#rowid", Type: types.Of(types.Int8), NotNull: true, Hidden: true})
	}
	w.cat = w.cat.With(append(seq, t)...)
	return nil
}

// errorText is an error as psql shows it, with the position as a mark in the statement.
func errorText(sql string, err error) string {
	e := sqlerr.From(err)
	s := fmt.Sprintf("ERROR %s: %s\n", e.Code, e.Message)
	if e.Position > 0 {
		rest := sql[min(e.Position-1, len(sql)):]
		if i := strings.IndexByte(rest, '\n'); i >= 0 {
			rest = rest[:i]
		}
		s += "AT: " + rest[:min(len(rest), 30)] + "\n"
	}
	if e.Detail != "" {
		s += "DETAIL: " + e.Detail + "\n"
	}
	if e.Hint != "" {
		s += "HINT: " + e.Hint + "\n"
	}
	return s
}

// explain plans any statement and prints what it would do.
func (w *world) explain(sql string) (string, error) {
	stmts, err := parser.Parse(sql)
	if err != nil {
		return "", err
	}
	if len(stmts) != 1 {
		return "", sqlerr.New(sqlerr.SyntaxError, "%d statements", len(stmts))
	}
	w.notices = nil
	var out []string
	switch s := stmts[0].Stmt.(type) {
	case *ast.Query:
		q, err := PlanQuery(w.env(), s)
		if err != nil {
			return "", err
		}
		out = ExplainQuery(q.Physical)
		if len(q.Params) > 0 {
			out = append(out, fmt.Sprintf("params %v", q.Params))
		}
	case *ast.CreateView:
		v, err := PlanView(w.env(), s)
		if err != nil {
			return "", err
		}
		var cols []string
		for _, c := range v.Columns {
			n := c.Name + " " + c.Type.String()
			if c.NotNull {
				n += " not null"
			}
			cols = append(cols, n)
		}
		out = append(w.notices, "columns "+strings.Join(cols, ", "))
		if v.Physical != nil {
			x := &explainer{}
			out = append(out, fmt.Sprintf("params %d, order %s", v.Physical.Params, x.order(v.Physical.Order, v.Physical.Names)))
			out = append(out, ExplainView(v.Physical, w.cat, nil)...)
		}
	case *ast.Insert:
		st, err := PlanStatement(w.env(), s)
		if err != nil {
			return "", err
		}
		p := st.(*Insert)
		out = w.insertText(p)
	case *ast.Update:
		st, err := PlanStatement(w.env(), s)
		if err != nil {
			return "", err
		}
		p := st.(*Update)
		out = append(ExplainQuery(p.Source), "set "+texts(p.Set))
		out = append(out, writeText(p.Write)...)
	case *ast.Delete:
		st, err := PlanStatement(w.env(), s)
		if err != nil {
			return "", err
		}
		p := st.(*Delete)
		out = append(ExplainQuery(p.Source), writeText(p.Write)...)
	default:
		return "", sqlerr.Unsupported(-1, "%T", s)
	}
	return strings.Join(out, "\n") + "\n", nil
}

func (w *world) insertText(p *Insert) []string {
	var out []string
	if p.Source != nil {
		out = ExplainQuery(p.Source)
	}
	out = append(out, fmt.Sprintf("targets %v", p.Targets))
	for _, r := range p.Values {
		out = append(out, "row "+texts(r))
	}
	out = append(out, "defaults "+texts(p.Defaults))
	if c := p.Conflict; c != nil {
		out = append(out, fmt.Sprintf("on conflict %v nothing %v set %s where %s", c.Arbiters, c.Nothing, texts(c.Set), texts([]expr.Expr{c.Where})))
	}
	return append(out, writeText(p.Write)...)
}

func writeText(w Write) []string {
	var out []string
	for _, c := range w.Checks {
		out = append(out, "check "+c.Name+" "+texts([]expr.Expr{c.Expr}))
	}
	if w.Returning != nil {
		out = append(out, "returning "+texts(w.Returning))
	}
	if len(w.Params) > 0 {
		out = append(out, fmt.Sprintf("params %v", w.Params))
	}
	return out
}

func texts(es []expr.Expr) string {
	parts := make([]string, len(es))
	for i, e := range es {
		parts[i] = "-"
		if e != nil {
			parts[i] = plan.Text(e, func(i int) string { return fmt.Sprintf("#%d", i) })
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// logical prints the rules that fire on a query and the plan that they leave.
func (w *world) logical(sql string) (string, error) {
	stmts, err := parser.Parse(sql)
	if err != nil {
		return "", err
	}
	q, ok := stmts[0].Stmt.(*ast.Query)
	if !ok {
		return "", fmt.Errorf("no query")
	}
	b := newBinder(w.env())
	bound, err := b.Query(q)
	if err != nil {
		return "", err
	}
	o := output(bound)
	c := &rewrite.Ctx{Meta: b.Meta, Config: types.DefaultConfig()}
	n, err := rewrite.Rewrite(c, o.Node, o.Columns())
	if err != nil {
		return "", err
	}
	var fired []string
	seen := map[string]bool{}
	for _, f := range c.Fired {
		if !seen[f] {
			seen[f] = true
			fired = append(fired, f)
		}
	}
	return "rules: " + strings.Join(fired, " ") + "\n" + plan.Format(n, b.Meta), nil
}

// mustPlan is for tests of what the plan is, not of whether there is one.
func mustPlan(t testing.TB, w *world, sql string) *physical.Query {
	t.Helper()
	stmts, err := parser.Parse(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	q, err := PlanQuery(w.env(), stmts[0].Stmt.(*ast.Query))
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return q.Physical
}
