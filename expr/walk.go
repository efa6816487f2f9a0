package expr

import "github.com/streamsql/streamsql/types"

// Walk calls f for e and, where f returns true, for all below it.
func Walk(e Expr, f func(Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	for _, c := range e.Children() {
		Walk(c, f)
	}
}

// Map rebuilds e bottom-up: f sees each node after its children were replaced. Unchanged parts are shared with e.
func Map(e Expr, f func(Expr) Expr) Expr {
	old := e.Children()
	var repl []Expr
	for i, c := range old {
		n := Map(c, f)
		if n != c && repl == nil {
			repl = append(make([]Expr, 0, len(old)), old[:i]...)
		}
		if repl != nil {
			repl = append(repl, n)
		}
	}
	if repl != nil {
		e = e.WithChildren(repl)
	}
	return f(e)
}

// Fold evaluates sub-expressions without columns and parameters that are immutable, where they do not fail. What fails
// stays, so that the error comes when, and only if, a row reaches it.
func Fold(ctx *Ctx, e Expr) Expr {
	return Map(e, func(e Expr) Expr {
		switch e := e.(type) {
		case *Const, *Col, *Param:
			return e
		case *Call, *Cast, *IsNull, *IsTrue, *IsDistinct, *AnyAll, *ArrayExpr:
			if nullAnyway(e) {
				return Null(e.Type())
			}
			if !allConst(e.Children()) || ownVolatility(e) != types.Immutable || isRow(e) {
				return e
			}
			return foldConst(ctx, e)
		case *And:
			return foldJunction(e, e.Args, false)
		case *Or:
			return foldJunction(e, e.Args, true)
		case *Coalesce:
			return foldCoalesce(e)
		case *Case:
			return foldCase(e)
		}
		return e
	})
}

func isRow(e Expr) bool {
	c, ok := e.(*Call)
	return ok && c.Fn.Fields != nil
}

// nullAnyway says that a strict function has a NULL for an argument: as in PostgreSQL the others are not evaluated, so that they do not fail.
func nullAnyway(e Expr) bool {
	c, ok := e.(*Call)
	if !ok || !c.Fn.Strict {
		return false
	}
	null := false
	for _, a := range c.Args {
		k, ok := a.(*Const)
		null = null || ok && k.D.IsNull()
	}
	return null && !FailsForCertain(c.Args)
}

// FailsForCertain says whether expressions that were folded hold a constant one that fails, which PostgreSQL reports when it plans.
func FailsForCertain(es []Expr) bool {
	for _, e := range es {
		if _, ok := e.(*Const); ok {
			continue
		}
		if kids := e.Children(); CanFail(e) && (len(kids) > 0 && allConst(kids) || FailsForCertain(kids)) {
			return true
		}
	}
	return false
}

func allConst(es []Expr) bool {
	for _, e := range es {
		if _, ok := e.(*Const); !ok {
			return false
		}
	}
	return true
}

func foldConst(ctx *Ctx, e Expr) Expr {
	d, err := EvalRow(ctx, e, nil)
	if err != nil {
		return e
	}
	return &Const{D: d, T: e.Type()}
}

// foldJunction drops the neutral constants of an AND (true) or OR (false), and everything for an absorbing one, as PostgreSQL does: also what
// precedes it and would fail on some row. What fails for certain stays.
func foldJunction(e Expr, args []Expr, absorbing bool) Expr {
	kept := make([]Expr, 0, len(args))
	for _, a := range args {
		c, ok := a.(*Const)
		if !ok || c.D.IsNull() {
			kept = append(kept, a)
			continue
		}
		if c.D.Bool() != absorbing {
			continue
		}
		if !FailsForCertain(kept) {
			return Bool(absorbing)
		}
		kept = append(kept, a)
		break
	}
	switch {
	case len(kept) == 0:
		return Bool(!absorbing)
	case len(kept) == 1:
		return kept[0]
	case len(kept) == len(args):
		return e
	}
	return e.WithChildren(kept)
}

func foldCoalesce(e *Coalesce) Expr {
	kept := make([]Expr, 0, len(e.Args))
	for _, a := range e.Args {
		c, ok := a.(*Const)
		if ok && c.D.IsNull() {
			continue
		}
		kept = append(kept, a)
		if ok {
			break
		}
	}
	switch {
	case len(kept) == 0:
		return Null(e.T)
	case len(kept) == 1 && kept[0].Type() == e.T:
		return kept[0]
	case len(kept) == len(e.Args):
		return e
	}
	return &Coalesce{Args: kept, T: e.T}
}

func foldCase(e *Case) Expr {
	n := &Case{Else: e.Else, T: e.T}
	for _, w := range e.Whens {
		c, ok := w.Cond.(*Const)
		if ok && (c.D.IsNull() || !c.D.Bool()) {
			continue
		}
		if ok {
			n.Else = w.Then
			break
		}
		n.Whens = append(n.Whens, w)
	}
	switch {
	case len(n.Whens) == len(e.Whens):
		return e
	case len(n.Whens) > 0:
		return n
	case n.Else == nil:
		return Null(e.T)
	case n.Else.Type() == e.T:
		return n.Else
	}
	return e
}

// CanFail tells whether evaluating e may fail on some row.
func CanFail(e Expr) bool {
	fails := false
	Walk(e, func(e Expr) bool {
		switch e := e.(type) {
		case *Call:
			fails = fails || e.Fn.CanFail && !goodPattern(e)
		case *Cast:
			fails = fails || e.Conv != nil && e.Conv.CanFail || modCanFail(e)
		case *AnyAll:
			fails = fails || e.Op.CanFail
		case *ArrayExpr:
			fails = fails || len(e.Elems) > 0 && e.Elems[0].Type() == e.T // nested arrays must have one shape
		}
		return !fails
	})
	return fails
}

// modCanFail: numeric(p,s) may overflow; lengths are exceeded only where the cast is not explicit.
func modCanFail(e *Cast) bool {
	if e.To.Typmod() < 0 {
		return false
	}
	switch e.To.Kind {
	case types.Numeric:
		return true
	case types.Varchar, types.BPChar:
		return !e.Explicit
	case types.Timestamp, types.Timestamptz:
		return true
	}
	return false
}

// VolatilityOf is the worst of e's functions and casts.
func VolatilityOf(e Expr) types.Volatility {
	worst := types.Immutable
	Walk(e, func(e Expr) bool {
		worst = max(worst, ownVolatility(e))
		return worst < types.Volatile
	})
	return worst
}

func ownVolatility(e Expr) types.Volatility {
	switch e := e.(type) {
	case *Call:
		return e.Fn.Volatility
	case *AnyAll:
		return e.Op.Volatility
	case *IsDistinct:
		return e.Eq.Volatility
	case *Cast:
		if e.Conv != nil {
			return e.Conv.Volatility
		}
	}
	return types.Immutable
}
