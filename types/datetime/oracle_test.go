package datetime

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/sqlerr"
)

// oracle evaluates the operations of testdata/arith.tsv.
type oracle struct {
	t   *testing.T
	in  Input
	err error // of reading an operand
}

func (o *oracle) interval(s string) Interval {
	o.t.Helper()
	v, err := ParseInterval(s, AllFields, "postgres")
	if err != nil {
		o.t.Fatal(err)
	}
	return v
}

func (o *oracle) stamp(s string) int64 {
	o.t.Helper()
	us, err := ParseTimestamp(o.in, s)
	if err != nil {
		o.t.Fatal(err)
	}
	return us
}

func (o *oracle) zoned(s string) int64 {
	o.t.Helper()
	us, err := ParseTimestamptz(o.in, s)
	if err != nil {
		o.err = err
	}
	return us
}

var iso = Style{Format: "ISO", Order: "MDY"}

func (o *oracle) tz(us int64) string   { return string(AppendTimestamptz(nil, iso, o.in.Loc, us)) }
func (o *oracle) ts(us int64) string   { return string(AppendTimestamp(nil, iso, us)) }
func (o *oracle) iv(v Interval) string { return string(v.AppendText(nil, "postgres")) }
func (o *oracle) unit(s string) Unit   { u, _ := ParseUnit(s); return u }
func (o *oracle) float(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		o.t.Fatal(err)
	}
	return f
}

// do computes one operation.
func (o *oracle) do(op, a, b string) (string, error) {
	switch op {
	case "addts":
		us, err := AddInterval(o.stamp(a), o.interval(b))
		return o.ts(us), err
	case "addtz":
		us, err := AddIntervalTZ(o.in.Loc, o.zoned(a), o.interval(b))
		return o.tz(us), err
	case "subts":
		v, err := SubTimestamps(o.stamp(a), o.stamp(b))
		return o.iv(v), err
	case "subtz":
		v, err := SubTimestamps(o.zoned(a), o.zoned(b))
		return o.iv(v), err
	case "age":
		v, err := Age(o.stamp(a), o.stamp(b))
		return o.iv(v), err
	case "truncts":
		us, ok, err := Trunc(o.unit(a), o.stamp(b))
		return o.trunc(o.ts(us), a, "timestamp without time zone", ok, err)
	case "trunctz":
		us, ok, err := TruncTZ(o.unit(a), o.in.Loc, o.zoned(b))
		return o.trunc(o.tz(us), a, "timestamp with time zone", ok, err)
	case "trunciv":
		v, ok := TruncInterval(o.unit(a), o.interval(b))
		return o.trunc(o.iv(v), a, "interval", ok, nil)
	case "bin":
		stride, origin, _ := strings.Cut(a, "|")
		us, err := Bin(o.interval(stride), o.stamp(b), o.stamp(origin))
		return o.ts(us), err
	case "style":
		v, err := ParseInterval(b, AllFields, a)
		return string(v.AppendText(nil, a)), err
	case "dstyle":
		return o.styled(a, b)
	}
	return o.intervalOp(op, a, b)
}

func (o *oracle) trunc(text, unit, typ string, ok bool, err error) (string, error) {
	if ok {
		return text, err
	}
	return "", TruncError(unit, typ)
}

func (o *oracle) intervalOp(op, a, b string) (string, error) {
	var v Interval
	var err error
	switch op {
	case "addiv":
		v, err = o.interval(a).Add(o.interval(b))
	case "subiv":
		v, err = o.interval(a).Sub(o.interval(b))
	case "cmpiv":
		return strconv.Itoa(o.interval(a).Cmp(o.interval(b))), nil
	case "muliv":
		v, err = o.interval(a).Mul(o.float(b))
	case "diviv":
		v, err = o.interval(a).Div(o.float(b))
	case "negiv":
		v, err = o.interval(a).Neg()
	case "justify":
		switch a {
		case "hours":
			v, err = o.interval(b).JustifyHours()
		case "days":
			v, err = o.interval(b).JustifyDays()
		default:
			v, err = o.interval(b).Justify()
		}
	default:
		o.t.Fatalf("unknown operation %s", op)
	}
	return o.iv(v), err
}

// styled reads and writes one text as date, timestamp and timestamptz under a DateStyle.
func (o *oracle) styled(style, s string) (string, error) {
	format, order, _ := strings.Cut(style, ", ")
	st, in := Style{format, order}, o.in
	in.Order = order
	d, err := ParseDate(in, s)
	if err != nil {
		return "", err
	}
	ts, err := ParseTimestamp(in, s)
	if err != nil {
		return "", err
	}
	tz, err := ParseTimestamptz(in, s)
	if err != nil {
		return "", err
	}
	out := append(AppendDate(nil, st, d), '|')
	out = append(AppendTimestamp(out, st, ts), '|')
	return string(AppendTimestamptz(out, st, in.Loc, tz)), nil
}

// TestArithmetic compares results and errors with PostgreSQL's.
func TestArithmetic(t *testing.T) {
	b, err := os.ReadFile("testdata/arith.tsv")
	if err != nil {
		t.Fatal(err)
	}
	loc, err := LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	o := &oracle{t: t, in: Input{Order: "MDY", Loc: loc}}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) < 5 {
			continue
		}
		want := f[4]
		if f[3] == "err" {
			want = f[4] + ": " + f[5]
		}
		o.err = nil
		got, err := o.do(f[0], f[1], f[2])
		if o.err != nil {
			err = o.err
		}
		if err != nil {
			got = fmt.Sprintf("%s: %s", sqlerr.From(err).Code, sqlerr.From(err).Message)
		}
		if got != want {
			t.Errorf("%s(%s, %s)\n got %s\nwant %s", f[0], f[1], f[2], got, want)
		}
	}
}
