package expr

import (
	"strconv"

	"github.com/streamsql/streamsql/types"
)

// MakeRow is ROW(...), or a relation's row: the record of its arguments. It is not folded, so that the fields of a constant one stay in sight.
func MakeRow(fields []types.Field) *Func {
	name := "row"
	var args []types.Type
	for i, f := range fields {
		args = append(args, f.Type)
		if types.Named(fields) {
			name += [2]string{" ", ","}[min(i, 1)] + strconv.Quote(f.Name)
		}
	}
	if types.Named(fields) {
		name += " "
	}
	return &Func{
		Name: name, Args: args, Ret: types.Of(types.Record), Fields: fields,
		Row: func(_ *Ctx, values []types.Datum) (types.Datum, error) {
			d := types.NewRecord(types.Row{Fields: fields, Values: values})
			if len(d.Bytes()) > maxValue {
				return types.Null, tooLarge()
			}
			return d, nil
		},
	}
}

// FieldOf selects field i, from 0, of records of these fields.
func FieldOf(fields []types.Field, i int) *Func {
	return &Func{
		Name: "field " + strconv.Itoa(i+1), Args: []types.Type{types.Of(types.Record)}, Ret: fields[i].Type, Strict: true,
		Row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			r := types.DecodeRecord(a[0])
			if i >= len(r.Values) {
				return types.Null, nil
			}
			return r.Values[i], nil
		},
	}
}

// RecordIsNull is IS NULL of a record: NULL itself or all of its fields; not: IS NOT NULL, none of them.
func RecordIsNull(not bool) *Func {
	name := "row is null"
	if not {
		name = "row is not null"
	}
	return &Func{
		Name: name, Args: []types.Type{types.Of(types.Record)}, Ret: types.Of(types.Bool),
		Row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			if a[0].IsNull() {
				return types.NewBool(!not), nil
			}
			return types.NewBool(types.RecordIsNull(a[0], not)), nil
		},
	}
}

// SureToCompare is a comparison of records of which it is known that they have the same fields, each with an order: it cannot fail.
func SureToCompare(f *Func) *Func {
	g := *f
	g.CanFail = false
	return &g
}

func recordDefs() []def {
	var out []def
	for _, op := range comparisons {
		out = append(out, def{sig: op.name + "(record,record) bool", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			c, err := types.CompareRecords(a[0], a[1], op.eq)
			return types.NewBool(op.holds(c)), err
		}})
	}
	return append(out, def{sig: "row_to_json(record) json", flags: stable, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		out := appendJSON(nil, c.config(), types.Of(types.Record), a[0])
		if len(out) > maxValue {
			return types.Null, tooLarge()
		}
		return types.NewBytes(out), nil
	}})
}
