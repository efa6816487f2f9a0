package bind

import (
	"slices"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// update binds an UPDATE.
func (b *Binder) update(s *ast.Update, outer *scope) (*Change, error) {
	c, sc, r, err := b.changeSource(s.Table, s.From, s.Where, &ast.Query{Pos: s.Pos, With: s.With, Recursive: s.Recursive}, outer, "updating")
	if err != nil {
		return nil, err
	}
	c.Kind = Updating
	if err := b.defaults(c, r); err != nil {
		return nil, err
	}
	c.Set = make([]expr.Expr, len(c.Table.Columns))
	extra := &plan.Project{In: c.Source, Items: plan.Pass(b.Meta, c.SourceCols)}
	if err := b.assignments(c, c.Set, s.Set, &context{sc: sc, clause: "UPDATE"}, r); err != nil {
		return nil, err
	}
	// A value with a subquery is computed by the source.
	for i, x := range c.Set {
		if x == nil || !plan.HasSubquery(x) {
			continue
		}
		id := b.Meta.Add(c.Table.Columns[i].Name, x.Type())
		extra.Items = append(extra.Items, plan.Item{ID: id, Expr: x})
		c.SourceCols = append(c.SourceCols, id)
		c.Set[i] = b.Meta.Col(id)
		c.Source = extra
	}
	b.complete(c)
	if c.Checks, err = b.checks(c.Table, r); err != nil {
		return nil, err
	}
	return c, b.returning(c, s.Returning, sc, c.SourceCols)
}

// delete binds a DELETE.
func (b *Binder) delete(s *ast.Delete, outer *scope) (*Change, error) {
	c, sc, _, err := b.changeSource(s.Table, s.Using, s.Where, &ast.Query{Pos: s.Pos, With: s.With, Recursive: s.Recursive}, outer, "deleting from")
	if err != nil {
		return nil, err
	}
	c.Kind = Deleting
	return c, b.returning(c, s.Returning, sc, c.SourceCols)
}

// changeSource binds target, other relations and condition of an UPDATE or DELETE. A row of the target meets one of the others only.
func (b *Binder) changeSource(it *ast.Rel, from []ast.From, where ast.Expr, with *ast.Query, outer *scope, verb string) (*Change, *scope, *rel, error) {
	outer = &scope{parent: outer}
	if err := b.with(outer, with); err != nil {
		return nil, nil, nil, err
	}
	t, err := b.target(it, verb)
	if err != nil {
		return nil, nil, nil, err
	}
	scan, r, err := b.Scan(t, it.Alias, it.Pos)
	if err != nil {
		return nil, nil, nil, err
	}
	c := &Change{Table: t, Row: scan.IDs}
	sc := &scope{parent: outer}
	acc := source{node: scan, rels: []*rel{r}, cols: r.cols}
	for _, f := range from {
		// The target is not visible to LATERAL items.
		src, err := b.fromItem(sc, &source{rels: acc.rels[1:], cols: acc.cols[len(r.cols):]}, f)
		if err != nil {
			return nil, nil, nil, err
		}
		if acc, err = b.combine(acc, src, plan.Inner, nil, f.Position()); err != nil {
			return nil, nil, nil, err
		}
	}
	sc.rels, sc.cols = acc.rels, acc.cols
	c.Source = acc.node
	if where != nil {
		w, err := b.condition(&context{sc: sc, clause: "WHERE"}, where, "WHERE")
		if err != nil {
			return nil, nil, nil, err
		}
		c.Source = &plan.Filter{In: c.Source, Preds: plan.Conjuncts(w)}
	}
	c.SourceCols = slices.Clone(scan.IDs)
	if len(from) > 0 {
		for _, o := range acc.rels[1:] {
			for _, col := range o.cols {
				if !slices.Contains(c.SourceCols, col.id) {
					c.SourceCols = append(c.SourceCols, col.id)
				}
			}
		}
		k := &plan.TopK{In: &plan.Project{In: c.Source, Items: plan.Pass(b.Meta, c.SourceCols)}, Limit: 1}
		for _, p := range t.PrimaryKey {
			k.Partition = append(k.Partition, scan.IDs[p])
		}
		c.Source = k
	}
	return c, sc, r, nil
}

// assignments binds SET lists into set, by column.
func (b *Binder) assignments(c *Change, set []expr.Expr, list []*ast.Assign, ctx *context, r *rel) error {
	for _, a := range list {
		values, err := b.assignedValues(a)
		if err != nil {
			return err
		}
		if sub, ok := a.Value.(*ast.SubQuery); ok && a.Multi {
			if err := b.assignSubquery(c, set, a, sub, ctx); err != nil {
				return err
			}
			continue
		}
		for k, n := range a.Cols {
			i, err := b.settable(c.Table, set, n)
			if err != nil {
				return err
			}
			col := c.Table.Columns[i]
			if _, ok := values[k].(*ast.Default); ok {
				set[i] = b.defaultOf(c, i)
				continue
			}
			if err := onlyDefault(col); err != nil {
				return err
			}
			if set[i], err = b.assignValue(ctx, col, values[k]); err != nil {
				return err
			}
		}
	}
	return nil
}

func onlyDefault(col catalog.Column) error {
	e := sqlerr.New(sqlerr.GeneratedAlways, "column %q can only be updated to DEFAULT", col.Name)
	switch {
	case col.Generated:
		return e.WithDetail("Column %q is a generated column.", col.Name)
	case col.Identity == "always":
		return e.WithDetail("Column %q is an identity column defined as GENERATED ALWAYS.", col.Name)
	}
	return nil
}

// settable finds a column of a SET list that was not set before.
func (b *Binder) settable(t *catalog.Table, set []expr.Expr, n ast.ColName) (int, error) {
	i := tableColumn(t, n.Name)
	if i < 0 {
		return 0, noTableColumn(t, n.Name, n.Pos)
	}
	if set[i] != nil {
		return 0, sqlerr.New(sqlerr.SyntaxError, "multiple assignments to same column %q", n.Name)
	}
	return i, nil
}

// assignedValues are the values of an assignment, one per column.
func (b *Binder) assignedValues(a *ast.Assign) ([]ast.Expr, error) {
	if !a.Multi {
		return []ast.Expr{a.Value}, nil
	}
	switch v := a.Value.(type) {
	case *ast.Row:
		if len(v.Elems) != len(a.Cols) {
			return nil, sqlerr.New(sqlerr.SyntaxError, "number of columns does not match number of values").At(int(loc(a.Value)))
		}
		return v.Elems, nil
	case *ast.SubQuery:
		return nil, nil
	}
	if len(a.Cols) == 1 {
		return []ast.Expr{a.Value}, nil
	}
	return nil, sqlerr.New(sqlerr.FeatureNotSupported, "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression").At(int(loc(a.Value)))
}

// assignSubquery binds (a, b) = (SELECT x, y ...): the subquery once per column, with the others left out.
func (b *Binder) assignSubquery(c *Change, set []expr.Expr, a *ast.Assign, sub *ast.SubQuery, ctx *context) error {
	for k, n := range a.Cols {
		i, err := b.settable(c.Table, set, n)
		if err != nil {
			return err
		}
		col := c.Table.Columns[i]
		if err := onlyDefault(col); err != nil {
			return err
		}
		q, err := b.nested(ctx, sub.Query)
		if err != nil {
			return err
		}
		if len(q.Cols) != len(a.Cols) {
			return sqlerr.New(sqlerr.SyntaxError, "number of columns does not match number of values").At(int(sub.Pos))
		}
		node, err := b.limited(q, sub.Query)
		if err != nil {
			return err
		}
		x := &plan.Subquery{Kind: plan.ScalarSub, Plan: node, Out: []int{q.Cols[k].ID}, T: q.Cols[k].T, Pos: int(sub.Pos)}
		if set[i], err = b.assign(x, col, sub.Pos); err != nil {
			return err
		}
	}
	return nil
}

// complete fills what SET left out: the old value, or, for generated columns, their expression over the new row.
func (b *Binder) complete(c *Change) {
	with := map[int]expr.Expr{}
	for i, x := range c.Set {
		if x == nil || c.Table.Columns[i].Generated {
			c.Set[i] = b.Meta.Col(c.Row[i])
			continue
		}
		with[c.Row[i]] = x
	}
	for i, col := range c.Table.Columns {
		if col.Generated {
			c.Set[i] = plan.Replace(c.Defaults[i], with)
		}
	}
}

func (b *Binder) onConflict(c *Change, oc *ast.OnConflict, r *rel, outer *scope) (*Conflict, error) {
	out := &Conflict{Nothing: oc.Update == nil}
	t := c.Table
	switch {
	case oc.Constraint != "":
		id, ok := constraintIndex(b.env.Catalog, t, oc.Constraint)
		if !ok {
			return nil, sqlerr.New(sqlerr.UndefinedObject, "constraint %q for table %q does not exist", oc.Constraint, t.Name)
		}
		out.Arbiters = []catalog.ID{id}
	case len(oc.Cols) > 0:
		if oc.Where != nil {
			return nil, unsupported(oc.Where, "a partial index as ON CONFLICT arbiter")
		}
		ids, err := b.arbiters(t, oc)
		if err != nil {
			return nil, err
		}
		out.Arbiters = ids
	case !out.Nothing:
		return nil, sqlerr.New(sqlerr.SyntaxError, "ON CONFLICT DO UPDATE requires inference specification or constraint name").At(int(oc.Pos)).
			WithHint("For example, ON CONFLICT (column_name).")
	}
	if out.Nothing {
		return out, nil
	}
	scan, ex, err := b.Scan(t, ast.Alias{Name: "excluded"}, oc.Pos)
	if err != nil {
		return nil, err
	}
	out.Excluded = scan.IDs
	sc := &scope{parent: outer, rels: []*rel{r, ex}, cols: append(slices.Clone(r.cols), ex.cols...)}
	ctx := &context{sc: sc, clause: "ON CONFLICT DO UPDATE"}
	out.Set = make([]expr.Expr, len(t.Columns))
	if err := b.assignments(c, out.Set, oc.Update, ctx, r); err != nil {
		return nil, err
	}
	tmp := *c
	tmp.Set = out.Set
	b.complete(&tmp)
	if oc.UpdateWhere != nil {
		if out.Where, err = b.condition(ctx, oc.UpdateWhere, "WHERE"); err != nil {
			return nil, err
		}
	}
	out.Computed = b.derive(append(slices.Clone(c.Row), out.Excluded...), out.Where, out.Set)
	return out, nil
}

// constraintIndex finds a unique constraint by name: 0 is the primary key.
func constraintIndex(cat *catalog.Catalog, t *catalog.Table, name string) (catalog.ID, bool) {
	if t.PrimaryKeyName == name && name != "" {
		return 0, true
	}
	for _, x := range cat.Indexes(t.ID) {
		if x.Name == name && x.Unique {
			return x.ID, true
		}
	}
	return 0, false
}

// arbiters infers the unique indexes whose columns are exactly those of the conflict target.
func (b *Binder) arbiters(t *catalog.Table, oc *ast.OnConflict) ([]catalog.ID, error) {
	var cols []int
	for _, e := range oc.Cols {
		ref, ok := e.(*ast.ColRef)
		if !ok {
			return nil, unsupported(e, "an expression as ON CONFLICT arbiter")
		}
		i := tableColumn(t, ref.Parts[len(ref.Parts)-1])
		if i < 0 {
			return nil, sqlerr.New(sqlerr.UndefinedColumn, "column %q does not exist", ref.Parts[len(ref.Parts)-1]).At(int(ref.Pos))
		}
		if !slices.Contains(cols, i) {
			cols = append(cols, i)
		}
	}
	same := func(key []int) bool {
		return len(key) == len(cols) && !slices.ContainsFunc(key, func(k int) bool { return !slices.Contains(cols, k) })
	}
	var out []catalog.ID
	if same(t.PrimaryKey) && t.PrimaryKeyName != "" {
		out = append(out, 0)
	}
	for _, x := range b.env.Catalog.Indexes(t.ID) {
		var key []int
		for _, c := range x.Columns {
			key = append(key, c.Col)
		}
		if x.Unique && same(key) {
			out = append(out, x.ID)
		}
	}
	if len(out) == 0 {
		return nil, sqlerr.New(sqlerr.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
	}
	return out, nil
}

// Scalar binds an expression without columns or, with t, over t's columns; want Unknown: as it comes.
func (b *Binder) Scalar(e ast.Expr, t *catalog.Table, want types.Type) (expr.Expr, []int, error) {
	sc := &scope{}
	var row []int
	clause := "EXECUTE"
	if t != nil {
		scan, r, err := b.Scan(t, ast.Alias{}, -1)
		if err != nil {
			return nil, nil, err
		}
		sc.rels, sc.cols, row = []*rel{r}, r.cols, scan.IDs
		clause = "check constraints"
	}
	x, err := b.scalar(&context{sc: sc, clause: clause}, e)
	if err != nil {
		return nil, nil, err
	}
	if want.Is(types.Unknown) {
		x, err = b.known(x, loc(e))
		return x, row, err
	}
	r, ok, err := b.coerce(x, want, types.Assignment, loc(e))
	if err == nil && !ok {
		err = sqlerr.New(sqlerr.DatatypeMismatch, "expression is of type %s, not %s", x.Type().Base(), want.Base()).At(int(loc(e))).
			WithHint("You will need to rewrite or cast the expression.")
	}
	if err == nil && plan.HasSubquery(r) {
		err = unsupported(e, "a subquery here")
	}
	return r, row, err
}
