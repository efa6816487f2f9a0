package bind

import (
	"math"
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

const maxDimensions = 6

// subscript binds a[1][2] and a[1:2][:] as one call over all the dimensions.
func (b *Binder) subscript(c *context, e *ast.Subscript) (expr.Expr, error) {
	chain := []*ast.Subscript{e}
	for chain[0].Chained {
		inner, ok := chain[0].X.(*ast.Subscript)
		if !ok {
			break
		}
		chain = slices.Insert(chain, 0, inner)
	}
	of := chain[0].X
	x, err := b.scalar(c, of)
	if err != nil {
		return nil, err
	}
	if x.Type().Is(types.JSONB) {
		return b.jsonbSubscript(c, x, chain)
	}
	if !x.Type().Array {
		return nil, sqlerr.New(sqlerr.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", x.Type().Base()).At(int(loc(of)))
	}
	if len(chain) > maxDimensions {
		return nil, sqlerr.New(sqlerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(chain), maxDimensions).At(int(e.Pos))
	}
	name, args, pos := "[]", []expr.Expr{x}, []ast.Pos{loc(of)}
	if slices.ContainsFunc(chain, func(s *ast.Subscript) bool { return s.Slice }) {
		name = "[:]"
	}
	add := func(e ast.Expr, absent int64) error {
		if e == nil {
			args, pos = append(args, &expr.Const{D: types.NewInt(absent), T: types.Of(types.Int4)}), append(pos, loc(of))
			return nil
		}
		i, err := b.arrayIndex(c, e)
		args, pos = append(args, i), append(pos, loc(e))
		return err
	}
	for _, s := range chain {
		lo, hi, least := s.I, s.Hi, int64(math.MinInt32)
		if !s.Slice {
			lo, hi, least = nil, s.I, 1 // among slices a plain subscript is one from 1
		}
		if name == "[:]" {
			if err := add(lo, least); err != nil {
				return nil, err
			}
		}
		if err := add(hi, math.MaxInt32); err != nil {
			return nil, err
		}
	}
	return b.call(name, false, args, pos, e.Pos)
}

func (b *Binder) arrayIndex(c *context, e ast.Expr) (expr.Expr, error) {
	i, err := b.scalar(c, e)
	if err != nil {
		return nil, err
	}
	i, ok, err := b.coerce(i, types.Of(types.Int4), types.Assignment, loc(e))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, sqlerr.New(sqlerr.DatatypeMismatch, "array subscript must have type integer").At(int(loc(e)))
	}
	return i, nil
}

// jsonbSubscript is a step of -> for each subscript.
func (b *Binder) jsonbSubscript(c *context, x expr.Expr, chain []*ast.Subscript) (expr.Expr, error) {
	for _, s := range chain {
		if s.Slice {
			return nil, sqlerr.New(sqlerr.DatatypeMismatch, "jsonb subscript does not support slices").At(int(s.Pos))
		}
		i, err := b.scalar(c, s.I)
		if err != nil {
			return nil, err
		}
		if x, err = b.call("->", true, []expr.Expr{x, i}, []ast.Pos{loc(s.X), loc(s.I)}, s.Pos); err != nil {
			return nil, err
		}
	}
	return x, nil
}
