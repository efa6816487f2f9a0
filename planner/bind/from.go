package bind

import (
	"slices"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/catalog/system"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
)

// source is a bound FROM item: its plan and what it adds to the names.
type source struct {
	node plan.Node
	rels []*rel
	cols []*col
}

// from binds the comma list and sets the scope's names.
func (b *Binder) from(sc *scope, items []ast.From) (plan.Node, error) {
	acc := source{node: plan.One()}
	for _, it := range items {
		s, err := b.fromItem(sc, &acc, it)
		if err != nil {
			return nil, err
		}
		if acc, err = b.combine(acc, s, plan.Inner, nil, it.Position()); err != nil {
			return nil, err
		}
	}
	sc.rels, sc.cols = acc.rels, acc.cols
	return acc.node, nil
}

// lateral is the scope of something that may refer to the items left of it.
func lateral(sc *scope, left *source) *scope {
	return &scope{parent: sc.parent, ctes: sc.ctes, rels: left.rels, cols: left.cols, blocked: sc.blocked, barred: sc.barred}
}

// closed is the scope of something that may not.
func closed(sc *scope, left *source) *scope {
	return &scope{parent: sc.parent, ctes: sc.ctes, blocked: append(slices.Clone(sc.blocked), left.rels...), barred: sc.barred}
}

func (b *Binder) fromItem(sc *scope, left *source, item ast.From) (source, error) {
	if err := b.enter(item.Position()); err != nil {
		return source{}, err
	}
	defer b.leave()
	switch it := item.(type) {
	case *ast.Rel:
		return b.relation(sc, it)
	case *ast.Derived:
		return b.derived(sc, left, it)
	case *ast.FuncRel:
		return b.funcRel(sc, left, it)
	case *ast.Join:
		s, err := b.join(sc, left, it)
		if err != nil || it.Alias.Name == "" {
			return s, err
		}
		r, err := named(s.cols, it.Alias, "", "")
		if err != nil {
			return source{}, err
		}
		return source{node: s.node, rels: []*rel{r}, cols: r.cols}, nil
	}
	return source{}, unsupported(item, "this FROM item")
}

// combine joins two sources. A right side that refers to the left becomes an Apply.
func (b *Binder) combine(l, r source, kind plan.JoinKind, on []expr.Expr, pos ast.Pos) (source, error) {
	if err := distinctNames(l, r); err != nil {
		return l, err
	}
	out := source{rels: append(slices.Clone(l.rels), r.rels...), cols: append(slices.Clone(l.cols), r.cols...)}
	out.node = joinNodes(l.node, r.node, kind, on, int(pos))
	return out, nil
}

// distinctNames refuses a name that stands on both sides: schemas tell relations apart, aliases do not.
func distinctNames(l, r source) error {
	for _, x := range r.rels {
		for _, y := range l.rels {
			if x.name == y.name && x.name != "" && (x.schema == y.schema || x.aliased() || y.aliased()) {
				return sqlerr.New(sqlerr.DuplicateAlias, "table name %q specified more than once", x.name)
			}
		}
	}
	return nil
}

func joinNodes(l, r plan.Node, kind plan.JoinKind, on []expr.Expr, pos int) plan.Node {
	switch {
	case kind == plan.Inner && plan.IsOne(l) && len(on) == 0:
		return r
	case plan.Free(r).HasAny(plan.SetOf(l.Cols()...)):
		return &plan.Apply{Kind: kind, L: l, R: r, On: on, Pos: pos}
	}
	return &plan.Join{Kind: kind, L: l, R: r, On: on}
}

// named makes the names of a relation from its columns and an alias.
func named(cols []*col, alias ast.Alias, own, schema string) (*rel, error) {
	r := &rel{name: own, schema: schema}
	if alias.Name != "" {
		r.name, r.real = alias.Name, own
		if own == "" {
			r.real = alias.Name
		}
	}
	if len(alias.Cols) > len(cols) {
		return nil, sqlerr.New(sqlerr.InvalidColumnReference, "table %q has %d columns available but %d columns specified", r.name, len(cols), len(alias.Cols))
	}
	for i, c := range cols {
		n := &col{name: c.name, id: c.id, t: c.t, rel: r}
		if i < len(alias.Cols) {
			n.name = alias.Cols[i]
		}
		r.cols = append(r.cols, n)
		if schema != "" {
			r.fields = append(r.fields, c.name)
		} else {
			r.fields = append(r.fields, n.name)
		}
	}
	return r, nil
}

func (b *Binder) relation(sc *scope, it *ast.Rel) (source, error) {
	if len(it.Name) == 1 {
		if c := sc.findCTE(it.Name[0]); c != nil {
			return b.cteRef(c, it)
		}
	}
	obj, virt, err := b.resolve(it)
	if err != nil {
		return source{}, err
	}
	if virt != nil {
		return b.virtual(virt, it)
	}
	switch o := obj.(type) {
	case *catalog.Table:
		scan, r, err := b.Scan(o, it.Alias, it.Pos)
		if err != nil {
			return source{}, err
		}
		return source{node: scan, rels: []*rel{r}, cols: r.cols}, nil
	case *catalog.View:
		return b.viewRef(o, it.Alias, it.Pos)
	}
	return source{}, sqlerr.New(sqlerr.WrongObjectType, "cannot open relation %q", it.Name.Last()).At(int(it.Pos))
}

// resolve finds a relation by name; 42P01 if there is none.
func (b *Binder) resolve(it *ast.Rel) (catalog.Object, *VirtualTable, error) {
	n := it.Name
	if len(n) == 3 {
		n = n[1:]
	}
	if len(n) == 2 {
		if catalog.IsTemporary(n[0]) && n[0] != b.env.Temporary && b.env.Catalog.HasSchema(n[0]) {
			return nil, nil, sqlerr.New(sqlerr.FeatureNotSupported, "cannot access temporary tables of other sessions").At(int(it.Pos))
		}
		if o := b.env.relation(n[0], n[1]); o != nil {
			return o, nil, nil
		}
		if b.env.Virtual != nil {
			if v, ok := b.env.Virtual(n[0], n[1]); ok {
				return nil, v, nil
			}
		}
		return nil, nil, NoRelation(b.env.Catalog, []string{n[0]}, n, it.Pos)
	}
	if o := b.env.Catalog.Resolve(b.env.SearchPath, n[0]); o != nil {
		return o, nil, nil
	}
	if b.env.Virtual != nil {
		for _, s := range append([]string{"pg_catalog"}, b.env.SearchPath...) {
			if v, ok := b.env.Virtual(s, n[0]); ok {
				return nil, v, nil
			}
		}
	}
	return nil, nil, NoRelation(b.env.Catalog, b.env.SearchPath, n, it.Pos)
}

// NoRelation is the error 42P01 for a name; the hint is the relation of schemas whose name is nearest to it.
func NoRelation(c *catalog.Catalog, schemas []string, n ast.Name, pos ast.Pos) *sqlerr.Error {
	for _, s := range append([]string{"pg_catalog"}, schemas...) {
		if system.Absent(s, n.Last()) && (len(n) == 1 || s == n[0]) {
			return sqlerr.Unsupported(int(pos), "system relation %q", joinName(n))
		}
	}
	e := sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", joinName(n)).At(int(pos))
	name, best, hint := n.Last(), 4, ""
	for _, o := range c.Objects() {
		switch o.(type) {
		case *catalog.Table, *catalog.View:
		default:
			continue
		}
		schema, other := o.Qualified()
		if d := levenshtein(name, other, 3); d < best && d <= len(name)/2 && slices.Contains(schemas, schema) {
			best, hint = d, other
		}
	}
	if hint != "" {
		return e.WithHint("Perhaps you meant the relation %q.", hint)
	}
	return e
}

// Scan reads a base table under an alias.
func (b *Binder) Scan(t *catalog.Table, alias ast.Alias, pos ast.Pos) (*plan.Scan, *rel, error) {
	b.read(t.ID)
	scan := &plan.Scan{Relation: t.ID, Name: t.Name, Table: t, Meta: b.Meta}
	cols := b.scanColumns(scan, t.Columns)
	r, err := named(cols, alias, t.Name, t.Schema)
	if err != nil {
		return nil, nil, err
	}
	r.table, r.ids = t, scan.IDs
	return scan, r, nil
}

func (b *Binder) scanColumns(scan *plan.Scan, columns []catalog.Column) []*col {
	var cols []*col
	for i, c := range columns {
		id := b.Meta.Add(c.Name, c.Type)
		scan.IDs = append(scan.IDs, id)
		scan.Keep = append(scan.Keep, i)
		b.origins[id] = origin{uint32(scan.Relation), int16(i + 1)}
		if c.Visible() {
			cols = append(cols, &col{name: c.Name, id: id, t: c.Type})
		}
	}
	return cols
}

func (b *Binder) virtual(v *VirtualTable, it *ast.Rel) (source, error) {
	if b.inView {
		return source{}, unsupported(it, "a system catalog in a materialized view")
	}
	n := &plan.Values{}
	var cols []*col
	for _, c := range v.Columns {
		id := b.Meta.Add(c.Name, c.Type)
		n.IDs = append(n.IDs, id)
		cols = append(cols, &col{name: c.Name, id: id, t: c.Type})
	}
	for _, row := range v.Rows() {
		out := make([]expr.Expr, len(row))
		for i, d := range row {
			out[i] = &expr.Const{D: d, T: v.Columns[i].Type}
		}
		n.Rows = append(n.Rows, out)
	}
	r, err := named(cols, it.Alias, it.Name.Last(), "pg_catalog")
	if err != nil {
		return source{}, err
	}
	return source{node: n, rels: []*rel{r}, cols: r.cols}, nil
}

// cteRef binds the WITH query anew for each reference, so that its columns have ids of their own.
func (b *Binder) cteRef(c *cte, it *ast.Rel) (source, error) {
	q, _ := c.def.Stmt.(*ast.Query)
	switch {
	case c.working != nil:
		return b.workingRef(c, it)
	case c.stage == nil && len(q.Locks) > 0:
		var err error
		if c.stage, err = b.lockingStage(c.def.Name, q, &scope{parent: c.from.parent, ctes: c.ctes}); err != nil {
			return source{}, err
		}
	}
	if c.stage != nil {
		return b.returned(c, it)
	}
	n, cols, err := b.definitionOf(c, q)
	if err != nil {
		return source{}, err
	}
	// The first binding was the check that WITH makes.
	if c.refs++; c.refs > 2 && plan.Volatile(n) {
		return source{}, unsupported(c.def, "a WITH query with volatile functions that is used more than once")
	}
	if len(c.def.Cols) > len(cols) {
		return source{}, tooFewColumns(c.def, len(cols))
	}
	for i, name := range c.def.Cols {
		cols[i].name = name
	}
	r, err := named(cols, it.Alias, c.def.Name, "")
	if err != nil {
		return source{}, err
	}
	return source{node: n, rels: []*rel{r}, cols: r.cols}, nil
}

// definitionOf binds a WITH query.
func (b *Binder) definitionOf(c *cte, q *ast.Query) (plan.Node, []*col, error) {
	if c.recursive {
		return b.recursive(c, q)
	}
	sub, err := b.query(q, &scope{parent: c.from.parent, ctes: c.ctes}, true)
	if err != nil {
		return nil, nil, err
	}
	n, err := b.limited(sub, q)
	return n, outCols(sub), err
}

func outCols(q *Query) []*col {
	cols := make([]*col, len(q.Cols))
	for i, c := range q.Cols {
		cols[i] = &col{name: c.Name, id: c.ID, t: c.T}
	}
	return cols
}

func (b *Binder) derived(sc *scope, left *source, it *ast.Derived) (source, error) {
	inner := closed(sc, left)
	if it.Lateral {
		inner = lateral(sc, left)
	}
	if it.Alias.Name == "" {
		return source{}, sqlerr.New(sqlerr.SyntaxError, "subquery in FROM must have an alias").At(int(it.Pos)).
			WithHint("For example, FROM (SELECT ...) [AS] foo.")
	}
	sub, err := b.query(it.Query, inner, true)
	if err != nil {
		return source{}, err
	}
	n, err := b.limited(sub, it.Query)
	if err != nil {
		return source{}, err
	}
	r, err := named(outCols(sub), it.Alias, "", "")
	if err != nil {
		return source{}, err
	}
	return source{node: n, rels: []*rel{r}, cols: r.cols}, nil
}
