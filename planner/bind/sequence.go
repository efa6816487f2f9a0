package bind

import (
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// sequenceFunc makes nextval, currval, setval or lastval: they ask the session by Ctx.Sequence. The sequence is known by id already.
func sequenceFunc(op string, args []types.Type) *expr.Func {
	return &expr.Func{
		Name: op, Args: args, Ret: types.Of(types.Int8), Strict: true, Volatility: types.Volatile, CanFail: true, Row: expr.SequenceRow(op),
	}
}

// nextval is the default of an identity column.
func (b *Binder) nextval(seq catalog.ID, t types.Type) expr.Expr {
	reg := types.Of(types.Regclass)
	var x expr.Expr = &expr.Call{
		Fn: sequenceFunc("nextval", []types.Type{reg}), Args: []expr.Expr{&expr.Const{D: types.NewInt(int64(seq)), T: reg}}, T: types.Of(types.Int8), Pos: -1,
	}
	if y, ok, err := b.coerce(x, t, types.Assignment, -1); ok && err == nil {
		x = y
	}
	return x
}

// sequenceCall binds nextval('s') and its kin; nil if name is none of them.
func (b *Binder) sequenceCall(c *context, e *ast.Func, name string) (expr.Expr, error) {
	want := map[string][]types.Type{
		"nextval": {types.Of(types.Regclass)}, "currval": {types.Of(types.Regclass)}, "lastval": {},
		"setval": {types.Of(types.Regclass), types.Of(types.Int8)},
	}
	sig, ok := want[name]
	if name == "setval" && len(e.Args) == 3 {
		sig = append(sig, types.Of(types.Bool))
	}
	if !ok || len(sig) != len(e.Args) {
		return nil, nil
	}
	if b.inView {
		return nil, unsupported(e, "%s in a materialized view", name)
	}
	args := make([]expr.Expr, len(sig))
	for i, a := range e.Args {
		x, err := b.scalar(c, a)
		if err != nil {
			return nil, err
		}
		if args[i], err = b.must(x, sig[i], types.Implicit, loc(a)); err != nil {
			return nil, err
		}
		if k, ok := args[i].(*expr.Const); i == 0 && ok && !k.D.IsNull() {
			if _, ok := b.env.Catalog.Object(catalog.ID(k.D.Int())).(*catalog.Sequence); !ok {
				return nil, sqlerr.New(sqlerr.WrongObjectType, "%q is not a sequence", constName(x)).At(int(loc(a)))
			}
		}
	}
	return &expr.Call{Fn: sequenceFunc(name, sig), Args: args, T: types.Of(types.Int8), Pos: int(e.Pos)}, nil
}

func constName(x expr.Expr) string {
	if k, ok := x.(*expr.Const); ok && k.T.Is(types.Unknown) {
		return k.D.String()
	}
	return "?"
}

// regclass resolves a literal relation name to its id; digits are an id already.
func (b *Binder) regclass(s string, pos ast.Pos) (types.Datum, error) {
	if d, err := types.ParseText(b.env.Config, types.Of(types.OID), s); err == nil {
		return d, nil
	}
	parts := splitName(s)
	var o catalog.Object
	if len(parts) == 2 {
		o = b.env.relation(parts[0], parts[1])
	} else if len(parts) == 1 {
		o = b.env.Catalog.Resolve(b.env.SearchPath, parts[0])
	}
	if o == nil {
		if v := b.systemRelation(parts); v != nil {
			return types.NewInt(int64(v.OID)), nil
		}
		return types.Null, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", s).At(int(pos))
	}
	return types.NewInt(int64(o.ObjectID())), nil
}

// systemRelation finds a relation of pg_catalog or information_schema; nil if there is none.
func (b *Binder) systemRelation(parts []string) *VirtualTable {
	if b.env.Virtual == nil || len(parts) > 2 {
		return nil
	}
	schemas := append([]string{"pg_catalog"}, b.env.SearchPath...)
	if len(parts) == 2 {
		schemas = parts[:1]
	}
	for _, s := range schemas {
		if v, ok := b.env.Virtual(s, parts[len(parts)-1]); ok {
			return v
		}
	}
	return nil
}

// splitName reads a possibly quoted, possibly qualified name, folding what is not quoted.
func splitName(s string) []string {
	var parts []string
	var cur []byte
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			cur = append(cur, '"')
			i++
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			parts, cur = append(parts, string(cur)), nil
		case c >= 'A' && c <= 'Z' && !quoted:
			cur = append(cur, c+'a'-'A')
		default:
			cur = append(cur, c)
		}
	}
	return append(parts, string(cur))
}
