package bind

import (
	"slices"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// viewRef reads a view: a plain one by its definition, a materialized one by its contents, unless the transaction's own writes are not in these.
func (b *Binder) viewRef(v *catalog.View, alias ast.Alias, pos ast.Pos) (source, error) {
	var node plan.Node
	var cols []*col
	if v.Materialized && (b.env.Expand == nil || !b.env.Expand(v.ID)) {
		if v.State == catalog.Failed {
			return source{}, v.FailedError().At(int(pos))
		}
		b.read(v.ID)
		scan := &plan.Scan{Relation: v.ID, Name: v.Name, View: v, Meta: b.Meta}
		cols = b.scanColumns(scan, v.Columns)
		node = scan
		if v.Params > 0 {
			if err := b.absent(v, scan); err != nil {
				return source{}, err
			}
		}
	} else {
		n, ids, err := b.expand(v, pos)
		if err != nil {
			return source{}, err
		}
		node = n
		for i, c := range v.Columns {
			if c.Visible() {
				b.origins[ids[i]] = origin{uint32(v.ID), int16(i + 1)}
				cols = append(cols, &col{name: c.Name, id: ids[i], t: b.Meta.Type(ids[i])})
			}
		}
	}
	r, err := named(cols, alias, v.Name, v.Schema)
	if err != nil {
		return source{}, err
	}
	return source{node: node, rels: []*rel{r}, cols: r.cols}, nil
}

// expand binds a view's definition in place of the view: its plan and the ids of its columns. Names in it mean what they meant at CREATE.
func (b *Binder) expand(v *catalog.View, pos ast.Pos) (plan.Node, []int, error) {
	if slices.Contains(b.expanding, v.ID) {
		return nil, nil, sqlerr.New(sqlerr.InvalidObjectDefinition, "infinite recursion detected in rules for relation %q", v.Name).At(int(pos))
	}
	b.read(v.ID)
	q, err := ParseView(v)
	if err != nil {
		return nil, nil, err
	}
	inner, sub, n, err := b.definition(v, q, pos)
	if err != nil {
		return nil, nil, err
	}
	b.Reads = inner.Reads
	cols := ids(sub.Cols)
	if v.Params == 0 {
		return n, cols, nil
	}
	r, err := inner.parameterised(v, sub, n)
	if err != nil {
		return nil, nil, inView(err, v, pos)
	}
	if r.Absent != nil {
		return nil, nil, sqlerr.Unsupported(int(pos), "reading view %q in a transaction that has changed what it depends on", v.Name)
	}
	return r.Node, append(r.Params, cols...), nil
}

// definition binds a view's query by a binder of its own over the same columns.
func (b *Binder) definition(v *catalog.View, q *ast.Query, pos ast.Pos) (*Binder, *Query, plan.Node, error) {
	inner := *b
	inner.env = ViewEnv(b.env, v)
	inner.allowNamed, inner.params, inner.ViewParams = v.Params > 0, nil, nil
	inner.expanding = append(slices.Clone(b.expanding), v.ID)
	sub, err := inner.query(q, nil, true)
	if err != nil {
		return nil, nil, nil, inView(err, v, pos)
	}
	n, err := inner.limited(sub, q)
	if err != nil {
		return nil, nil, nil, inView(err, v, pos)
	}
	return &inner, sub, n, nil
}

// parameterised binds a view's definition as Parameterise leaves it.
func (b *Binder) parameterised(v *catalog.View, sub *Query, n plan.Node) (*plan.Parameterised, error) {
	if v.Params != len(b.ViewParams) {
		return nil, sqlerr.New(sqlerr.InternalError, "view %q has %d parameters, its query %d", v.Name, v.Params, len(b.ViewParams))
	}
	var keep []int
	for _, c := range sub.Cols {
		keep = append(keep, c.ID)
	}
	for _, o := range sub.Order {
		if !slices.Contains(keep, o.Col) {
			keep = append(keep, o.Col)
		}
	}
	return b.rewriter.Parameterise(b.Meta, n, keep, b.Parameters())
}

// Parameters are the view parameters met.
func (b *Binder) Parameters() []plan.Param {
	var out []plan.Param
	for _, p := range b.ViewParams {
		out = append(out, plan.Param{Name: p.Name, ID: p.ID, Pos: p.Pos})
	}
	return out
}

// absent finds the row that a parameterised view of aggregates has for a value that does not occur.
func (b *Binder) absent(v *catalog.View, scan *plan.Scan) error {
	q, err := ParseView(v)
	if err != nil {
		return err
	}
	if !ScalarShape(q) {
		return nil
	}
	inner, sub, n, err := b.definition(v, q, -1)
	if err != nil {
		return err
	}
	r, err := inner.parameterised(v, sub, n)
	if err != nil {
		return inView(err, v, -1)
	}
	if r.Absent != nil {
		scan.Absent = &plan.Absent{Row: r.Absent}
		for _, p := range inner.ViewParams {
			scan.Absent.Params = append(scan.Absent.Params, p.ID)
		}
	}
	return nil
}

// ScalarShape tells whether a query may be an aggregate without groups, by its looks: a view with parameters whose query is one must look so.
func ScalarShape(q *ast.Query) bool {
	switch s := q.Body.(type) {
	case *ast.Query:
		return ScalarShape(s)
	case *ast.Select:
		if len(s.GroupBy) > 0 {
			return false
		}
		if s.Having != nil {
			return true
		}
		for _, t := range s.Targets {
			if hasAggregate(t.Expr) {
				return true
			}
		}
		if len(s.From) == 1 {
			if d, ok := s.From[0].(*ast.Derived); ok {
				return ScalarShape(d.Query)
			}
		}
	}
	return false
}

// hasAggregate looks for an aggregate call in an expression; what it does not know it takes for one.
func hasAggregate(e ast.Expr) bool {
	switch e := e.(type) {
	case nil, *ast.ColRef, *ast.Const, *ast.Star, *ast.Param, *ast.SQLValue:
		return false
	case *ast.Func:
		fn, _, _, err := expr.LookupAgg(e.Name.Last(), nil)
		return fn != nil || err != nil || slices.ContainsFunc(e.Args, hasAggregate)
	case *ast.Op:
		return hasAggregate(e.L) || hasAggregate(e.R)
	case *ast.Cast:
		return hasAggregate(e.X)
	}
	return true
}

// inView takes the position from an error inside a view's definition: it is not one in the user's text.
func inView(err error, v *catalog.View, pos ast.Pos) error {
	e := *sqlerr.From(err)
	e.Position = 0
	e.At(int(pos))
	if e.Where == "" {
		e.Where = "view \"" + v.Name + "\""
	}
	return &e
}

// viewPath is the search path of a view's definition.
func viewPath(v *catalog.View, path []string) []string {
	if p := v.Settings["search_path"]; p != "" {
		path = splitPath(p)
		if catalog.IsTemporary(v.Schema) {
			path = append([]string{v.Schema}, path...)
		}
		return path
	}
	return append([]string{v.Schema}, path...)
}

func splitPath(p string) []string {
	var out []string
	start, quoted := 0, false
	add := func(s string) {
		for len(s) > 0 && s[0] == ' ' {
			s = s[1:]
		}
		for len(s) > 0 && s[len(s)-1] == ' ' {
			s = s[:len(s)-1]
		}
		if len(s) > 1 && s[0] == '"' {
			s = s[1 : len(s)-1]
		}
		if s != "" {
			out = append(out, s)
		}
	}
	for i := range p {
		switch {
		case p[i] == '"':
			quoted = !quoted
		case p[i] == ',' && !quoted:
			add(p[start:i])
			start = i + 1
		}
	}
	add(p[start:])
	return out
}

// ParseView is the syntax tree of a stored view's query.
func ParseView(v *catalog.View) (*ast.Query, error) {
	stmts, err := parser.Parse(v.Query)
	if err != nil {
		return nil, inView(err, v, -1)
	}
	if len(stmts) == 1 {
		if q, ok := stmts[0].Stmt.(*ast.Query); ok {
			return q, nil
		}
	}
	return nil, sqlerr.New(sqlerr.InternalError, "the stored query of view %q is not a query", v.Name)
}

// paramView finds the parameterised view that a function call in FROM names; nil if it names none.
func (b *Binder) paramView(f *ast.Func) *catalog.View {
	var o catalog.Object
	if len(f.Name) == 2 {
		o = b.env.relation(f.Name[0], f.Name[1])
	} else {
		o = b.env.Catalog.Resolve(b.env.SearchPath, f.Name[0])
	}
	if v, ok := o.(*catalog.View); ok && v.Params > 0 {
		return v
	}
	return nil
}

// callView reads v(arguments): the view's rows for one value of each parameter.
func (b *Binder) callView(c *context, v *catalog.View, f *ast.Func, it *ast.FuncRel) (source, error) {
	if len(f.Args) != v.Params || it.Ordinality {
		return source{}, sqlerr.New(sqlerr.UndefinedFunction, "view %s takes %d parameters, not %d", v.Name, v.Params, len(f.Args)).At(int(f.Pos))
	}
	src, err := b.viewRef(v, it.Alias, it.Pos)
	if err != nil {
		return source{}, err
	}
	args, pos, err := b.scalars(c, f.Args)
	if err != nil {
		return source{}, err
	}
	var preds, vals []expr.Expr
	for i, a := range args {
		want := v.Columns[i].Type
		a, ok, err := b.coerce(a, want.Base(), types.Implicit, pos[i])
		if err != nil {
			return source{}, err
		}
		if !ok {
			return source{}, sqlerr.New(sqlerr.DatatypeMismatch, "parameter %q of view %s is of type %s, not %s", v.ParamNames[i], v.Name, want, args[i].Type()).At(int(pos[i]))
		}
		eq, err := b.call("=", true, []expr.Expr{b.Meta.Col(src.cols[i].id), a}, []ast.Pos{f.Pos, pos[i]}, f.Pos)
		if err != nil {
			return source{}, err
		}
		preds, vals = append(preds, eq), append(vals, a)
	}
	if s, ok := src.node.(*plan.Scan); ok && s.Absent != nil {
		return b.callScalar(src, s, preds, vals, f)
	}
	src.node = &plan.Filter{In: src.node, Preds: preds}
	return src, nil
}

// callScalar reads a view of aggregates, which has a row for every value.
func (b *Binder) callScalar(src source, s *plan.Scan, preds, vals []expr.Expr, f *ast.Func) (source, error) {
	if len(plan.RefsOf(vals...)) > 0 {
		return source{}, unsupported(f, "a view of aggregates as a lateral function")
	}
	null := false
	var eqs []*expr.Call
	for i, v := range vals {
		k, ok := v.(*expr.Const)
		null = null || ok && k.D.IsNull()
		if e, ok := preds[i].(*expr.Call); ok {
			eqs = append(eqs, e)
		}
	}
	if !null && len(eqs) == len(vals) {
		src.node = b.rewriter.ReadByValue(b.Meta, s, vals, eqs)
		return src, nil
	}
	with := map[int]expr.Expr{}
	p := &plan.Project{In: plan.One()}
	for i, v := range vals {
		with[s.Absent.Params[i]] = v
		p.Items = append(p.Items, plan.Item{ID: s.IDs[i], Expr: v})
	}
	for i, e := range s.Absent.Row {
		p.Items = append(p.Items, plan.Item{ID: s.IDs[len(vals)+i], Expr: plan.Replace(e, with)})
	}
	src.node = p
	return src, nil
}

// Limited makes an outermost query a plain relation, as a view's is: LIMIT and OFFSET become a TopK.
func (b *Binder) Limited(q *Query, src *ast.Query) (plan.Node, error) { return b.limited(q, src) }

// ViewEnv is the environment in which a stored view's query means what it meant at CREATE.
func ViewEnv(env *Env, v *catalog.View) *Env {
	e := *env
	e.SearchPath = viewPath(v, env.SearchPath)
	return &e
}

// PseudoType refuses a column of a type that no column has.
func PseudoType(column string, t types.Type) error {
	return sqlerr.New(sqlerr.InvalidTableDefinition, "column %q has pseudo-type %s", column, t)
}

// NameView names a view's columns: those of CREATE VIEW v (a, b), else the query's. In a materialized view, duplicate names become relation_column,
// with a notice; in a plain one they are an error, as in PostgreSQL.
func (b *Binder) NameView(q *Query, names []string, pos int, materialized bool) error {
	offset := len(b.ViewParams)
	if len(names) > len(q.Cols)-offset {
		return sqlerr.New(sqlerr.SyntaxError, "too many column names were specified").At(pos)
	}
	for i, n := range names {
		q.Cols[offset+i].Name = n
	}
	taken := map[string]bool{}
	for i := range q.Cols {
		c := &q.Cols[i]
		if fields := b.Meta.Fields(c.ID); c.T.Is(types.Record) && fields == nil {
			return sqlerr.Unsupported(c.pos, "a column of records whose fields are not known").WithHint("Cast it to text, or select its fields.")
		} else if c.T.Is(types.Record) && !types.Named(fields) {
			return PseudoType(c.Name, c.T)
		}
		if taken[c.Name] {
			if !materialized || i-offset < len(names) || c.Rel == "" {
				return sqlerr.New(sqlerr.DuplicateColumn, "column %q specified more than once", c.Name).At(c.pos).
					WithHint("Give the column another name with AS.")
			}
			old := c.Name
			c.Name = c.Rel + "_" + old
			if taken[c.Name] {
				return sqlerr.New(sqlerr.DuplicateColumn, "column %q specified more than once", c.Name).At(c.pos).
					WithHint("Give the column another name with AS.")
			}
			if b.env.Notice != nil {
				b.env.Notice(sqlerr.New(sqlerr.SuccessfulCompletion, "column %q of relation %q is named %q, because the view has a column %q already", old, c.Rel, c.Name, old))
			}
		}
		taken[c.Name] = true
	}
	return nil
}
