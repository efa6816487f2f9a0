package expr

import (
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/jsonb"
)

type foldFunc = func(*Ctx, nextRow) (types.Datum, error)

func jsonAggDefs() []aggDef {
	poly := func(sig string, fold func(args []types.Type) foldFunc) aggDef {
		return aggDef{sig: sig, bind: func(args []types.Type, _ types.Type) Agg {
			return Agg{OrderSensitive: true, Fold: fold(args)}
		}}
	}
	return []aggDef{
		poly("json_agg(anyelement) json", foldJSON),
		poly("jsonb_agg(anyelement) jsonb", foldJSONB),
		poly("json_object_agg(any,any) json", foldJSONObject),
		poly("jsonb_object_agg(any,any) jsonb", foldJSONBObject),
	}
}

// foldJSON makes an array of values; those that have elements or fields are put on lines of their own.
func foldJSON(ts []types.Type) foldFunc {
	t, structured := ts[0], ts[0].Array || ts[0].Kind == types.Record
	return func(ctx *Ctx, next nextRow) (types.Datum, error) {
		var out, elem []byte
		for args, w, ok := next(); ok; args, w, ok = next() {
			elem = appendJSON(elem[:0], ctx.config(), t, args[0])
			for range w {
				switch {
				case out == nil:
					out = append(out, '[')
				case structured && !args[0].IsNull():
					out = append(out, ", \n "...)
				default:
					out = append(out, ", "...)
				}
				if out = append(out, elem...); len(out) > maxValue {
					return types.Null, tooLarge()
				}
			}
		}
		if out == nil {
			return types.Null, nil
		}
		return types.NewBytes(append(out, ']')), nil
	}
}

func foldJSONB(ts []types.Type) foldFunc {
	return func(ctx *Ctx, next nextRow) (types.Datum, error) {
		var elems []jsonb.Value
		size := 0
		for args, w, ok := next(); ok; args, w, ok = next() {
			v, err := jsonbOf(ctx.config(), ts[0], args[0])
			if err != nil {
				return types.Null, err
			}
			for range w {
				elems = append(elems, v)
				if size += 4 + len(v); size > maxValue {
					return types.Null, tooLarge()
				}
			}
		}
		if elems == nil {
			return types.Null, nil
		}
		return types.NewBytes(jsonb.NewArray(elems)), nil
	}
}

// aggKey is the key of an object's member.
func aggKey(ctx *Ctx, t types.Type, d types.Datum) ([]byte, error) {
	if d.IsNull() {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "field name must not be null")
	}
	return jsonKey(ctx.config(), t, d)
}

func foldJSONObject(ts []types.Type) foldFunc {
	return func(ctx *Ctx, next nextRow) (types.Datum, error) {
		var out, member []byte
		for args, w, ok := next(); ok; args, w, ok = next() {
			key, err := aggKey(ctx, ts[0], args[0])
			if err != nil {
				return types.Null, err
			}
			member = append(jsonb.AppendQuoted(member[:0], key), " : "...)
			member = appendJSON(member, ctx.config(), ts[1], args[1])
			for range w {
				if out == nil {
					out = append(out, "{ "...)
				} else {
					out = append(out, ", "...)
				}
				if out = append(out, member...); len(out) > maxValue {
					return types.Null, tooLarge()
				}
			}
		}
		if out == nil {
			return types.Null, nil
		}
		return types.NewBytes(append(out, " }"...)), nil
	}
}

func foldJSONBObject(ts []types.Type) foldFunc {
	return func(ctx *Ctx, next nextRow) (types.Datum, error) {
		var pairs []jsonb.Pair
		size := 0
		for args, _, ok := next(); ok; args, _, ok = next() {
			key, err := aggKey(ctx, ts[0], args[0])
			if err != nil {
				return types.Null, err
			}
			v, err := jsonbOf(ctx.config(), ts[1], args[1])
			if err != nil {
				return types.Null, err
			}
			pairs = append(pairs, jsonb.Pair{Key: key, Value: v})
			if size += 8 + len(key) + len(v); size > maxValue {
				return types.Null, tooLarge()
			}
		}
		if pairs == nil {
			return types.Null, nil
		}
		return types.NewBytes(jsonb.NewObject(pairs)), nil
	}
}
