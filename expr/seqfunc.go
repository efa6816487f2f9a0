package expr

import (
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// sequenceDefs are the functions of sequences. The planner binds those calls whose sequence it must check itself.
func sequenceDefs() []def {
	const fl = volatile | canFail
	return []def{
		{sig: "nextval(regclass) int8", flags: fl, row: sequenceRow("nextval")},
		{sig: "currval(regclass) int8", flags: fl, row: sequenceRow("currval")},
		{sig: "lastval() int8", flags: fl, row: sequenceRow("lastval")},
		{sig: "setval(regclass,int8) int8", flags: fl, row: sequenceRow("setval")},
		{sig: "setval(regclass,int8,bool) int8", flags: fl, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			if !a[2].Bool() {
				return types.Null, sqlerr.New(sqlerr.FeatureNotSupported, "setval() with is_called false is not supported")
			}
			return sequenceRow("setval")(c, a[:2])
		}},
	}
}

func sequenceRow(op string) rowFunc {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if c.Sequence == nil {
			return types.Null, sqlerr.New(sqlerr.FeatureNotSupported, "%s() is not supported here", op)
		}
		var id uint32
		var arg int64
		if len(a) > 0 {
			id = uint32(a[0].Int())
		}
		if len(a) > 1 {
			arg = a[1].Int()
		}
		v, err := c.Sequence(op, id, arg)
		if err != nil {
			return types.Null, err
		}
		return types.NewInt(v), nil
	}
}
