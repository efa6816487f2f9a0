package expr

import (
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// sequenceDefs are the functions of sequences. The planner binds those calls whose sequence it must check itself.
func sequenceDefs() []def {
	const fl = volatile | canFail
	return []def{
		{sig: "nextval(regclass) int8", flags: fl, row: SequenceRow("nextval")},
		{sig: "currval(regclass) int8", flags: fl, row: SequenceRow("currval")},
		{sig: "lastval() int8", flags: fl, row: SequenceRow("lastval")},
		{sig: "setval(regclass,int8) int8", flags: fl, row: SequenceRow("setval")},
		{sig: "setval(regclass,int8,bool) int8", flags: fl, row: SequenceRow("setval")},
	}
}

// SequenceRow evaluates op by Ctx.Sequence, which has setval(..., false) as "restart". Errors: 0A000 where there are no sequences.
func SequenceRow(op string) rowFunc {
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
		op := op
		if len(a) > 2 && !a[2].Bool() {
			op = "restart"
		}
		v, err := c.Sequence(op, id, arg)
		if err != nil {
			return types.Null, err
		}
		return types.NewInt(v), nil
	}
}
