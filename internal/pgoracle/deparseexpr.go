package main

import (
	"fmt"
	"strings"

	"github.com/streamsql/streamsql/parser/ast"
)

func (d *deparser) list(l []ast.Expr) { each(d, l, ", ", d.x) }

func (d *deparser) call(name string, args []ast.Expr) {
	d.w("%s(", name)
	d.list(args)
	d.w(")")
}

func (d *deparser) typeName(t *ast.TypeName) {
	if t.Setof {
		d.w("SETOF ")
	}
	name := idents(t.Name, ".")
	if name == `"interval"` { // the only built-in type whose modifiers are not what a call of its name would have
		name = "interval " + t.Field
	}
	d.w("%s", name)
	if len(t.Mods) > 0 {
		mods := make([]string, len(t.Mods))
		for i, m := range t.Mods {
			mods[i] = fmt.Sprint(m)
		}
		d.w("(%s)", strings.Join(mods, ", "))
	}
	d.w("%s", strings.Repeat("[]", t.Dims))
}

func (d *deparser) constant(x *ast.Const) {
	switch x.Kind {
	case ast.NullConst:
		d.w("NULL")
	case ast.StringConst:
		d.w("%s", quote(x.S))
	case ast.BitConst:
		d.w("%s%s", x.S[:1], quote(x.S[1:]))
	default:
		if strings.HasPrefix(x.S, "-") {
			d.w("(%s)", x.S)
		} else {
			d.w("%s", x.S)
		}
	}
}

// x prints an expression.
func (d *deparser) x(e ast.Expr) {
	switch x := e.(type) {
	case *ast.ColRef:
		d.w("%s", idents(x.Parts, "."))
	case *ast.Star:
		for _, q := range x.Qual {
			d.w("%s.", ident(q))
		}
		d.w("*")
	case *ast.Const:
		d.constant(x)
	case *ast.Param:
		d.w("$%d", x.N)
	case *ast.Cast:
		d.w("CAST(")
		d.x(x.X)
		d.w(" AS ")
		d.typeName(x.Type)
		d.w(")")
	case *ast.Subscript:
		d.base(x.X, x.Chained)
		d.w("[")
		d.clause("", x.I)
		if x.Slice {
			d.w(":")
			d.clause("", x.Hi)
		}
		d.w("]")
	case *ast.Field:
		d.fieldBase(x.X)
		d.w(".%s", ident(x.Name))
	case *ast.StarOf:
		d.fieldBase(x.X)
		d.w(".*")
	case *ast.Array:
		d.w("ARRAY[")
		d.list(x.Elems)
		d.w("]")
	case *ast.ArraySub:
		d.w("ARRAY(")
		d.query(x.Query)
		d.w(")")
	case *ast.Row:
		if x.Explicit {
			d.w("ROW")
		}
		d.w("(")
		d.list(x.Elems)
		d.w(")")
	case *ast.Case:
		d.caseExpr(x)
	case *ast.Exists:
		d.w("EXISTS (")
		d.query(x.Query)
		d.w(")")
	case *ast.SubQuery:
		d.w("(")
		d.query(x.Query)
		d.w(")")
	case *ast.SQLValue:
		d.w("%s", x.Name)
		if x.Prec >= 0 {
			d.w("(%d)", x.Prec)
		}
	case *ast.Special:
		if x.Name == "overlaps" {
			d.infix(x.Args[0], "OVERLAPS", x.Args[1])
		} else {
			d.call(x.Name, x.Args)
		}
	case *ast.NamedArg:
		d.w("%s => ", ident(x.Name))
		d.x(x.X)
	case *ast.Variadic:
		d.w("VARIADIC ")
		d.x(x.X)
	case *ast.Default:
		d.w("DEFAULT")
	case *ast.Func:
		d.function(x)
	default:
		d.operation(e)
	}
}

func (d *deparser) infix(l ast.Expr, op string, r ast.Expr) {
	d.w("(")
	if l != nil {
		d.x(l)
	}
	d.w(" %s ", op)
	d.x(r)
	d.w(")")
}

func (d *deparser) operation(e ast.Expr) {
	switch x := e.(type) {
	case *ast.Op:
		op := x.Name
		if x.Schema != "" {
			op = "OPERATOR(" + ident(x.Schema) + "." + op + ")"
		}
		d.infix(x.L, op, x.R)
	case *ast.Bool:
		d.w("(")
		if x.Op == ast.Not {
			d.w("NOT ")
		}
		each(d, x.Args, [...]string{" AND ", " OR ", ""}[x.Op], d.x)
		d.w(")")
	case *ast.Is:
		d.w("(")
		d.x(x.X)
		d.w(" IS %s%s)", not(x.Not), x.What)
	case *ast.IsDistinct:
		d.infix(x.L, "IS "+not(x.Not)+"DISTINCT FROM", x.R)
	case *ast.Between:
		d.w("(")
		d.x(x.X)
		d.w(" %sBETWEEN ", not(x.Not))
		if x.Symmetric {
			d.w("SYMMETRIC ")
		}
		d.x(x.Lo)
		d.w(" AND ")
		d.x(x.Hi)
		d.w(")")
	case *ast.In:
		d.w("(")
		d.x(x.X)
		d.w(" %sIN (", not(x.Not))
		if x.Sub != nil {
			d.query(x.Sub)
		} else {
			d.list(x.List)
		}
		d.w("))")
	case *ast.Like:
		d.w("(")
		d.x(x.X)
		kind := x.Kind
		if kind == "similar" {
			kind = "similar to"
		}
		d.w(" %s%s ", not(x.Not), kind)
		d.x(x.Pat)
		d.clause(" ESCAPE ", x.Esc)
		d.w(")")
	case *ast.AnyAll:
		d.w("(")
		d.x(x.X)
		d.w(" %s %s (", x.Op, map[bool]string{false: "ANY", true: "ALL"}[x.All])
		if x.Sub != nil {
			d.query(x.Sub)
		} else {
			d.x(x.Array)
		}
		d.w("))")
	case *ast.Collate:
		d.w("(")
		d.x(x.X)
		d.w(" COLLATE %s)", idents(x.Name, "."))
	default:
		panic(fmt.Sprintf("expression %T", e))
	}
}

func (d *deparser) caseExpr(x *ast.Case) {
	d.w("(CASE")
	d.clause(" ", x.X)
	for _, w := range x.Whens {
		d.w(" WHEN ")
		d.x(w.Cond)
		d.w(" THEN ")
		d.x(w.Then)
	}
	d.clause(" ELSE ", x.Else)
	d.w(" END)")
}

func (d *deparser) function(x *ast.Func) {
	d.w("%s(", idents(x.Name, "."))
	if x.Distinct {
		d.w("DISTINCT ")
	}
	if x.Star {
		d.w("*")
	}
	d.list(x.Args)
	if len(x.Order) > 0 {
		d.w(" ORDER BY ")
		d.sorts(x.Order)
	}
	d.w(")")
	if len(x.Within) > 0 {
		d.w(" WITHIN GROUP (ORDER BY ")
		d.sorts(x.Within)
		d.w(")")
	}
	if x.Filter != nil {
		d.w(" FILTER (WHERE ")
		d.x(x.Filter)
		d.w(")")
	}
	if x.Over != nil {
		d.w(" OVER ")
		d.window(x.Over)
	} else if x.OverName != "" {
		d.w(" OVER %s", ident(x.OverName))
	}
}

// fieldBase prints what .name hangs on, which needs parentheses lest it be a longer name.
func (d *deparser) fieldBase(e ast.Expr) {
	switch e.(type) {
	case *ast.ColRef, *ast.Subscript:
		d.w("(")
		d.x(e)
		d.w(")")
		return
	}
	d.base(e, true)
}

// base prints the operand of an indirection; chained lets a further one join the first.
func (d *deparser) base(e ast.Expr, chained bool) {
	switch e.(type) {
	case *ast.Subscript:
		if chained {
			d.x(e)
			return
		}
	case *ast.ColRef, *ast.Param, *ast.Field, *ast.SubQuery:
		d.x(e)
		return
	}
	d.w("(")
	d.x(e)
	d.w(")")
}
