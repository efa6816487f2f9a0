package expr

import (
	"math"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/datetime"
	"github.com/streamsql/streamsql/types/numeric"
)

func seriesDefs() []srfDef {
	return []srfDef{
		{sig: "generate_series(int4,int4) int4", flags: canFail, rows: intSeries(types.Int4)},
		{sig: "generate_series(int4,int4,int4) int4", flags: canFail, rows: intSeries(types.Int4)},
		{sig: "generate_series(int8,int8) int8", flags: canFail, rows: intSeries(types.Int8)},
		{sig: "generate_series(int8,int8,int8) int8", flags: canFail, rows: intSeries(types.Int8)},
		{sig: "generate_series(numeric,numeric) numeric", flags: canFail, rows: numericSeries},
		{sig: "generate_series(numeric,numeric,numeric) numeric", flags: canFail, rows: numericSeries},
		{sig: "generate_series(timestamp,timestamp,interval) timestamp", flags: canFail, rows: timeSeries(false)},
		{sig: "generate_series(timestamptz,timestamptz,interval) timestamptz", flags: canFail | stable, rows: timeSeries(true)},
	}
}

// maxSeries bounds what one call gives, since its rows are in memory at once.
const maxSeries = 1 << 26

// checkRows is after how many rows a function looks whether the statement was cancelled.
const checkRows = 1 << 16

func seriesTooLong() error {
	return sqlerr.New(sqlerr.ProgramLimitExceeded, "generate_series of more than %d rows is not supported", maxSeries)
}

func zeroStep() error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "step size cannot equal zero")
}

func intSeries(k types.Kind) srfRows {
	return func(c *Ctx, a []types.Datum, out *batch.Batch) error {
		from, to, step := a[0].Int(), a[1].Int(), int64(1)
		if len(a) > 2 {
			step = a[2].Int()
		}
		if step == 0 {
			return zeroStep()
		}
		if step > 0 && from > to || step < 0 && from < to {
			return nil
		}
		// The distances are unsigned, as they may not fit an int64.
		n := uint64(to) - uint64(from)
		if step < 0 {
			n = uint64(from) - uint64(to)
		}
		n /= absU(step)
		if n >= maxSeries {
			return seriesTooLong()
		}
		v := out.Cols[0]
		for i := uint64(0); i <= n; i++ {
			if i%checkRows == 0 {
				c.check()
			}
			v.AppendInt(from)
			out.W = append(out.W, 1)
			from += step
		}
		return nil
	}
}

func numericSeries(c *Ctx, a []types.Datum, out *batch.Batch) error {
	what := [...]string{"start value", "stop value", "step size"}
	ds := [3]numeric.Decimal{2: numeric.FromInt(1)}
	for i, d := range a {
		ds[i] = types.DecodeDecimal(d)
		switch {
		case ds[i].IsNaN():
			return sqlerr.New(sqlerr.InvalidParameterValue, "%s cannot be NaN", what[i])
		case ds[i].IsInf():
			return sqlerr.New(sqlerr.InvalidParameterValue, "%s cannot be infinity", what[i])
		}
	}
	v, to, step := ds[0], ds[1], ds[2]
	if step.Sign() == 0 {
		return zeroStep()
	}
	for step.Sign() > 0 && numeric.Cmp(v, to) <= 0 || step.Sign() < 0 && numeric.Cmp(v, to) >= 0 {
		if out.Len() >= maxSeries || out.Cols[0].Len() > 0 && len(out.Cols[0].Data) > math.MaxInt32 {
			return seriesTooLong()
		}
		if out.Len()%checkRows == 0 {
			c.check()
		}
		addRow(out, types.NewDecimal(v))
		var err error
		if v, err = numeric.Add(v, step); err != nil {
			return err
		}
	}
	return nil
}

// timeSeries steps from one time to the next, so that the day of the month, once cut to a shorter month, stays.
func timeSeries(zoned bool) srfRows {
	return func(c *Ctx, a []types.Datum, out *batch.Batch) error {
		v, to := a[0].Int(), a[1].Int()
		step := datetime.IntervalFromImage(a[2].Bytes())
		sign := step.Cmp(datetime.Interval{})
		if sign == 0 {
			return zeroStep()
		}
		for sign > 0 && v <= to || sign < 0 && v >= to {
			if out.Len() >= maxSeries {
				return seriesTooLong()
			}
			if out.Len()%checkRows == 0 {
				c.check()
			}
			addRow(out, types.NewInt(v))
			var err error
			if zoned {
				v, err = datetime.AddIntervalTZ(c.config().TimeZone, v, step)
			} else {
				v, err = datetime.AddInterval(v, step)
			}
			if err != nil {
				return err
			}
			if !datetime.Finite(v) {
				return seriesTooLong() // an infinity never ends
			}
		}
		return nil
	}
}
