package numeric

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/sqlerr"
)

func must(t *testing.T, s string) Decimal {
	t.Helper()
	d, err := Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var binaryOps = map[string]func(a, b Decimal) (Decimal, error){
	"add": Add, "sub": Sub, "mul": Mul, "div": Div, "mod": Mod, "divtrunc": DivTrunc, "power": Power, "log": Log, "lcm": LCM,
	"gcd": func(a, b Decimal) (Decimal, error) { return GCD(a, b), nil },
	"cmp": func(a, b Decimal) (Decimal, error) {
		c := Cmp(a, b)
		return FromInt(int64(max(min(c, 1), -1))), nil
	},
}

var unaryOps = map[string]func(Decimal) (Decimal, error){
	"sqrt": Sqrt, "ln": Ln, "exp": Exp,
	"floor":      func(a Decimal) (Decimal, error) { return a.Floor(), nil },
	"ceil":       func(a Decimal) (Decimal, error) { return a.Ceil(), nil },
	"trim_scale": func(a Decimal) (Decimal, error) { return a.TrimScale(), nil },
	"abs":        func(a Decimal) (Decimal, error) { return a.Abs(), nil },
	"neg":        func(a Decimal) (Decimal, error) { return a.Neg(), nil },
}

// compute is what the test asks PostgreSQL for; false for the operations that other tests check.
func compute(t *testing.T, op, x, y string) (string, bool, error) {
	if f := binaryOps[op]; f != nil {
		d, err := f(must(t, x), must(t, y))
		return d.String(), true, err
	}
	if f := unaryOps[op]; f != nil {
		d, err := f(must(t, x))
		return d.String(), true, err
	}
	switch op {
	case "round", "trunc":
		n, err := strconv.Atoi(y)
		if err != nil {
			t.Fatal(err)
		}
		if op == "round" {
			return must(t, x).Round(n).String(), true, nil
		}
		return must(t, x).Trunc(n).String(), true, nil
	case "fromfloat8":
		f, err := strconv.ParseFloat(x, 64)
		return FromFloat64(f).String(), true, err
	case "fromfloat4":
		f, err := strconv.ParseFloat(x, 32)
		return FromFloat32(f).String(), true, err
	}
	return "", false, nil
}

// TestArithmetic compares results, their scales and the errors with PostgreSQL's.
func TestArithmetic(t *testing.T) {
	b, err := os.ReadFile("testdata/arith.tsv")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) < 5 {
			continue
		}
		got, ok, err := compute(t, f[0], f[1], f[2])
		if !ok {
			continue
		}
		n++
		want := f[4]
		if f[3] == "err" {
			want = f[4] + ": " + f[5]
		}
		if err != nil {
			got = fmt.Sprintf("%s: %s", sqlerr.From(err).Code, sqlerr.From(err).Message)
		}
		if got != want {
			t.Errorf("%s(%s, %s)\n got %.200s\nwant %.200s", f[0], f[1], f[2], got, want)
		}
	}
	if n < 5000 {
		t.Errorf("only %d operations were checked", n)
	}
}
