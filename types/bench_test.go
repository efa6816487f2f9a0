package types_test

import (
	"math/rand/v2"
	"testing"

	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/datetime"
	"github.com/streamsql/streamsql/types/numeric"
)

// benchValues are typical values of the types that hot paths see.
func benchValues() map[types.Kind][]types.Datum {
	r := rand.New(rand.NewPCG(1, 1))
	m := map[types.Kind][]types.Datum{}
	for range 1024 {
		m[types.Int8] = append(m[types.Int8], types.NewInt(r.Int64N(1<<40)))
		m[types.Float8] = append(m[types.Float8], types.NewFloat(float64(r.IntN(1e6))/100))
		m[types.Text] = append(m[types.Text], types.NewString("customer#000000123"))
		m[types.Timestamptz] = append(m[types.Timestamptz], types.NewInt(r.Int64N(1<<50)))
		m[types.Date] = append(m[types.Date], types.NewInt(r.Int64N(10000)))
		m[types.Numeric] = append(m[types.Numeric], types.NewDecimal(numeric.New(r.Int64N(1e9), 2)))
	}
	return m
}

func benchmark(b *testing.B, f func(dst []byte, t types.Type, d types.Datum) []byte) {
	for k, ds := range benchValues() {
		b.Run(types.Of(k).String(), func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 64)
			for i := 0; b.Loop(); i++ {
				buf = f(buf[:0], types.Of(k), ds[i&1023])
			}
		})
	}
}

func BenchmarkAppendKey(b *testing.B) {
	benchmark(b, func(dst []byte, t types.Type, d types.Datum) []byte { return types.AppendKey(dst, t, d, false, false) })
}

func BenchmarkAppendText(b *testing.B) {
	cfg := types.DefaultConfig()
	benchmark(b, func(dst []byte, t types.Type, d types.Datum) []byte { return types.AppendText(dst, cfg, t, d) })
}

func BenchmarkAppendBinary(b *testing.B) { benchmark(b, types.AppendBinary) }

// TestNoAllocations: keys, text and binary of the common types are made without allocating.
func TestNoAllocations(t *testing.T) {
	cfg := types.DefaultConfig()
	buf := make([]byte, 0, 256)
	for k, ds := range benchValues() {
		typ := types.Of(k)
		n := testing.AllocsPerRun(100, func() {
			buf = types.AppendKey(buf[:0], typ, ds[0], true, false)
			buf = types.AppendText(buf[:0], cfg, typ, ds[0])
			buf = types.AppendBinary(buf[:0], typ, ds[0])
		})
		if n > 0 {
			t.Errorf("%s: %v allocations a value", typ, n)
		}
	}
}

func BenchmarkNumeric(b *testing.B) {
	x, y := numeric.New(123456, 2), numeric.New(5, 2)
	b.Run("add", func(b *testing.B) {
		for b.Loop() {
			x, _ = numeric.Add(numeric.New(123456, 2), y)
		}
	})
	b.Run("mul", func(b *testing.B) {
		for b.Loop() {
			x, _ = numeric.Mul(numeric.New(123456, 2), y)
		}
	})
	b.Run("div", func(b *testing.B) {
		for b.Loop() {
			x, _ = numeric.Div(numeric.New(123456, 2), numeric.New(700, 2))
		}
	})
	b.Logf("last result %s", x)
}

func BenchmarkParseTimestamp(b *testing.B) {
	in := datetime.Input{Order: "MDY"}
	for b.Loop() {
		if _, err := datetime.ParseTimestamp(in, "2024-02-29 12:34:56.789"); err != nil {
			b.Fatal(err)
		}
	}
}
