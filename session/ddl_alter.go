package session

import (
	"fmt"
	"slices"
	"strings"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// alteration is an ALTER TABLE. What leaves rows as they are changes the catalog only; a table that gets columns is made anew, under its name,
// and its rows move. Either is refused where a view would not be what it was.
type alteration struct {
	tableBuilder
	old  *catalog.Table
	drop []catalog.ID // indexes that go
	// fill are the expressions of columns that are added; nil: none are.
	fill []string
}

func (d *definer) alterTable(x *ast.AlterTable) error {
	o, err := d.relation(x.Name, x.Pos)
	if err != nil {
		if x.IfExists && sqlerr.CodeOf(err) == sqlerr.UndefinedTable {
			return d.run.w.Notice(sqlerr.New(sqlerr.SuccessfulCompletion, "relation %q does not exist, skipping", joinName(x.Name)))
		}
		return err
	}
	old, ok := o.(*catalog.Table)
	if !ok {
		return sqlerr.Unsupported(int(x.Pos), "ALTER of "+article(kindOf(o))).WithHint("Create the object anew under another name.")
	}
	t := *old
	t.Version++
	t.Columns, t.Checks, t.PrimaryKey = slices.Clone(old.Columns), slices.Clone(old.Checks), slices.Clone(old.PrimaryKey)
	a := &alteration{tableBuilder: tableBuilder{definer: d, table: &t, defaults: map[int]*ast.Constraint{}}, old: old}
	for i := range x.Actions {
		if err := a.action(&x.Actions[i]); err != nil {
			return err
		}
	}
	if a.fill != nil {
		return a.rebuild(x)
	}
	if err := a.expressions(); err != nil {
		return err
	}
	if err := a.unharmed(x, a.catalog.With(a.table)); err != nil {
		return err
	}
	if _, err := a.some("false"); err != nil { // what was checked must still hold at COMMIT
		return err
	}
	d.add(engine.DDL{AlterTable: a.table, CreateIndexes: a.uniques, Drop: a.drop})
	return nil
}

// action applies one action to the table.
func (a *alteration) action(x *ast.AlterAction) error {
	verb, cascade := strings.CutSuffix(x.Verb, " cascade")
	switch verb {
	case "rename to":
		if err := a.taken(x.To); err != nil {
			return err
		}
		a.table.Name = x.To
		return nil
	case "add column":
		return a.addColumn(x)
	case "add constraint":
		return a.addConstraint(x)
	case "drop constraint":
		return a.dropConstraint(x)
	}
	i := slices.IndexFunc(a.table.Columns, func(c catalog.Column) bool { return c.Name == x.Name && c.Visible() })
	if i < 0 {
		err := sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", x.Name, a.old.Name)
		if x.IfExists {
			return a.run.w.Notice(sqlerr.New(sqlerr.SuccessfulCompletion, "%s, skipping", err.Message))
		}
		return err
	}
	c := &a.table.Columns[i]
	switch verb {
	case "rename column":
		if slices.ContainsFunc(a.table.Columns, func(o catalog.Column) bool { return o.Name == x.To && o.Visible() }) {
			return sqlerr.New(sqlerr.DuplicateColumn, "column %q of relation %q already exists", x.To, a.old.Name)
		}
		c.Name = x.To
	case "drop column":
		return a.dropColumn(i, cascade, x)
	case "set default":
		if err := a.plain(c, x); err != nil {
			return err
		}
		c.Default, a.defaults[i] = x.Constraint.ExprText, x.Constraint
	case "drop default":
		if err := a.plain(c, x); err != nil {
			return err
		}
		c.Default = ""
	case "set not null":
		if some, err := a.some(quoted(x.Name) + " IS NULL"); some || err != nil {
			return orError(err, sqlerr.New(sqlerr.NotNullViolation, "column %q of relation %q contains null values", x.Name, a.old.Name))
		}
		c.NotNull = true
	case "drop not null":
		switch {
		case slices.Contains(a.table.PrimaryKey, i):
			return sqlerr.New(sqlerr.InvalidTableDefinition, "column %q is in a primary key", x.Name)
		case c.Identity != "":
			return sqlerr.New(sqlerr.SyntaxError, "column %q of relation %q is an identity column", x.Name, a.old.Name)
		}
		c.NotNull = false
	default:
		return sqlerr.Unsupported(int(x.Pos), "ALTER TABLE .. "+strings.ToUpper(verb)).WithHint("Create the table anew under another name.")
	}
	return nil
}

// plain refuses to change the default of a column whose values are made otherwise.
func (a *alteration) plain(c *catalog.Column, x *ast.AlterAction) error {
	switch {
	case c.Identity != "":
		return sqlerr.New(sqlerr.SyntaxError, "column %q of relation %q is an identity column", x.Name, a.old.Name)
	case c.Generated:
		return sqlerr.New(sqlerr.SyntaxError, "column %q of relation %q is a generated column", x.Name, a.old.Name)
	}
	return nil
}

func (a *alteration) taken(name string) error {
	if a.catalog.Lookup(a.old.Schema, name) != nil {
		return sqlerr.New(sqlerr.DuplicateTable, "relation %q already exists", name)
	}
	return nil
}

// dropColumn leaves the column's place in rows, where nothing sees it. Indexes on it go.
func (a *alteration) dropColumn(i int, cascade bool, x *ast.AlterAction) error {
	c := &a.table.Columns[i]
	switch {
	case cascade:
		return sqlerr.Unsupported(int(x.Pos), "DROP COLUMN .. CASCADE").WithHint("Drop the views that read the table first.")
	case slices.Contains(a.table.PrimaryKey, i):
		return sqlerr.Unsupported(int(x.Pos), "dropping a column of the primary key")
	case c.Identity != "":
		return sqlerr.Unsupported(int(x.Pos), "dropping an identity column")
	}
	for _, ix := range a.catalog.Indexes(a.old.ID) {
		if slices.ContainsFunc(ix.Columns, func(k catalog.IndexColumn) bool { return k.Col == i }) {
			a.drop = append(a.drop, ix.ID)
		}
	}
	*c = catalog.Column{Name: fmt.Sprintf("........pg.dropped.%d........", i+1), Type: c.Type, Dropped: true}
	return nil
}

// addColumn puts a column behind the others. A table that gets one is made anew.
func (a *alteration) addColumn(x *ast.AlterAction) error {
	if slices.ContainsFunc(a.table.Columns, func(o catalog.Column) bool { return o.Name == x.Name && o.Visible() }) {
		err := sqlerr.New(sqlerr.DuplicateColumn, "column %q of relation %q already exists", x.Name, a.old.Name)
		if x.IfExists {
			return a.run.w.Notice(sqlerr.New(sqlerr.SuccessfulCompletion, "%s, skipping", err.Message))
		}
		return err
	}
	if serials[x.Column.Type.Name.Last()] != 0 {
		return sqlerr.Unsupported(int(x.Column.Pos), "adding an identity column")
	}
	fill := "NULL"
	for _, k := range x.Column.Constraints {
		switch k.Kind {
		case ast.DefaultConstraint:
			fill = k.ExprText
		case ast.NotNullConstraint, ast.NullConstraint, ast.UniqueConstraint:
		default:
			return sqlerr.Unsupported(int(k.Pos), "this constraint of a column that is added").WithHint("Add the column without it.")
		}
	}
	if n := len(a.table.Columns) - 1; a.table.Columns[n].Hidden {
		a.table.Columns = a.table.Columns[:n]
	}
	if a.fill == nil {
		a.fill = []string{}
	}
	if err := a.columns(&ast.CreateTable{Cols: []*ast.ColumnDef{x.Column}}); err != nil {
		return err
	}
	a.fill = append(a.fill, "("+fill+")::"+a.table.Columns[len(a.table.Columns)-1].Type.String())
	for _, k := range x.Column.Constraints {
		if err := a.columnConstraint(len(a.table.Columns)-1, k); err != nil {
			return err
		}
	}
	return nil
}

// addConstraint adds what the rows of the table satisfy.
func (a *alteration) addConstraint(x *ast.AlterAction) error {
	k := x.Constraint
	if k.Kind != ast.CheckConstraint && k.Kind != ast.UniqueConstraint {
		return sqlerr.Unsupported(int(x.Pos), "adding this constraint").WithHint("Create the table anew, with it, under another name.")
	}
	if k.Name != "" && slices.ContainsFunc(a.table.Checks, func(c catalog.Check) bool { return c.Name == k.Name }) {
		return sqlerr.New(sqlerr.DuplicateObject, "constraint %q for relation %q already exists", k.Name, a.old.Name)
	}
	if k.Kind == ast.UniqueConstraint {
		if k.Name != "" {
			if err := a.taken(k.Name); err != nil {
				return err
			}
		}
		return a.constraints(&ast.CreateTable{Constraints: []*ast.Constraint{k}})
	}
	// The check binds, and then names itself, alone.
	b := tableBuilder{definer: a.definer, table: a.table, checks: []*ast.Constraint{k}}
	named := *a.table
	named.Checks = []catalog.Check{{Name: k.Name, Expr: k.ExprText}}
	b.table = &named
	if err := b.expressions(); err != nil {
		return err
	}
	check := named.Checks[0]
	for n, name := 1, check.Name; k.Name == "" && slices.ContainsFunc(a.table.Checks, func(c catalog.Check) bool { return c.Name == check.Name }); n++ {
		check.Name = fmt.Sprintf("%s%d", name, n)
	}
	if some, err := a.some("NOT (" + k.ExprText + ")"); some || err != nil {
		return orError(err, sqlerr.New(sqlerr.CheckViolation, "check constraint %q of relation %q is violated by some row", check.Name, a.old.Name).OfConstraint(a.old.Name, check.Name))
	}
	a.table.Checks = append(a.table.Checks, check)
	return nil
}

func (a *alteration) dropConstraint(x *ast.AlterAction) error {
	if i := slices.IndexFunc(a.table.Checks, func(c catalog.Check) bool { return c.Name == x.Name }); i >= 0 {
		a.table.Checks = slices.Delete(a.table.Checks, i, i+1)
		return nil
	}
	for _, ix := range a.catalog.Indexes(a.old.ID) {
		if ix.Constraint && ix.Name == x.Name {
			a.drop = append(a.drop, ix.ID)
			return nil
		}
	}
	if a.old.PrimaryKeyName == x.Name && x.Name != "" {
		return sqlerr.Unsupported(int(x.Pos), "dropping a primary key")
	}
	err := sqlerr.New(sqlerr.UndefinedObject, "constraint %q of relation %q does not exist", x.Name, a.old.Name)
	if x.IfExists {
		return a.run.w.Notice(sqlerr.New(sqlerr.SuccessfulCompletion, "%s, skipping", err.Message))
	}
	return err
}

// unharmed refuses the change if a view that reads the table would not be what it is.
func (a *alteration) unharmed(x *ast.AlterTable, after *catalog.Catalog) error {
	for i, c := range a.table.Columns {
		if c.Generated {
			e, err := parser.ParseExpr(c.Default)
			if err == nil {
				_, err = planner.BindScalar(a.env(after, nil, nil), e, a.table, a.table.Columns[i].Type)
			}
			if err != nil {
				return a.harms(err, x)
			}
		}
	}
	for _, k := range a.table.Checks {
		e, err := parser.ParseExpr(k.Expr)
		if err == nil {
			_, err = planner.BindScalar(a.env(after, nil, nil), e, a.table, types.Of(types.Bool))
		}
		if err != nil {
			return a.harms(err, x)
		}
	}
	for _, o := range a.catalog.Dependants(a.old.ID) {
		v, ok := o.(*catalog.View)
		if !ok {
			continue
		}
		p, err := planner.ReplanView(a.env(after, nil, nil), v)
		same := err == nil && slices.EqualFunc(p.Columns, v.Columns, func(a, b catalog.Column) bool { return a.Name == b.Name && a.Type == b.Type }) &&
			(p.Physical == nil || p.Physical.Fingerprint() == v.Fingerprint)
		if !same {
			return sqlerr.Unsupported(int(x.Pos), "altering a table so that a view of it changes").
				WithDetail("%s %s depends on table %s.", kindOf(v), v.Name, a.old.Name).WithHint("Drop the view, and create it anew.")
		}
	}
	return nil
}

// harms is err, found in an expression of the table itself.
func (a *alteration) harms(err error, x *ast.AlterTable) error {
	return sqlerr.Unsupported(int(x.Pos), "altering what a constraint or a generated column of the table uses").WithDetail("%s", sqlerr.From(err).Message)
}

// some tells whether a row of the table, as the transaction sees it, satisfies a condition. At COMMIT nobody else may have changed the rows.
func (a *alteration) some(condition string) (bool, error) {
	a.buffer(a.sn)
	a.txn.noteTree(a.old.Tree)
	rows, err := a.rows([]string{"1"}, " WHERE "+condition+" LIMIT 1")
	if err != nil {
		return false, err
	}
	defer rows.Close()
	b, err := rows.Next(a.ctx)
	return b != nil && b.Len() > 0, err
}

// rows reads the table as it was.
func (a *alteration) rows(exprs []string, rest string) (engine.Rows, error) {
	stmts, err := parser.Parse("SELECT " + strings.Join(exprs, ", ") + " FROM " + quoted(a.old.Schema) + "." + quoted(a.old.Name) + rest)
	if err != nil {
		return nil, err
	}
	q, err := planner.PlanQuery(a.env(a.sn.Catalog, nil, a.run.w), stmts[0].Stmt.(*ast.Query))
	if err != nil {
		return nil, err
	}
	return a.query(a.ctx, a.sn, q, a.run)
}

// rebuild makes the table anew, with more columns, and moves the rows.
func (a *alteration) rebuild(x *ast.AlterTable) error {
	if deps := a.catalog.Dependants(a.old.ID); len(deps) > 0 {
		return sqlerr.Unsupported(int(x.Pos), "adding a column to a table that a view reads").
			WithDetail("%s %s depends on table %s.", kindOf(deps[0]), a.nameOf(deps[0].ObjectID()), a.old.Name).WithHint("Drop the view, and create it anew.")
	}
	if slices.ContainsFunc(a.old.Columns, func(c catalog.Column) bool { return c.Sequence != 0 }) {
		return sqlerr.Unsupported(int(x.Pos), "adding a column to a table with an identity column")
	}
	a.table.ID, a.table.Tree, a.table.Version = a.server.engine.NewID(), 0, 0
	if a.old.PrimaryKeyName == "" {
		a.table.PrimaryKey = nil
	}
	for _, ix := range a.catalog.Indexes(a.old.ID) {
		if !slices.Contains(a.drop, ix.ID) {
			moved := *ix
			moved.ID, moved.On, moved.Tree = a.server.engine.NewID(), a.table.ID, 0
			a.uniques = append(a.uniques, &moved)
		}
	}
	for _, ix := range a.uniques {
		ix.On = a.table.ID
	}
	a.rowID()
	var exprs []string
	for i := range a.table.Columns {
		switch c := &a.table.Columns[i]; {
		case c.Hidden:
			exprs = append(exprs, "NULL::int8")
		case i >= len(a.old.Columns) || a.old.Columns[i].Hidden:
			exprs = append(exprs, a.fill[len(exprs)-visibleEnd(a.old)])
		case c.Dropped:
			exprs = append(exprs, "NULL::"+c.Type.String())
		default:
			exprs = append(exprs, quoted(a.old.Columns[i].Name))
		}
	}
	rows, err := a.rows(exprs, "")
	if err != nil {
		return err
	}
	defer rows.Close()
	a.add(engine.DDL{Drop: a.closure(a.old.ID)})
	if err := a.expressions(); err != nil {
		return err
	}
	a.add(engine.DDL{CreateTable: a.table, CreateIndexes: a.uniques})
	buffer := a.buffer(a.sn)
	a.txn.noteTree(a.old.Tree)
	return a.move(rows, buffer)
}

// visibleEnd is where the hidden column of a table stands, if it has one, or its end.
func visibleEnd(t *catalog.Table) int {
	if n := len(t.Columns) - 1; t.Columns[n].Hidden {
		return n
	}
	return len(t.Columns)
}

// move inserts the rows of before into the table.
func (a *alteration) move(rows engine.Rows, buffer *engine.Writes) error {
	for {
		b, err := rows.Next(a.ctx)
		if err != nil || b == nil {
			return err
		}
		full := batch.New(columnTypes(a.table.Columns), b.Len())
		for i := range b.Len() {
			row := b.AppendRowTo(nil, i)
			for k, c := range a.table.Columns {
				if c.NotNull && !c.Hidden && row[k].IsNull() {
					return sqlerr.New(sqlerr.NotNullViolation, "column %q of relation %q contains null values", c.Name, a.old.Name)
				}
			}
			for range b.W[i] {
				full.AppendRow(row, 1)
			}
		}
		if err := buffer.InsertBatch(a.table, full); err != nil {
			return err
		}
	}
}

func orError(err error, otherwise *sqlerr.Error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// quoted is a name as SQL can always read it.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
