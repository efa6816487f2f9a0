package bind

import (
	"time"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// typed is the text-like default of an expression whose type stayed unknown.
var text = types.Of(types.Text)

// coerce makes e a value of type to, if ctx allows the cast; ok is false where there is none.
func (b *Binder) coerce(e expr.Expr, to types.Type, ctx types.CastContext, pos ast.Pos) (_ expr.Expr, ok bool, err error) {
	from := e.Type()
	if from == to {
		return e, true, nil
	}
	if from.Is(types.Unknown) {
		return b.coerceUnknown(e, to, ctx, pos)
	}
	if from.Base() == to.Base() {
		return withMod(e, to, ctx, pos), true, nil
	}
	conv := types.FindCast(from.Base(), to.Base())
	if conv == nil || conv.Context < ctx {
		return nil, false, nil
	}
	return b.fold(&expr.Cast{X: e, To: to, Explicit: ctx == types.Explicit, Conv: conv, Pos: int(pos)}), true, nil
}

// withMod applies to's modifier to a value of the same base type. An explicit cast to no modifier takes it away, which
// leaves the value as it is; else a value keeps its own.
func withMod(e expr.Expr, to types.Type, ctx types.CastContext, pos ast.Pos) expr.Expr {
	if to.Mod == e.Type().Mod || to.Mod == -1 && ctx != types.Explicit {
		return e
	}
	return &expr.Cast{X: e, To: to, Explicit: ctx == types.Explicit, Pos: int(pos)}
}

func (b *Binder) coerceUnknown(e expr.Expr, to types.Type, ctx types.CastContext, pos ast.Pos) (expr.Expr, bool, error) {
	switch x := e.(type) {
	case *expr.Const:
		if x.D.IsNull() {
			return expr.Null(to), true, nil
		}
		if to.Is(types.Regclass) {
			d, err := b.regclass(x.D.String(), pos)
			return &expr.Const{D: d, T: to}, err == nil, err
		}
		in := to.Base()
		if to.Kind == types.Interval && !to.Array {
			in = to // what a number without a unit is depends on the fields
		}
		d, err := b.parse(in, x.D.String())
		if err != nil {
			return nil, false, at(err, pos)
		}
		if to.Mod != -1 {
			if d, err = types.ApplyMod(to, d, ctx == types.Explicit); err != nil {
				return nil, false, err // not the literal's error: the cast to a length is evaluated, in PostgreSQL's terms
			}
		}
		return &expr.Const{D: d, T: to}, true, nil
	case *expr.Param:
		if x.N <= len(b.params) && b.params[x.N-1].Is(types.Unknown) {
			b.params[x.N-1] = to.Base()
		}
		if x.N > len(b.params) {
			return nil, false, sqlerr.New(sqlerr.UndefinedParameter, "there is no parameter $%d", x.N).At(int(pos))
		}
		return b.coerce(&expr.Param{N: x.N, T: b.params[x.N-1]}, to, ctx, pos)
	case *expr.Col:
		if b.viewParam(x.ID) != nil {
			if b.Meta.Type(x.ID).Is(types.Unknown) {
				b.Meta.SetType(x.ID, to.Base())
			}
			n := &expr.Col{ID: x.ID, T: b.Meta.Type(x.ID)}
			b.refs[n] = b.refs[x]
			return b.coerce(n, to, ctx, pos)
		}
	}
	if conv := types.FindCast(types.Of(types.Unknown), to.Base()); conv != nil {
		return &expr.Cast{X: e, To: to, Explicit: ctx == types.Explicit, Conv: conv, Pos: int(pos)}, true, nil
	}
	return nil, false, nil
}

// parse reads a literal's text, and notes whether it says 'now' or 'today', so that the value is of this moment.
func (b *Binder) parse(t types.Type, text string) (types.Datum, error) {
	cfg := b.env.Config
	c, _ := category(t.Elem())
	if c == 'D' && b.inView {
		return parseTimeless(cfg, t, text)
	}
	if c != 'D' || cfg.Now.IsZero() {
		return types.ParseText(cfg, t, text)
	}
	timeless := *cfg
	timeless.Now = time.Time{}
	d, err := types.ParseText(&timeless, t, text)
	if err == nil {
		return d, nil
	}
	if d, err = types.ParseText(cfg, t, text); err == nil {
		b.Clock = true
	}
	return d, err
}

// parseTimeless refuses a literal that depends on the clock.
func parseTimeless(cfg *types.Config, t types.Type, text string) (types.Datum, error) {
	timed := *cfg
	timed.Now = time.Time{}
	d, err := types.ParseText(&timed, t, text)
	if err == nil {
		return d, nil
	}
	timed.Now = time.Unix(1, 0)
	if _, fails := types.ParseText(&timed, t, text); fails == nil {
		return d, sqlerr.New(sqlerr.FeatureNotSupported, "%s %q in a materialized view is not supported", t, text)
	}
	return d, err
}

func (b *Binder) viewParam(id int) *ViewParam {
	for _, p := range b.ViewParams {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// must is coerce with PostgreSQL's error for an explicit cast.
func (b *Binder) must(e expr.Expr, to types.Type, ctx types.CastContext, pos ast.Pos) (expr.Expr, error) {
	r, ok, err := b.coerce(e, to, ctx, pos)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, sqlerr.New(sqlerr.CannotCoerce, "cannot cast type %s to %s", e.Type().Base(), to.Base()).At(int(pos))
	}
	return r, nil
}

// known gives an expression that stayed unknown type text.
func (b *Binder) known(e expr.Expr, pos ast.Pos) (expr.Expr, error) {
	if !e.Type().Is(types.Unknown) {
		return e, nil
	}
	return b.must(e, text, types.Implicit, pos)
}

// boolean coerces a condition; what names the clause in the error.
func (b *Binder) boolean(e expr.Expr, what string, pos ast.Pos) (expr.Expr, error) {
	r, ok, err := b.coerce(e, types.Of(types.Bool), types.Implicit, pos)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, sqlerr.New(sqlerr.DatatypeMismatch, "argument of %s must be type boolean, not type %s", what, e.Type()).At(int(pos))
	}
	return r, nil
}

// category groups types as pg_type.typcategory does; preferred types win in it.
func category(t types.Type) (cat byte, preferred bool) {
	if t.Array {
		return 'A', false
	}
	switch t.Kind {
	case types.Bool:
		return 'B', true
	case types.Int2, types.Int4, types.Int8, types.Float4, types.Numeric, types.Regclass, types.Regtype, types.Regproc, types.Regnamespace, types.Regrole:
		return 'N', false
	case types.Float8, types.OID:
		return 'N', true
	case types.Text:
		return 'S', true
	case types.Varchar, types.BPChar, types.Name:
		return 'S', false
	case types.Char:
		return 'Z', false
	case types.Date, types.Time, types.Timestamp:
		return 'D', false
	case types.Timestamptz:
		return 'D', true
	case types.Interval:
		return 'T', true
	case types.Unknown:
		return 'X', false
	}
	return 'U', false
}

// common is the type that a list of expressions is resolved to (UNION, CASE, VALUES, ARRAY, COALESCE...; PostgreSQL's
// select_common_type); what begins the error.
func (b *Binder) common(es []expr.Expr, pos []ast.Pos, what string) (types.Type, error) {
	pick := types.Of(types.Unknown)
	first := true
	sameMod := true
	for i, e := range es {
		t := e.Type()
		if t.Is(types.Unknown) {
			if c, ok := e.(*expr.Const); !ok || !c.D.IsNull() {
				sameMod = false
			}
			continue
		}
		if first {
			pick, first = t, false
			continue
		}
		if t.Mod != pick.Mod {
			sameMod = false
		}
		if t.Base() == pick.Base() {
			continue
		}
		sameMod = false
		pc, pp := category(pick)
		tc, _ := category(t)
		if pc != tc {
			return types.Type{}, sqlerr.New(sqlerr.DatatypeMismatch, "%s types %s and %s cannot be matched", what, pick.Base(), t.Base()).At(int(pos[i]))
		}
		if !pp && implicit(pick, t) && !implicit(t, pick) {
			pick = t
		}
	}
	if first {
		return text, nil
	}
	if !sameMod {
		pick = pick.Base()
	}
	return pick, nil
}

// implicit tells whether from converts to to without being asked.
func implicit(from, to types.Type) bool {
	if from.Base() == to.Base() {
		return true
	}
	c := types.FindCast(from.Base(), to.Base())
	return c != nil && c.Context == types.Implicit
}

// unify coerces all of es to their common type.
func (b *Binder) unify(es []expr.Expr, pos []ast.Pos, what string) ([]expr.Expr, types.Type, error) {
	t, err := b.common(es, pos, what)
	if err != nil {
		return nil, t, err
	}
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		x, ok, err := b.coerce(e, t, types.Implicit, pos[i])
		if err != nil {
			return nil, t, err
		}
		if !ok {
			return nil, t, sqlerr.New(sqlerr.CannotCoerce, "%s could not convert type %s to %s", what, e.Type().Base(), t.Base()).At(int(pos[i]))
		}
		out[i] = x
	}
	return out, t, nil
}

// fold evaluates constants where that is safe.
func (b *Binder) fold(e expr.Expr) expr.Expr {
	if plan.HasSubquery(e) {
		return e
	}
	ctx := &expr.Ctx{Config: b.env.Config}
	return expr.Fold(ctx, e)
}

// ResolveType finds a type by the name in the syntax tree; 3F000 where the catalog does not have its schema, 42704 for other names. The catalog may be
// nil.
func ResolveType(c *catalog.Catalog, t *ast.TypeName) (types.Type, error) {
	if t.Setof {
		return types.Type{}, unsupported(t, "SETOF")
	}
	if len(t.Name) == 2 && c != nil && t.Name[0] != "pg_catalog" && t.Name[0] != "information_schema" && !c.HasSchema(t.Name[0]) {
		return types.Type{}, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", t.Name[0]).At(int(t.Pos))
	}
	if len(t.Name) > 2 || len(t.Name) == 2 && t.Name[0] != "pg_catalog" && t.Name[0] != "public" {
		return types.Type{}, sqlerr.New(sqlerr.UndefinedObject, "type %q does not exist", joinName(t.Name)).At(int(t.Pos))
	}
	ty, err := types.FromName(t.Name.Last(), t.Mods, t.Dims)
	if err != nil {
		return types.Type{}, at(err, t.Pos)
	}
	if ty.Kind != types.Interval || t.Field == "" {
		return ty, nil
	}
	ty, ok := ty.WithFields(t.Field)
	if !ok {
		return types.Type{}, unsupported(t, "interval field %s", t.Field)
	}
	return ty, nil
}

// hasEquality refuses values of which DISTINCT, GROUP BY and set operations cannot tell what is equal.
func (b *Binder) hasEquality(e expr.Expr, pos int) error {
	ts := []types.Type{e.Type()}
	for _, f := range b.fieldsOf(e) {
		ts = append(ts, f.Type)
	}
	for _, t := range ts {
		if t.Kind == types.JSON {
			return sqlerr.New(sqlerr.UndefinedFunction, "could not identify an equality operator for type %s", t).At(pos)
		}
	}
	return nil
}
