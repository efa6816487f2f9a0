package main

import (
	"fmt"
	"strings"

	"github.com/streamsql/streamsql/parser/ast"
)

// stmt prints a statement. Those that our tree keeps less of than PostgreSQL's are not printed: their text is empty.
func (d *deparser) stmt(s ast.Stmt) {
	switch x := s.(type) {
	case *ast.Query:
		d.query(x)
	case *ast.Insert:
		d.insert(x)
	case *ast.Update:
		d.with(x.With, x.Recursive)
		d.w("UPDATE ")
		d.rel(x.Table)
		d.w(" SET ")
		each(d, x.Set, ", ", d.assign)
		d.from(" FROM ", x.From)
		d.clause(" WHERE ", x.Where)
		d.returning(x.Returning)
	case *ast.Delete:
		d.with(x.With, x.Recursive)
		d.w("DELETE FROM ")
		d.rel(x.Table)
		d.from(" USING ", x.Using)
		d.clause(" WHERE ", x.Where)
		d.returning(x.Returning)
	default:
		d.utility(s)
	}
}

func (d *deparser) returning(list []*ast.Target) {
	if len(list) > 0 {
		d.w(" RETURNING ")
		d.targets(list)
	}
}

func (d *deparser) colNames(list []ast.ColName) {
	if len(list) > 0 {
		d.w(" (")
		each(d, list, ", ", func(c ast.ColName) { d.w("%s", ident(c.Name)) })
		d.w(")")
	}
}

func (d *deparser) insert(x *ast.Insert) {
	d.with(x.With, x.Recursive)
	d.w("INSERT INTO ")
	d.rel(x.Table)
	d.colNames(x.Cols)
	if x.Overriding != "" {
		d.w(" OVERRIDING %s VALUE", x.Overriding)
	}
	d.w(" ")
	if x.Source == nil {
		d.w("DEFAULT VALUES")
	} else {
		d.query(x.Source)
	}
	if c := x.Conflict; c != nil {
		d.w(" ON CONFLICT ")
		if c.Constraint != "" {
			d.w("ON CONSTRAINT %s", ident(c.Constraint))
		} else if len(c.Cols) > 0 {
			d.w("(")
			each(d, c.Cols, ", ", d.indexElement)
			d.w(")")
			d.clause(" WHERE ", c.Where)
		}
		if c.Update == nil {
			d.w(" DO NOTHING")
		} else {
			d.w(" DO UPDATE SET ")
			each(d, c.Update, ", ", d.assign)
			d.clause(" WHERE ", c.UpdateWhere)
		}
	}
	d.returning(x.Returning)
}

// indexElement prints a column or a call bare, as they are in an index, and another expression in parentheses.
func (d *deparser) indexElement(e ast.Expr) {
	if c, ok := e.(*ast.ColRef); ok && len(c.Parts) == 1 {
		d.x(e)
		return
	}
	d.w("(")
	d.x(e)
	d.w(")")
}

func (d *deparser) assign(a *ast.Assign) {
	if a.Multi {
		d.colNames(a.Cols)
	} else {
		d.w("%s", ident(a.Cols[0].Name))
	}
	d.w(" = ")
	d.x(a.Value)
}

// utility prints the utility statements of which our tree keeps everything.
func (d *deparser) utility(s ast.Stmt) {
	switch x := s.(type) {
	case *ast.Drop:
		d.w("DROP %s %s", x.Kind, map[bool]string{true: "IF EXISTS "}[x.IfExists])
		each(d, x.Names, ", ", func(n ast.Name) { d.w("%s", idents(n, ".")) })
		if x.Cascade {
			d.w(" CASCADE")
		}
	case *ast.Truncate:
		d.w("TRUNCATE ")
		each(d, x.Tables, ", ", d.rel)
		if x.RestartIdentity {
			d.w(" RESTART IDENTITY")
		}
		if x.Cascade {
			d.w(" CASCADE")
		}
	case *ast.Prepare:
		d.w("PREPARE %s", ident(x.Name))
		if len(x.Types) > 0 {
			d.w(" (")
			each(d, x.Types, ", ", d.typeName)
			d.w(")")
		}
		d.w(" AS ")
		d.inner(x.Stmt)
	case *ast.Execute:
		d.w("EXECUTE %s", ident(x.Name))
		if len(x.Args) > 0 {
			d.call("", x.Args)
		}
	case *ast.Deallocate:
		d.w("DEALLOCATE %s", orAll(x.Name))
	case *ast.CloseCursor:
		d.w("CLOSE %s", orAll(x.Name))
	case *ast.Savepoint:
		d.w("SAVEPOINT %s", ident(x.Name))
	case *ast.Release:
		d.w("RELEASE %s", ident(x.Name))
	case *ast.Rollback:
		d.w("ROLLBACK")
		if x.To != "" {
			d.w(" TO %s", ident(x.To))
		} else if x.Chain {
			d.w(" AND CHAIN")
		}
	case *ast.Commit:
		d.w("COMMIT")
		if x.Chain {
			d.w(" AND CHAIN")
		}
	case *ast.Set:
		d.set(x)
	case *ast.Reset:
		d.w("RESET %s", settingName(x.Name))
	case *ast.Show:
		d.w("SHOW %s", settingName(x.Name))
	case *ast.Discard:
		d.w("DISCARD %s", x.What)
	case *ast.Explain:
		d.w("EXPLAIN ")
		if len(x.Options) > 0 {
			d.w("(")
			each(d, x.Options, ", ", d.option)
			d.w(") ")
		}
		d.inner(x.Stmt)
	case *ast.Copy:
		d.copy(x)
	case *ast.CreateView:
		d.view(x)
	case *ast.CreateIndex:
		d.index(x)
	case *ast.CreateSchema:
		d.w("CREATE SCHEMA %s%s", ifNotExists(x.IfNotExists), ident(x.Name))
	case *ast.Fetch:
		d.fetch(x)
	}
}

// inner prints the statement in another; if it prints nothing, neither does the other.
func (d *deparser) inner(s ast.Stmt) {
	if text := deparse(s); text == "" {
		d.Reset()
	} else {
		d.w("%s", text)
	}
}

func (d *deparser) set(x *ast.Set) {
	if x.Local {
		d.w("SET LOCAL %s TO ", settingName(x.Name))
	} else {
		d.w("SET %s TO ", settingName(x.Name))
	}
	if len(x.Values) == 0 {
		d.w("DEFAULT")
	}
	each(d, x.Values, ", ", d.bare)
}

// bare prints a constant without the parentheses of a negative one.
func (d *deparser) bare(e ast.Expr) {
	if c, ok := e.(*ast.Const); ok && c.Kind != ast.StringConst {
		d.w("%s", c.S)
		return
	}
	d.x(e)
}

func settingName(s string) string {
	if s == "all" {
		return s
	}
	return idents(strings.Split(s, "."), ".")
}

func orAll(name string) string {
	if name == "" {
		return "ALL"
	}
	return ident(name)
}

func ifNotExists(yes bool) string {
	if yes {
		return "IF NOT EXISTS "
	}
	return ""
}

func (d *deparser) option(o ast.Option) {
	d.w("%s ", idents(strings.Split(o.Name, "."), "."))
	if o.Value != nil {
		d.bare(o.Value)
	}
	if len(o.List) > 0 {
		d.call("", o.List)
	}
}

func (d *deparser) copy(x *ast.Copy) {
	d.w("COPY ")
	if x.Query != nil {
		d.w("(")
		d.query(x.Query)
		d.w(")")
	} else {
		d.rel(x.Table)
		d.colNames(x.Cols)
	}
	switch {
	case x.File != "" && x.From:
		d.w(" FROM %s", quote(x.File))
	case x.File != "":
		d.w(" TO %s", quote(x.File))
	case x.From:
		d.w(" FROM STDIN")
	default:
		d.w(" TO STDOUT")
	}
	if len(x.Options) > 0 {
		d.w(" (")
		each(d, x.Options, ", ", d.option)
		d.w(")")
	}
	d.clause(" WHERE ", x.Where)
}

func (d *deparser) view(x *ast.CreateView) {
	d.w("CREATE ")
	if x.OrReplace {
		d.w("OR REPLACE ")
	}
	if x.Materialized {
		d.w("MATERIALIZED ")
	}
	d.w("VIEW %s%s", ifNotExists(x.IfNotExists), idents(x.Name, "."))
	d.columns(x.Cols)
	if len(x.With) > 0 {
		d.w(" WITH (")
		each(d, x.With, ", ", func(o ast.Option) {
			d.w("%s", idents(strings.Split(o.Name, "."), "."))
			if o.Value != nil {
				d.w(" = ")
				d.bare(o.Value)
			}
		})
		d.w(")")
	}
	d.w(" AS ")
	d.query(x.Query)
	if x.NoData {
		d.w(" WITH NO DATA")
	}
}

func (d *deparser) index(x *ast.CreateIndex) {
	d.w("CREATE %sINDEX %s", map[bool]string{true: "UNIQUE "}[x.Unique], ifNotExists(x.IfNotExists))
	if x.Name != "" {
		d.w("%s", ident(x.Name))
	}
	d.w(" ON %s", idents(x.Table, "."))
	if x.Method != "" {
		d.w(" USING %s", ident(x.Method))
	}
	d.w(" (")
	each(d, x.Cols, ", ", func(c *ast.IndexCol) {
		d.indexElement(c.Expr)
		if c.Desc {
			d.w(" DESC")
		}
		if c.Nulls != "" {
			d.w(" NULLS %s", c.Nulls)
		}
	})
	d.w(")")
	if len(x.Include) > 0 {
		d.w(" INCLUDE ")
		d.colNames(x.Include)
	}
	d.clause(" WHERE ", x.Where)
}

func (d *deparser) fetch(x *ast.Fetch) {
	d.w("%s ", map[bool]string{false: "FETCH", true: "MOVE"}[x.Move])
	switch {
	case x.Count < 0 && (x.Direction == "forward" || x.Direction == "backward"):
		d.w("%s ALL", x.Direction)
	case x.Direction == "forward" || x.Direction == "backward" || x.Direction == "absolute" || x.Direction == "relative":
		d.w("%s %s", x.Direction, fmt.Sprint(x.Count))
	default:
		d.w("%s", x.Direction)
	}
	d.w(" FROM %s", ident(x.Cursor))
}
