package bind

import (
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// context is where an expression stands: what it sees and what it may hold.
type context struct {
	sc *scope
	// clause names the place in errors: "WHERE", "GROUP BY"...
	clause string
	// aggs takes aggregate calls; nil: not allowed here. inAgg: inside one already.
	aggs  *aggregation
	inAgg bool
	// inWindow: inside the arguments of a window function.
	inWindow bool
	// srfs takes set-returning calls; nil: not allowed here.
	srfs *[]srfCall
	// windows are the named windows of the query level; windowed takes window calls, nil: not allowed.
	named    []*ast.WindowDef
	windowed *[]windowCall
	// values: DEFAULT may stand here as a whole value (never inside an expression), which the caller handles.
}

// scalar binds an expression. Its type may be Unknown: an untyped literal or parameter.
func (b *Binder) scalar(c *context, e ast.Expr) (expr.Expr, error) {
	if err := b.enter(e.Position()); err != nil {
		return nil, err
	}
	defer b.leave()
	switch e := e.(type) {
	case *ast.Const:
		return b.constant(e)
	case *ast.ColRef:
		return b.columnOrRow(c, e)
	case *ast.Param:
		return b.param(e)
	case *ast.Op:
		return b.operator(c, e)
	case *ast.Bool:
		return b.logic(c, e)
	case *ast.Is:
		return b.is(c, e)
	case *ast.IsDistinct:
		return b.isDistinct(c, e)
	case *ast.Between:
		return b.between(c, e)
	case *ast.In:
		return b.in(c, e)
	case *ast.Like:
		return b.like(c, e)
	case *ast.AnyAll:
		return b.anyAll(c, e)
	case *ast.Cast:
		return b.cast(c, e)
	case *ast.Case:
		return b.caseWhen(c, e)
	case *ast.Array:
		return b.array(c, e, types.Type{})
	case *ast.Func:
		return b.function(c, e)
	case *ast.Special:
		return b.special(c, e)
	case *ast.SQLValue:
		return b.sqlValue(e)
	case *ast.Subscript:
		return b.subscript(c, e)
	case *ast.Collate:
		return b.collate(c, e)
	case *ast.Exists:
		return b.exists(c, e)
	case *ast.SubQuery:
		return b.scalarSubquery(c, e)
	case *ast.ArraySub:
		return b.arraySubquery(c, e)
	case *ast.Default:
		return nil, sqlerr.New(sqlerr.SyntaxError, "DEFAULT is not allowed in this context").At(int(e.Pos))
	case *ast.Row:
		return b.row(c, e)
	case *ast.Field:
		return b.field(c, e)
	case *ast.StarOf:
		return nil, unsupported(e, "selecting a field of a composite value")
	case *ast.Star:
		if len(e.Qual) > 0 {
			r, err := b.findRel(c.sc, e.Qual, e.Pos)
			if err != nil {
				return nil, err
			}
			return b.wholeRow(r, e)
		}
		return nil, sqlerr.New(sqlerr.SyntaxError, "syntax error at or near \"*\"").At(int(e.Pos))
	case *ast.NamedArg, *ast.Variadic:
		return nil, unsupported(e, "this argument notation")
	}
	return nil, unsupported(e, "this expression")
}

// typedScalar is scalar with an unknown literal made text.
func (b *Binder) typedScalar(c *context, e ast.Expr) (expr.Expr, error) {
	x, err := b.scalar(c, e)
	if err != nil {
		return nil, err
	}
	return b.known(x, loc(e))
}

func (b *Binder) scalars(c *context, es []ast.Expr) ([]expr.Expr, []ast.Pos, error) {
	out, pos := make([]expr.Expr, len(es)), make([]ast.Pos, len(es))
	for i, e := range es {
		x, err := b.scalar(c, e)
		if err != nil {
			return nil, nil, err
		}
		out[i], pos[i] = x, loc(e)
	}
	return out, pos, nil
}

// condition binds a boolean expression; what is PostgreSQL's name of the clause in type errors.
func (b *Binder) condition(c *context, e ast.Expr, what string) (expr.Expr, error) {
	x, err := b.scalar(c, e)
	if err != nil {
		return nil, err
	}
	return b.boolean(x, what, loc(e))
}

func (b *Binder) constant(e *ast.Const) (expr.Expr, error) {
	if e.Kind == ast.BitConst {
		return nil, unsupported(e, "a bit string")
	}
	k, err := Literal(e.Kind, e.S)
	return k, at(err, e.Pos)
}

// Literal is the value of a literal, of the type that it has by itself.
func Literal(kind ast.ConstKind, s string) (*expr.Const, error) {
	switch kind {
	case ast.NullConst:
		return expr.Null(types.Of(types.Unknown)), nil
	case ast.BoolConst:
		return expr.Bool(s == "true"), nil
	case ast.StringConst:
		return &expr.Const{D: types.NewString(s), T: types.Of(types.Unknown)}, nil
	case ast.IntConst:
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			t := types.Int8
			if n == int64(int32(n)) {
				t = types.Int4
			}
			return &expr.Const{D: types.NewInt(n), T: types.Of(t)}, nil
		}
	}
	t := types.Of(types.Numeric)
	d, err := types.ParseText(types.DefaultConfig(), t, strings.ReplaceAll(s, "_", ""))
	return &expr.Const{D: d, T: t}, err
}

func (b *Binder) columnOrRow(c *context, e *ast.ColRef) (expr.Expr, error) {
	x, _, err := b.column(c.sc, e)
	if err == nil {
		return x, nil
	}
	// A relation's name alone means its whole row.
	if r, _ := b.findRel(c.sc, e.Parts, e.Pos); r != nil {
		return b.wholeRow(r, e)
	}
	return nil, err
}

func (b *Binder) param(e *ast.Param) (expr.Expr, error) {
	if e.Name != "" {
		return b.namedParam(e)
	}
	const maxParams = 65535
	if e.N < 1 || e.N > maxParams || b.env.NoParams {
		return nil, sqlerr.New(sqlerr.UndefinedParameter, "there is no parameter $%d", e.N).At(int(e.Pos))
	}
	if b.inView {
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "materialized views may not be defined using bound parameters").At(int(e.Pos)).
			WithHint("Name the parameter, as in $user: it becomes a column of the view.")
	}
	for len(b.params) < e.N {
		b.params = append(b.params, types.Of(types.Unknown))
	}
	return &expr.Param{N: e.N, T: b.params[e.N-1]}, nil
}

func (b *Binder) namedParam(e *ast.Param) (expr.Expr, error) {
	if !b.allowNamed {
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "parameter $%s is not supported here", e.Name).At(int(e.Pos)).
			WithHint("A named parameter can stand in CREATE MATERIALIZED VIEW only.")
	}
	for _, p := range b.ViewParams {
		if p.Name == e.Name {
			x := b.Meta.Col(p.ID)
			b.refs[x] = colRef{int(e.Pos), "$" + e.Name}
			return x, nil
		}
	}
	p := &ViewParam{Name: e.Name, ID: b.Meta.Add(e.Name, types.Of(types.Unknown)), Pos: int(e.Pos)}
	b.ViewParams = append(b.ViewParams, p)
	x := b.Meta.Col(p.ID)
	b.refs[x] = colRef{int(e.Pos), "$" + e.Name}
	return x, nil
}

// call resolves and applies a function or operator to bound arguments.
func (b *Binder) call(name string, operator bool, args []expr.Expr, argPos []ast.Pos, pos ast.Pos) (expr.Expr, error) {
	ts := make([]types.Type, len(args))
	for i, a := range args {
		ts[i] = a.Type()
		if !operator {
			ts[i] = ts[i].Base()
		}
	}
	fn, coerce, ret, err := expr.Lookup(name, operator, ts)
	if err != nil {
		return nil, at(err, pos)
	}
	return b.apply(fn, coerce, ret, args, argPos, pos)
}

// apply calls a function that was found.
func (b *Binder) apply(fn *expr.Func, coerce []types.Type, ret types.Type, args []expr.Expr, argPos []ast.Pos, pos ast.Pos) (expr.Expr, error) {
	args, err := b.coerceArgs(args, coerce, argPos)
	if err != nil {
		return nil, err
	}
	if err := b.mayCall(fn, len(args), pos); err != nil {
		return nil, err
	}
	return b.fold(&expr.Call{Fn: b.sure(fn, args), Args: args, T: ret, Pos: int(pos)}), nil
}

func (b *Binder) coerceArgs(args []expr.Expr, coerce []types.Type, pos []ast.Pos) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(args))
	for i, a := range args {
		out[i] = a
		if i >= len(coerce) || coerce[i] == (types.Type{}) {
			continue
		}
		if coerce[i].Kind == types.Any || coerce[i].Kind == types.AnyElement || coerce[i].Kind == types.AnyArray {
			x, err := b.known(a, pos[i])
			if err != nil {
				return nil, err
			}
			out[i] = x
			continue
		}
		x, err := b.must(a, coerce[i], types.Implicit, pos[i])
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return out, nil
}

// unrepeatable are stable functions that depend on more than settings: a view cannot be kept equal to them.
var unrepeatable = map[string]bool{
	"now": true, "transaction_timestamp": true, "statement_timestamp": true, "clock_timestamp": true, "timeofday": true,
	"current_timestamp": true, "current_date": true, "current_time": true, "localtime": true, "localtimestamp": true,
	"current_user": true, "session_user": true, "user": true, "current_role": true, "current_catalog": true,
	"current_schema": true, "current_schemas": true, "current_database": true, "current_setting": true, "pg_backend_pid": true,
}

// mayCall refuses in a materialized view what cannot be maintained.
func (b *Binder) mayCall(fn *expr.Func, args int, pos ast.Pos) error {
	if !b.inView || fn.Volatility == types.Immutable {
		return nil
	}
	if fn.Volatility == types.Stable && !fn.Asks && !unrepeatable[fn.Name] && !(fn.Name == "age" && args == 1) {
		return nil
	}
	return sqlerr.Unsupported(int(pos), "%s in a materialized view", fn.Name).
		WithHint("A materialized view's query must depend on its tables and on captured settings only. Store the value in a column, or use a plain view.")
}

func (b *Binder) logic(c *context, e *ast.Bool) (expr.Expr, error) {
	what := [...]string{"AND", "OR", "NOT"}[e.Op]
	args := make([]expr.Expr, len(e.Args))
	for i, a := range e.Args {
		x, err := b.condition(c, a, what)
		if err != nil {
			return nil, err
		}
		args[i] = x
	}
	switch e.Op {
	case ast.And:
		return b.fold(&expr.And{Args: flatAnd(args)}), nil
	case ast.Or:
		return b.fold(&expr.Or{Args: args}), nil
	}
	return b.not(args[0], e.Pos)
}

func flatAnd(args []expr.Expr) []expr.Expr {
	var out []expr.Expr
	for _, a := range args {
		if x, ok := a.(*expr.And); ok {
			out = append(out, x.Args...)
		} else {
			out = append(out, a)
		}
	}
	return out
}

func (b *Binder) not(x expr.Expr, pos ast.Pos) (expr.Expr, error) {
	return b.call("not", false, []expr.Expr{x}, []ast.Pos{pos}, pos)
}

func (b *Binder) is(c *context, e *ast.Is) (expr.Expr, error) {
	if e.What == "null" {
		x, err := b.typedScalar(c, e.X)
		if err != nil {
			return nil, err
		}
		if x.Type().Is(types.Record) {
			return b.recordIsNull(c, e, x), nil
		}
		return b.fold(&expr.IsNull{X: x, Not: e.Not}), nil
	}
	what := "IS " + strings.ToUpper(e.What)
	if e.Not {
		what = "IS NOT " + strings.ToUpper(e.What)
	}
	x, err := b.condition(c, e.X, what)
	if err != nil {
		return nil, err
	}
	if e.What == "unknown" {
		return b.fold(&expr.IsNull{X: x, Not: e.Not}), nil
	}
	return b.fold(&expr.IsTrue{X: x, Not: e.Not, Want: e.What == "true"}), nil
}

func conj(args []expr.Expr) expr.Expr {
	if len(args) == 1 {
		return args[0]
	}
	return &expr.And{Args: args}
}

func (b *Binder) cast(c *context, e *ast.Cast) (expr.Expr, error) {
	t, err := ResolveType(b.env.Catalog, e.Type)
	if err != nil {
		return nil, err
	}
	var x expr.Expr
	if arr, ok := e.X.(*ast.Array); ok && t.Array {
		x, err = b.array(c, arr, t.Elem())
	} else {
		x, err = b.scalar(c, e.X)
	}
	if err != nil {
		return nil, err
	}
	pos := e.Pos
	if x.Type().Is(types.Unknown) {
		pos = loc(e.X)
	}
	r, err := b.must(x, t, types.Explicit, pos)
	if err != nil {
		return nil, err
	}
	return b.fold(r), nil
}

func (b *Binder) caseWhen(c *context, e *ast.Case) (expr.Expr, error) {
	inner := *c
	inner.srfs = nil
	var conds []expr.Expr
	for _, w := range e.Whens {
		var cond expr.Expr
		var err error
		if e.X != nil {
			cond, err = b.operator(&inner, &ast.Op{Pos: loc(w.Cond), Name: "=", L: e.X, R: w.Cond})
		} else {
			cond, err = b.condition(&inner, w.Cond, "CASE/WHEN")
		}
		if err != nil {
			return nil, err
		}
		conds = append(conds, cond)
	}
	// PostgreSQL resolves the type with ELSE first.
	var arms []expr.Expr
	var pos []ast.Pos
	elseExpr := e.Else
	if elseExpr == nil {
		elseExpr = &ast.Const{Pos: e.Pos}
	}
	for i := -1; i < len(e.Whens); i++ {
		a := elseExpr
		if i >= 0 {
			a = e.Whens[i].Then
		}
		x, err := b.scalar(&inner, a)
		if err != nil {
			return nil, err
		}
		arms, pos = append(arms, x), append(pos, loc(a))
	}
	arms, t, err := b.unify(arms, pos, "CASE")
	if err != nil {
		return nil, err
	}
	out := &expr.Case{T: t}
	for i, cond := range conds {
		out.Whens = append(out.Whens, expr.When{Cond: cond, Then: arms[i+1]})
	}
	if e.Else != nil {
		out.Else = arms[0]
	}
	return b.fold(out), nil
}

func joinName(n []string) string { return strings.Join(n, ".") }

// loc is where an expression begins, as PostgreSQL's exprLocation: an operator's node is at its sign, its expression at its left operand.
func loc(e ast.Expr) ast.Pos {
	var left ast.Expr
	switch e := e.(type) {
	case *ast.Op:
		left = e.L
	case *ast.Bool:
		if e.Op != ast.Not {
			left = e.Args[0]
		}
	case *ast.Is:
		left = e.X
	case *ast.IsDistinct:
		left = e.L
	case *ast.Between:
		left = e.X
	case *ast.In:
		left = e.X
	case *ast.Like:
		left = e.X
	case *ast.AnyAll:
		left = e.X
	case *ast.Cast:
		left = e.X
	case *ast.Subscript:
		left = e.X
	case *ast.Collate:
		left = e.X
	}
	if left == nil {
		return e.Position()
	}
	if p := loc(left); p >= 0 && p < e.Position() {
		return p
	}
	return e.Position()
}
