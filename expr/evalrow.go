package expr

import (
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// EvalRow computes e for one row of datums (Col.ID is the position). For constants, defaults, one-row DML.
func EvalRow(ctx *Ctx, e Expr, row []types.Datum) (types.Datum, error) {
	switch e := e.(type) {
	case *Col:
		if e.ID >= len(row) {
			return types.Null, sqlerr.New(sqlerr.InternalError, "column %s of a row of %d", e, len(row))
		}
		return row[e.ID], nil
	case *Const:
		return e.D, nil
	case *Param:
		return ctx.param(e)
	case *Call:
		return callRow(ctx, e, row)
	case *Cast:
		d, err := EvalRow(ctx, e.X, row)
		if err != nil {
			return types.Null, err
		}
		return castDatum(ctx, e, d)
	case *And:
		return junctionRow(ctx, e.Args, false, row)
	case *Or:
		return junctionRow(ctx, e.Args, true, row)
	case *Case:
		return caseRow(ctx, e, row)
	case *Coalesce:
		for _, a := range e.Args {
			if d, err := EvalRow(ctx, a, row); err != nil || !d.IsNull() {
				return d, err
			}
		}
		return types.Null, nil
	case *IsNull:
		d, err := EvalRow(ctx, e.X, row)
		return types.NewBool(d.IsNull() != e.Not), err
	case *IsTrue:
		d, err := EvalRow(ctx, e.X, row)
		return types.NewBool((!d.IsNull() && d.Bool() == e.Want) != e.Not), err
	case *IsDistinct:
		return distinctRow(ctx, e, row)
	case *AnyAll:
		x, err := EvalRow(ctx, e.X, row)
		if err != nil {
			return types.Null, err
		}
		a, err := EvalRow(ctx, e.Array, row)
		if err != nil {
			return types.Null, err
		}
		return ctx.anyAllRow(e, x, a)
	case *ArrayExpr:
		ds, err := evalAll(ctx, e.Elems, row)
		if err != nil {
			return types.Null, err
		}
		return makeArray(e, ds)
	}
	return types.Null, notEvaluable(e)
}

func evalAll(ctx *Ctx, es []Expr, row []types.Datum) ([]types.Datum, error) {
	ds := make([]types.Datum, len(es))
	for i, x := range es {
		var err error
		if ds[i], err = EvalRow(ctx, x, row); err != nil {
			return nil, err
		}
	}
	return ds, nil
}

func callRow(ctx *Ctx, e *Call, row []types.Datum) (types.Datum, error) {
	ds, err := evalAll(ctx, e.Args, row)
	if err != nil {
		return types.Null, err
	}
	if e.Fn.Strict {
		for _, d := range ds {
			if d.IsNull() {
				return types.Null, nil
			}
		}
	}
	d, err := e.Fn.Row(ctx, ds)
	if err == nil && !d.IsNull() && e.T.Rep() == types.RepBytes {
		mustFit(len(d.Bytes()))
	}
	return d, err
}

func junctionRow(ctx *Ctx, args []Expr, absorbing bool, row []types.Datum) (types.Datum, error) {
	unknown := false
	for _, a := range args {
		d, err := EvalRow(ctx, a, row)
		switch {
		case err != nil:
			return types.Null, err
		case d.IsNull():
			unknown = true
		case d.Bool() == absorbing:
			return d, nil
		}
	}
	if unknown {
		return types.Null, nil
	}
	return types.NewBool(!absorbing), nil
}

func caseRow(ctx *Ctx, e *Case, row []types.Datum) (types.Datum, error) {
	for i := range e.Whens {
		d, err := EvalRow(ctx, e.Whens[i].Cond, row)
		if err != nil {
			return types.Null, err
		}
		if !d.IsNull() && d.Bool() {
			return EvalRow(ctx, e.Whens[i].Then, row)
		}
	}
	if e.Else == nil {
		return types.Null, nil
	}
	return EvalRow(ctx, e.Else, row)
}

func distinctRow(ctx *Ctx, e *IsDistinct, row []types.Datum) (types.Datum, error) {
	l, err := EvalRow(ctx, e.L, row)
	if err != nil {
		return types.Null, err
	}
	r, err := EvalRow(ctx, e.R, row)
	if err != nil {
		return types.Null, err
	}
	if l.IsNull() || r.IsNull() {
		return types.NewBool((l.IsNull() != r.IsNull()) != e.Not), nil
	}
	d, err := e.Eq.Row(ctx, []types.Datum{l, r})
	if err != nil {
		return types.Null, err
	}
	return types.NewBool(!d.Bool() != e.Not), nil
}
