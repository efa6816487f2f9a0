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

// Change is a bound INSERT, UPDATE or DELETE. Expressions refer to plan columns; Row are those of the target's row (the new one in an INSERT,
// the old one else).
type Change struct {
	Kind  ChangeKind
	Table *catalog.Table
	Row   []int
	// Source yields SourceCols; nil for INSERT with Values or DEFAULT VALUES.
	Source     plan.Node
	SourceCols []int
	Order      []plan.Sort // in which an INSERT takes the rows of its query: numbers of a sequence are given so
	Values     [][]expr.Expr
	Targets    []int
	Defaults   []expr.Expr
	Set        []expr.Expr
	Conflict   *Conflict
	Checks     []Check
	Returning  []OutCol
	Exprs      []expr.Expr // of Returning
	Returned   *Derived    // Exprs where they have subqueries, over the rows that Exprs are otherwise computed of; else nil
}

// ChangeKind is which of the three statements a Change is.
type ChangeKind uint8

const (
	Inserting ChangeKind = iota
	Updating
	Deleting
)

// Conflict is a bound ON CONFLICT; Excluded are the columns of the proposed row.
type Conflict struct {
	Arbiters []catalog.ID
	Nothing  bool
	Set      []expr.Expr
	Where    expr.Expr // nil: none
	Excluded []int
	Computed *Derived // Where, if there is one, and Set where they have subqueries, over the row and the proposed one; else nil
}

// Check is a bound CHECK constraint, over Row.
type Check struct {
	Name string
	Expr expr.Expr
}

// target finds the table that a statement changes.
func (b *Binder) target(it *ast.Rel, verb string) (*catalog.Table, error) {
	obj, virt, err := b.resolve(it)
	if err != nil {
		return nil, err
	}
	switch o := obj.(type) {
	case *catalog.Table:
		return o, nil
	case *catalog.View:
		if o.Materialized {
			return nil, sqlerr.New(sqlerr.WrongObjectType, "cannot change materialized view %q", o.Name).At(int(it.Pos))
		}
		return nil, sqlerr.Unsupported(int(it.Pos), "%s a view", verb)
	}
	if virt != nil {
		return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied: %q is a system catalog", it.Name.Last()).At(int(it.Pos))
	}
	return nil, sqlerr.New(sqlerr.WrongObjectType, "cannot open relation %q", it.Name.Last()).At(int(it.Pos))
}

// insert binds an INSERT.
func (b *Binder) insert(s *ast.Insert, outer *scope) (*Change, error) {
	sc := &scope{parent: outer}
	if err := b.with(sc, &ast.Query{Pos: s.Pos, With: s.With, Recursive: s.Recursive}); err != nil {
		return nil, err
	}
	t, err := b.target(s.Table, "inserting into")
	if err != nil {
		return nil, err
	}
	b.read(t.ID)
	c := &Change{Table: t}
	if c.Targets, err = b.insertColumns(t, s); err != nil {
		return nil, err
	}
	scan, r, err := b.Scan(t, s.Table.Alias, s.Table.Pos)
	if err != nil {
		return nil, err
	}
	c.Row = scan.IDs
	if err := b.defaults(c, r); err != nil {
		return nil, err
	}
	if s.Source != nil {
		if err := b.insertSource(c, s, sc); err != nil {
			return nil, err
		}
	} else {
		c.Targets = nil
	}
	if s.Conflict != nil {
		if c.Conflict, err = b.onConflict(c, s.Conflict, r, sc); err != nil {
			return nil, err
		}
	}
	if c.Checks, err = b.checks(t, r); err != nil {
		return nil, err
	}
	return c, b.returning(c, s.Returning, &scope{parent: sc, rels: []*rel{r}, cols: r.cols}, c.Row)
}

func tableColumn(t *catalog.Table, name string) int {
	return slices.IndexFunc(t.Columns, func(c catalog.Column) bool { return c.Name == name && c.Visible() })
}

func noTableColumn(t *catalog.Table, name string, pos ast.Pos) error {
	return sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", name, t.Name).At(int(pos))
}

func (b *Binder) insertColumns(t *catalog.Table, s *ast.Insert) ([]int, error) {
	var out []int
	if len(s.Cols) == 0 {
		for i, c := range t.Columns {
			if c.Visible() {
				out = append(out, i)
			}
		}
		return out, nil
	}
	for _, n := range s.Cols {
		i := tableColumn(t, n.Name)
		if i < 0 {
			return nil, noTableColumn(t, n.Name, n.Pos)
		}
		if slices.Contains(out, i) {
			return nil, sqlerr.New(sqlerr.DuplicateColumn, "column %q specified more than once", n.Name).At(int(n.Pos))
		}
		out = append(out, i)
	}
	return out, nil
}

// insertSource binds VALUES row by row to the targets' types, or a query.
func (b *Binder) insertSource(c *Change, s *ast.Insert, sc *scope) error {
	v, ok := s.Source.Body.(*ast.Values)
	if !ok || len(s.Source.Order) > 0 || s.Source.Limit != nil || s.Source.Offset != nil || len(s.Source.With) > 0 {
		return b.insertQuery(c, s, sc)
	}
	all := c.Targets
	sub := false
	for _, r := range v.Rows {
		if len(r) != len(v.Rows[0]) {
			return sqlerr.New(sqlerr.SyntaxError, "VALUES lists must all be the same length").At(int(r[0].Position()))
		}
		if err := width(s, all, len(r), r[min(len(all), len(r)-1)].Position()); err != nil {
			return err
		}
		c.Targets = all[:len(r)]
		row := make([]expr.Expr, len(r))
		for i, e := range r {
			x, err := b.insertValue(c, s, sc, all[i], e)
			if err != nil {
				return err
			}
			row[i] = x
			sub = sub || plan.HasSubquery(x)
		}
		c.Values = append(c.Values, row)
	}
	if sub {
		b.valuesSource(c)
	}
	return nil
}

// valuesSource turns VALUES with subqueries into a plan.
func (b *Binder) valuesSource(c *Change) {
	n := &plan.Values{Rows: c.Values}
	out := &Query{}
	for _, t := range c.Targets {
		col := c.Table.Columns[t]
		id := b.Meta.Add(col.Name, col.Type)
		n.IDs = append(n.IDs, id)
		out.Cols = append(out.Cols, OutCol{Name: col.Name, ID: id, T: col.Type})
	}
	out.Node = n
	_ = b.hoistValues(n, out)
	c.Source, c.SourceCols, c.Values = out.Node, n.IDs, nil
}

func width(s *ast.Insert, targets []int, n int, pos ast.Pos) error {
	if n > len(targets) {
		return sqlerr.New(sqlerr.SyntaxError, "INSERT has more expressions than target columns").At(int(pos))
	}
	if n < len(targets) && len(s.Cols) > 0 {
		return sqlerr.New(sqlerr.SyntaxError, "INSERT has more target columns than expressions").At(int(s.Cols[n].Pos))
	}
	return nil
}

func (b *Binder) insertValue(c *Change, s *ast.Insert, sc *scope, target int, e ast.Expr) (expr.Expr, error) {
	col := c.Table.Columns[target]
	if _, ok := e.(*ast.Default); ok {
		return b.defaultOf(c, target), nil
	}
	if err := fixedColumn(col, s.Overriding); err != nil {
		return nil, err
	}
	if s.Overriding == "user" && col.Identity != "" {
		return b.defaultOf(c, target), nil
	}
	x, err := b.assignValue(&context{sc: sc, clause: "VALUES"}, col, e)
	return x, err
}

// defaultOf is a column's default as a value; a generated one is computed later, from the others.
func (b *Binder) defaultOf(c *Change, target int) expr.Expr {
	if d := c.Defaults[target]; d != nil && !c.Table.Columns[target].Generated {
		return d
	}
	return expr.Null(c.Table.Columns[target].Type)
}

// fixedColumn refuses a value for a column that makes its own.
func fixedColumn(col catalog.Column, overriding string) error {
	e := sqlerr.New(sqlerr.GeneratedAlways, "cannot insert a non-DEFAULT value into column %q", col.Name)
	switch {
	case col.Generated:
		return e.WithDetail("Column %q is a generated column.", col.Name)
	case col.Identity == "always" && overriding == "":
		return e.WithDetail("Column %q is an identity column defined as GENERATED ALWAYS.", col.Name).
			WithHint("Use OVERRIDING SYSTEM VALUE to override.")
	}
	return nil
}

// assignValue binds a value for a column, with an assignment cast.
func (b *Binder) assignValue(c *context, col catalog.Column, e ast.Expr) (expr.Expr, error) {
	x, err := b.scalar(c, e)
	if err != nil {
		return nil, err
	}
	return b.assign(x, col, loc(e))
}

func (b *Binder) assign(x expr.Expr, col catalog.Column, pos ast.Pos) (expr.Expr, error) {
	r, ok, err := b.coerce(x, col.Type, types.Assignment, pos)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, sqlerr.New(sqlerr.DatatypeMismatch, "column %q is of type %s but expression is of type %s", col.Name, col.Type.Base(), x.Type().Base()).At(int(pos)).
			WithHint("You will need to rewrite or cast the expression.")
	}
	return b.fold(r), nil
}

func (b *Binder) insertQuery(c *Change, s *ast.Insert, sc *scope) error {
	q, err := b.query(s.Source, sc, false)
	if err != nil {
		return err
	}
	n, err := b.limited(q, s.Source)
	if err != nil {
		return err
	}
	var last ast.Pos
	if len(q.Cols) > 0 {
		last = ast.Pos(q.Cols[min(len(c.Targets), len(q.Cols)-1)].pos)
	}
	if err := width(s, c.Targets, len(q.Cols), last); err != nil {
		return err
	}
	c.Targets = c.Targets[:len(q.Cols)]
	p := &plan.Project{In: n}
	for i, out := range q.Cols {
		col := c.Table.Columns[c.Targets[i]]
		if err := fixedColumn(col, s.Overriding); err != nil {
			return err
		}
		x, err := b.assign(b.leaf(q, i), col, ast.Pos(out.pos))
		if err != nil {
			return err
		}
		id := b.Meta.Add(col.Name, col.Type)
		p.Items = append(p.Items, plan.Item{ID: id, Expr: x})
		c.SourceCols = append(c.SourceCols, id)
	}
	if s.Overriding == "user" {
		for i, t := range c.Targets {
			if c.Table.Columns[t].Identity != "" {
				return sqlerr.Unsupported(int(s.Cols[i].Pos), "OVERRIDING USER VALUE with a query")
			}
		}
	}
	seen := map[int]bool{}
	for _, o := range q.Order {
		if !seen[o.Col] {
			p.Items = append(p.Items, plan.Item{ID: o.Col, Expr: b.Meta.Col(o.Col)})
			seen[o.Col] = true
		}
	}
	c.Source, c.Order = p, q.Order
	return nil
}

// defaults binds every column's default and generation expression.
func (b *Binder) defaults(c *Change, r *rel) error {
	c.Defaults = make([]expr.Expr, len(c.Table.Columns))
	for i, col := range c.Table.Columns {
		switch {
		case col.Sequence != 0:
			c.Defaults[i] = b.nextval(col.Sequence, col.Type)
		case col.Default != "":
			sc := &scope{}
			if col.Generated {
				sc.rels, sc.cols = []*rel{r}, r.cols
			}
			x, err := b.storedExpr(col.Default, sc, "DEFAULT expressions")
			if err == nil {
				x, err = b.assign(x, col, -1)
			}
			if err != nil {
				return err
			}
			c.Defaults[i] = x
		}
	}
	return nil
}

// storedExpr binds an expression kept as text in the catalog; positions in it mean nothing to the statement.
func (b *Binder) storedExpr(src string, sc *scope, clause string) (expr.Expr, error) {
	e, err := parser.ParseExpr(src)
	if err != nil {
		return nil, noPosition(err)
	}
	x, err := b.scalar(&context{sc: sc, clause: clause}, e)
	return x, noPosition(err)
}

func noPosition(err error) error {
	if err == nil {
		return nil
	}
	e := *sqlerr.From(err)
	e.Position = 0
	return &e
}

func (b *Binder) checks(t *catalog.Table, r *rel) ([]Check, error) {
	var out []Check
	for _, k := range t.Checks {
		x, err := b.storedExpr(k.Expr, &scope{rels: []*rel{r}, cols: r.cols}, "check constraints")
		if err != nil {
			return nil, err
		}
		if x, err = b.boolean(x, "CHECK", -1); err != nil {
			return nil, err
		}
		out = append(out, Check{k.Name, x})
	}
	return out, nil
}

// returning binds RETURNING over a scope, and rows of columns row.
func (b *Binder) returning(c *Change, targets []*ast.Target, sc *scope, row []int) error {
	for _, t := range targets {
		if st, ok := t.Expr.(*ast.Star); ok {
			cols, err := b.star(sc, st)
			if err != nil {
				return err
			}
			for _, col := range cols {
				c.Exprs = append(c.Exprs, b.Meta.Col(col.id))
				c.Returning = append(c.Returning, OutCol{Name: col.name, ID: col.id, T: col.t})
			}
			continue
		}
		x, err := b.typedScalar(&context{sc: sc, clause: "RETURNING"}, t.Expr)
		if err != nil {
			return err
		}
		name := t.As
		if name == "" {
			name = exprName(t.Expr)
		}
		out := OutCol{Name: name, T: x.Type()}
		if col, ok := x.(*expr.Col); ok {
			out.ID = col.ID
		}
		c.Exprs, c.Returning = append(c.Exprs, x), append(c.Returning, out)
	}
	c.Returned = b.derive(row, nil, c.Exprs)
	return nil
}
