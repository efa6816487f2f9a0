package parser

import (
	tidb "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
)

// query decodes one query level.
func (d *decoder) query(n tidb.Node) *ast.Query {
	q := &ast.Query{Pos: -1}
	switch s := n.(type) {
	case *tidb.SelectStmt:
		d.with(q, s.With)
		if s.WithBeforeBraces { // WITH .. (SELECT ..): the inner clauses are one level down
			inner := *s
			inner.With, inner.WithBeforeBraces = nil, false
			q.Body = d.query(&inner)
			break
		}
		q.Body = d.selectBody(s)
		if s.OrderBy != nil {
			d.tail(q, s.OrderBy.Items)
		}
	case *tidb.SetOprStmt:
		d.with(q, s.With)
		d.setList(q, s.SelectList.Selects)
		if s.OrderBy != nil {
			d.tail(q, s.OrderBy.Items)
		}
	case *tidb.SetOprSelectList:
		if sel, ok := s.Selects[0].(*tidb.SelectStmt); !ok || len(s.Selects) > 1 || sel.With != s.With {
			d.with(q, s.With) // TiDB hangs the WITH of a lone SELECT on both nodes
		}
		d.setList(q, s.Selects)
		if s.OrderBy != nil {
			d.tail(q, s.OrderBy.Items)
		}
	default:
		d.fail("query", n)
		q.Body = &ast.Select{Pos: -1}
	}
	if q.Pos < 0 {
		q.Pos = q.Body.Position()
	}
	if inner, ok := q.Body.(*ast.Query); ok {
		d.merge(q, inner)
	}
	if q.WithTies {
		d.checkTies(q)
	}
	return q
}

// merge makes one level of a query and the parentheses that are all of its body, as insertSelectOptions does: in
// (SELECT .. LIMIT 1) ORDER BY a, the limit comes last.
func (d *decoder) merge(q, inner *ast.Query) {
	twice := func(clause string, at ast.Pos) {
		d.refuse(sqlerr.New(sqlerr.SyntaxError, "multiple %s clauses not allowed", clause).At(int(at)))
	}
	if len(q.Order) == 0 {
		q.Order = inner.Order
	} else if len(inner.Order) > 0 {
		twice("ORDER BY", q.Order[0].Pos)
	}
	if q.Offset == nil {
		q.Offset = inner.Offset
	} else if inner.Offset != nil {
		twice("OFFSET", startOf(q.Offset))
	}
	if q.Limit == nil {
		q.Limit, q.WithTies = inner.Limit, inner.WithTies
	} else if inner.Limit != nil {
		twice("LIMIT", startOf(q.Limit))
	}
	if len(q.With) == 0 {
		q.With, q.Recursive = inner.With, inner.Recursive
	} else if len(inner.With) > 0 {
		twice("WITH", q.Pos)
	}
	q.Locks = append(inner.Locks, q.Locks...)
	q.Body = inner.Body
}

func (d *decoder) checkTies(q *ast.Query) {
	if len(q.Order) == 0 {
		d.refuse(sqlerr.New(sqlerr.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause"))
	}
	for _, l := range q.Locks {
		if l.Wait == "skip locked" {
			d.refuse(sqlerr.New(sqlerr.SyntaxError, "SKIP LOCKED and WITH TIES options cannot be used together"))
		}
	}
}

func (d *decoder) selectBody(s *tidb.SelectStmt) ast.Body {
	if s.Kind == tidb.SelectStmtKindValues {
		return d.values(s.Lists)
	}
	if s.Fields == nil || len(s.Fields.Fields) == 0 {
		d.fail("SELECT without targets", s)
		return &ast.Select{Pos: -1}
	}
	marker := s.Fields.Fields[0].Expr
	switch name, args := call(marker); name {
	case "table":
		t := &ast.TableCmd{Pos: d.pos(marker)}
		if r, ok := d.from(s.From.TableRefs).(*ast.Rel); ok {
			t.Name = r.Name
		} else {
			d.fail("TABLE", s)
		}
		return t
	case "select":
		sel := d.selectClauses(s, d.pos(marker))
		sel.DistinctOn = d.exprs(args)
		return sel
	case "dml": // replaced by its CTE
		return &ast.Select{Pos: d.pos(marker)}
	}
	d.fail("SELECT", marker)
	return &ast.Select{Pos: -1}
}

func (d *decoder) values(lists []*tidb.RowExpr) *ast.Values {
	v := &ast.Values{Pos: -1}
	for i, r := range lists {
		if i > 0 {
			v.Rows = append(v.Rows, d.exprs(r.Values))
		} else if len(r.Values) == 1 {
			v.Pos = d.pos(r.Values[0])
		}
	}
	return v
}

func (d *decoder) selectClauses(s *tidb.SelectStmt, pos ast.Pos) *ast.Select {
	out := &ast.Select{Pos: pos, Distinct: s.Distinct}
	for _, f := range s.Fields.Fields[1:] {
		t := &ast.Target{As: decodeName(f.AsName.O), HasAs: f.AsName.O != ""}
		t.Expr = d.expr(f.Expr)
		t.Pos = startOf(t.Expr)
		out.Targets = append(out.Targets, t)
	}
	if s.From != nil && s.From.TableRefs != nil {
		out.From = d.commaList(s.From.TableRefs)
	}
	if s.Where != nil {
		out.Where = d.expr(s.Where)
	}
	if s.GroupBy == nil {
		return out
	}
	for _, it := range s.GroupBy.Items {
		if name, _ := call(it.Expr); name == "group_distinct" {
			out.GroupDist = true
			continue
		}
		out.GroupBy = append(out.GroupBy, d.expr(it.Expr))
	}
	return out
}

// setList folds the arms of set operations, which bind to the left.
func (d *decoder) setList(q *ast.Query, list []tidb.Node) {
	first := d.query(list[0])
	if len(list) == 1 {
		q.Body = first
		return
	}
	for _, n := range list[1:] {
		var op *tidb.SetOprType
		switch x := n.(type) {
		case *tidb.SelectStmt:
			op = x.AfterSetOperator
		case *tidb.SetOprSelectList:
			op = x.AfterSetOperator
		}
		if op == nil {
			d.fail("set operation", n)
			break
		}
		r := d.query(n)
		so := &ast.SetOp{L: first, R: r}
		so.Pos = d.tokenBefore(r.Pos, func(t *token) bool { return t.isAnyWord("union", "intersect", "except") })
		switch *op {
		case tidb.Union, tidb.UnionAll:
			so.Op = ast.Union
		case tidb.Except, tidb.ExceptAll:
			so.Op = ast.Except
		default:
			so.Op = ast.Intersect
		}
		so.All = *op == tidb.UnionAll || *op == tidb.ExceptAll || *op == tidb.IntersectAll
		first = &ast.Query{Pos: first.Pos, Body: so}
	}
	q.Body = first.Body
	if q.Pos < 0 {
		q.Pos = first.Pos
	}
}

func (d *decoder) with(q *ast.Query, w *tidb.WithClause) {
	if w == nil {
		return
	}
	q.Recursive = w.IsRecursive
	for _, c := range w.CTEs {
		q.With = append(q.With, d.cte(c))
	}
	q.Pos = d.tokenBefore(q.With[0].Pos, func(t *token) bool { return t.isWord("with") })
}

// cte decodes a CTE, whose query has a marker in its ORDER BY.
func (d *decoder) cte(c *tidb.CommonTableExpression) *ast.CTE {
	sub := d.query(c.Query.Query)
	out := &ast.CTE{Name: decodeName(c.Name.O), Cols: decodeNames(c.ColNameList), Stmt: sub, Pos: sub.Pos}
	var marker tidbExpr
	for _, it := range orderOf(c.Query.Query) { // HAVING and LIMIT ride there, too
		if name, _ := call(it.Expr); name == "cte" {
			marker = it.Expr
		}
	}
	if marker == nil {
		d.fail("CTE", c)
		return out
	}
	said := d.str(d.arg(d.args(marker, "cte"), 0))
	if said != "" {
		yes := said == "yes"
		out.Materialized = &yes
	}
	out.Pos = d.pos(marker)
	if sel, ok := c.Query.Query.(*tidb.SelectStmt); ok && sel.Fields != nil && len(sel.Fields.Fields) == 1 {
		if name, args := call(sel.Fields.Fields[0].Expr); name == "dml" {
			if i := d.integer(d.arg(args, 0)); i < len(d.stmts) {
				out.Stmt = d.stmts[i]
			}
		}
	}
	return out
}

func orderOf(n tidb.Node) []*tidb.ByItem {
	var o *tidb.OrderByClause
	switch s := n.(type) {
	case *tidb.SelectStmt:
		o = s.OrderBy
	case *tidb.SetOprStmt:
		o = s.OrderBy
	case *tidb.SetOprSelectList:
		o = s.OrderBy
	}
	if o == nil {
		return nil
	}
	return o.Items
}

// tail splits TiDB's ORDER BY into sort items and the clauses that ride behind them.
func (d *decoder) tail(q *ast.Query, items []*tidb.ByItem) {
	sel, _ := q.Body.(*ast.Select)
	for _, it := range items {
		name, args := call(it.Expr)
		switch name {
		case "sort":
			q.Order = append(q.Order, d.sortItem(it.Expr))
			continue
		case "limit", "limit_ties":
			q.Limit, q.WithTies = d.expr(d.arg(args, 0)), name == "limit_ties"
			if c, ok := q.Limit.(*ast.Const); ok && c.Kind == ast.NullConst && c.Pos < 0 {
				q.Limit = nil
			}
			continue
		case "offset":
			q.Offset = d.expr(d.arg(args, 0))
			continue
		case "lock":
			words := d.strArgs(args)
			if len(words) < 2 {
				break
			}
			q.Locks = append(q.Locks, &ast.Lock{Pos: d.pos(it.Expr), Strength: words[0], Wait: words[1], Of: words[2:]})
			continue
		case "cte":
			continue
		case "having":
			if sel != nil {
				sel.Having = d.expr(d.arg(args, 0))
				continue
			}
		case "windef":
			if sel != nil {
				sel.Windows = append(sel.Windows, &ast.WindowDef{Pos: d.pos(it.Expr),
					Name: d.str(d.arg(args, 0)), Spec: d.window(d.arg(args, 1))})
				continue
			}
		}
		d.fail("ORDER BY "+name, it.Expr)
	}
}

func (d *decoder) sortItem(n tidbExpr) *ast.SortItem {
	args := d.args(n, "sort")
	s := &ast.SortItem{Expr: d.expr(d.arg(args, 0)), Nulls: d.str(d.arg(args, 2))}
	s.Pos = startOf(s.Expr)
	switch dir := d.str(d.arg(args, 1)); dir {
	case "":
	case "desc":
		s.Desc = true
	default:
		s.Using = dir[len("using "):]
	}
	return s
}

func (d *decoder) sortItems(list []tidbExpr) []*ast.SortItem {
	var out []*ast.SortItem
	for _, n := range list {
		out = append(out, d.sortItem(n))
	}
	return out
}

func (d *decoder) window(n tidbExpr) *ast.Window {
	a := d.args(n, "window")
	w := &ast.Window{Pos: d.pos(n), Base: d.str(d.arg(a, 0))}
	w.Partition = d.exprs(d.args(d.arg(a, 1), "partition"))
	w.Order = d.sortItems(d.args(d.arg(a, 2), "order"))
	if f := d.args(d.arg(a, 3), "frame"); len(f) == 6 {
		w.Frame = &ast.Frame{Unit: d.str(f[0]), Start: d.str(f[1]), StartX: d.expr(f[2]), End: d.str(f[3]),
			EndX: d.expr(f[4]), Exclude: d.str(f[5])}
	}
	return w
}
