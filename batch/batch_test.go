package batch_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/typestest"
)

func random(t testing.TB) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("STREAMSQL_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("run again: STREAMSQL_SEED=%d go test ./batch -run '%s'", seed, t.Name())
		}
	})
	return rand.New(rand.NewPCG(seed, 2))
}

// randomBatch has columns of random types and few different rows, so that weights add up.
func randomBatch(r *rand.Rand, n int) *batch.Batch {
	all := typestest.Types()
	ts := make([]types.Type, 1+r.IntN(10))
	for i := range ts {
		ts[i] = all[r.IntN(len(all))]
	}
	b := batch.New(ts, n)
	var rows [][]types.Datum
	for range n {
		if len(rows) == 0 || r.IntN(3) == 0 {
			rows = append(rows, typestest.Row(r, ts))
		}
		b.AppendRow(rows[r.IntN(len(rows))], int64(r.IntN(5)-2))
	}
	return b
}

// model is the multiset of images.
func model(b *batch.Batch) map[string]int64 {
	m := map[string]int64{}
	for i := range b.Len() {
		k := string(b.AppendImage(nil, i, nil))
		if m[k] += b.W[i]; m[k] == 0 {
			delete(m, k)
		}
	}
	return m
}

func sameModel(a, b map[string]int64) bool {
	if len(a) != len(b) {
		return false
	}
	for k, w := range a {
		if b[k] != w {
			return false
		}
	}
	return true
}

// TestConsolidate: the result is the multiset, each row once, none with weight 0; every operation keeps it.
func TestConsolidate(t *testing.T) {
	r := random(t)
	for step := range 300 {
		b := randomBatch(r, r.IntN(80))
		want := model(b)
		c := b.Consolidate()
		if got := model(c); !sameModel(got, want) || c.Len() != len(want) {
			t.Fatalf("step %d: %d rows, want %d\n%s\nfrom\n%s", step, c.Len(), len(want), c, b)
		}
		if !batch.Equal(b, c) || !batch.Equal(c, b) {
			t.Fatalf("step %d: not equal to its consolidation", step)
		}
		d := b.Clone()
		d.Append(b.Negate())
		if d.Consolidate().Len() != 0 {
			t.Fatalf("step %d: b - b is not empty:\n%s", step, d.Consolidate())
		}
		if b.Len() > 0 {
			d = b.Clone()
			d.W[r.IntN(d.Len())]++
			if batch.Equal(b, d) {
				t.Fatalf("step %d: equal to another multiset", step)
			}
		}
	}
}

// TestImages: images read back, whole and by column, and damaged ones are refused or read as something, never a panic.
func TestImages(t *testing.T) {
	r := random(t)
	var reader batch.ImageReader
	for step := range 200 {
		b := randomBatch(r, 1+r.IntN(20))
		ts := b.Types()
		out := batch.New(ts, 0)
		for i := range b.Len() {
			img := b.AppendImage([]byte("x"), i, nil)[1:]
			if same := batch.AppendRowImage(nil, ts, b.AppendRowTo(nil, i)); !bytes.Equal(same, img) {
				t.Fatalf("step %d: image of the row %x, of the datums %x", step, img, same)
			}
			rest, err := out.AppendFromImage(append(img, 0xAB), b.W[i])
			if err != nil || !bytes.Equal(rest, []byte{0xAB}) {
				t.Fatalf("step %d: rest %x, %v", step, rest, err)
			}
			if err := reader.Reset(ts, img); err != nil {
				t.Fatal(err)
			}
			for _, k := range r.Perm(len(ts)) {
				d, err := reader.Datum(k)
				want := b.Cols[k].Datum(i)
				if err != nil || d.IsNull() != want.IsNull() || d.Int() != want.Int() || !bytes.Equal(d.Bytes(), want.Bytes()) {
					t.Fatalf("step %d: column %d of %x: got %v, %v", step, k, img, d, err)
				}
			}
			only(t, r, b, i, img)
			damage(r, b, img)
		}
		if !batch.Equal(b, out) {
			t.Fatalf("step %d: got\n%s\nwant\n%s", step, out, b)
		}
	}
}

// only decodes some columns of row i: the others are NULL.
func only(t *testing.T, r *rand.Rand, b *batch.Batch, i int, img []byte) {
	t.Helper()
	cols := make([]bool, r.IntN(len(b.Cols)+1))
	want := b.AppendRowTo(nil, i)
	for k := range want {
		if k < len(cols) && r.IntN(2) == 0 {
			cols[k] = true
		} else {
			want[k] = types.Null
		}
	}
	out := batch.New(b.Types(), 0)
	if err := out.AppendFromImageOnly(img, cols, 3); err != nil {
		t.Fatal(err)
	}
	w := batch.New(b.Types(), 0)
	w.AppendRow(want, 3)
	if !batch.Equal(out, w) {
		t.Fatalf("columns %v of %x: got %s, want %s", cols, img, out, w)
	}
}

// damage decodes broken forms of an image; a row that is refused leaves the batch as it was.
func damage(r *rand.Rand, b *batch.Batch, img []byte) {
	broken := slices.Clone(img[:r.IntN(len(img)+1)])
	if len(broken) > 0 {
		broken[r.IntN(len(broken))] ^= byte(1 << r.IntN(8))
	}
	out := batch.New(b.Types(), 0)
	if _, err := out.AppendFromImage(broken, 1); err != nil && out.String() != "" {
		panic(fmt.Sprintf("a refused image left %q", out.String()))
	}
	cols := make([]bool, len(b.Cols))
	for k := range cols {
		cols[k] = r.IntN(2) == 0
	}
	if err := out.AppendFromImageOnly(broken, cols, 1); err != nil && out.Len() > 1 {
		panic(fmt.Sprintf("a refused image left %q", out.String()))
	}
	var reader batch.ImageReader
	if reader.Reset(b.Types(), broken) == nil {
		for k := range b.Cols {
			if _, err := reader.Datum(k); err != nil {
				return
			}
		}
	}
}

// TestRows: selecting, projecting, appending and truncating agree with doing it row by row.
func TestRows(t *testing.T) {
	r := random(t)
	for step := range 200 {
		b := randomBatch(r, 1+r.IntN(150))
		var rows []int32
		want := batch.New(b.Types(), 0)
		for range r.IntN(100) {
			i := r.IntN(b.Len())
			rows = append(rows, int32(i))
			want.AppendFrom(b, i, b.W[i])
		}
		got := b.Select(rows)
		if got.String() != want.String() {
			t.Fatalf("step %d: select: got\n%s\nwant\n%s", step, got, want)
		}
		i := r.IntN(b.Len())
		j := i + r.IntN(b.Len()-i+1)
		got.AppendRange(b, i, j)
		for k := i; k < j; k++ {
			want.AppendFrom(b, k, b.W[k])
		}
		if got.String() != want.String() {
			t.Fatalf("step %d: append: got\n%s\nwant\n%s", step, got, want)
		}
		n := r.IntN(got.Len() + 1)
		for _, c := range got.Cols {
			c.Truncate(n)
		}
		got.W = got.W[:n]
		got.AppendRange(b, i, j)
		short := batch.New(b.Types(), 0)
		short.AppendRange(want, 0, n)
		short.AppendRange(b, i, j)
		if got.String() != short.String() {
			t.Fatalf("step %d: truncate to %d: got\n%s\nwant\n%s", step, n, got, short)
		}
		cols := r.Perm(len(b.Cols))[:1+r.IntN(len(b.Cols))]
		p := b.Project(cols)
		if !bytes.Equal(p.AppendImage(nil, 0, nil), b.AppendImage(nil, 0, cols)) {
			t.Fatalf("step %d: project %v", step, cols)
		}
	}
}

func TestErrors(t *testing.T) {
	div := sqlerr.New(sqlerr.DivisionByZero, "division by zero")
	b := batch.New([]types.Type{types.Of(types.Int4)}, 0)
	known := func(v int64, w int64) batch.ErrRow {
		return batch.ErrRow{Err: div, Cols: []types.Datum{types.NewInt(v)}, Known: []bool{true}, W: w}
	}
	b.Errs = []batch.ErrRow{known(1, 1), known(2, 1), known(1, -1), {Err: div, W: 1}, {Err: sqlerr.New(sqlerr.DivisionByZero, "division by zero"), W: 2}}
	c := b.Consolidate()
	if len(c.Errs) != 2 || c.Errs[0].Cols[0].Int() != 2 || c.Errs[1].W != 3 {
		t.Errorf("got %+v", c.Errs)
	}
	if want := "+1 error 22012 division by zero\n+3 error 22012 division by zero\n"; c.String() != want {
		t.Errorf("got %q, want %q", c.String(), want)
	}
}

// TestText: the text form reads back.
func TestText(t *testing.T) {
	ts := []types.Type{types.Of(types.Int4), types.Of(types.Text), types.Of(types.Numeric), types.Of(types.Bool), types.ArrayOf(types.Of(types.Int4))}
	const text = `+1 (1, 'o''hara, esq.', 1.50, true, '{1,NULL}')
-2 (NULL, NULL, NaN, false, NULL)
+1 error 22012 division by zero
`
	b, err := batch.Parse(ts, "# a comment\n\n"+text)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != text {
		t.Errorf("got\n%swant\n%s", b, text)
	}
	for _, bad := range []string{"1", "+1 1, 2", "+1 (1)", "+x ()", "+1 (1, 'a, 1, true, NULL)", "+1 (1,'a',1,true,NULL,5)", "+1 (x,'a',1,true,NULL)"} {
		if _, err := batch.Parse(ts, bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// TestOrderKey: the key of several columns orders as the columns do, one after the other.
func TestOrderKey(t *testing.T) {
	r := random(t)
	for range 300 {
		b := randomBatch(r, 10)
		var cols []batch.KeyCol
		for c := range b.Cols {
			cols = append(cols, batch.KeyCol{Col: c, Desc: r.IntN(2) == 0, NullsFirst: r.IntN(2) == 0})
		}
		for i := range b.Len() {
			var want []byte
			for _, k := range cols {
				v := b.Cols[k.Col]
				want = types.AppendKey(want, v.Type, v.Datum(i), k.Desc, k.NullsFirst)
			}
			if got := b.AppendOrderKey(nil, i, cols); !bytes.Equal(got, want) {
				t.Fatalf("got %x, want %x", got, want)
			}
		}
	}
}

func FuzzAppendFromImage(f *testing.F) {
	f.Add([]byte{0, 2, 1, 'a'})
	ts := []types.Type{types.Of(types.Int8), types.Of(types.Text), types.Of(types.Float8)}
	f.Fuzz(func(t *testing.T, img []byte) {
		b := batch.New(ts, 1)
		rest, err := b.AppendFromImage(img, 1)
		if err != nil {
			if b.Len() != 0 || b.Cols[0].Len() != 0 {
				t.Errorf("a refused image left a row")
			}
			return
		}
		if len(rest) > len(img) || b.Len() != 1 {
			t.Errorf("rest %x", rest)
		}
	})
}

func benchBatch(n, distinct int) *batch.Batch {
	r := rand.New(rand.NewPCG(1, 1))
	b := batch.New([]types.Type{types.Of(types.Int8), types.Of(types.Text), types.Of(types.Timestamptz)}, n)
	for range n {
		k := int64(r.IntN(distinct))
		b.AppendRow([]types.Datum{types.NewInt(k), types.NewString("customer#" + strconv.Itoa(int(k))), types.NewInt(k * 1e6)}, 1)
	}
	return b
}

func BenchmarkAppendImage(b *testing.B) {
	x := benchBatch(1024, 1024)
	buf := make([]byte, 0, 128)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		buf = x.AppendImage(buf[:0], i&1023, nil)
	}
}

func BenchmarkAppendFromImage(b *testing.B) {
	x := benchBatch(1, 1)
	img := x.AppendImage(nil, 0, nil)
	out := batch.New(x.Types(), 1024)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i&1023 == 0 {
			out.Reset()
		}
		if _, err := out.AppendFromImage(img, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkConsolidate(b *testing.B) {
	for _, distinct := range []int{10, 4096, 1 << 30} {
		b.Run(strconv.Itoa(distinct), func(b *testing.B) {
			x := benchBatch(4096, distinct)
			b.ReportAllocs()
			for b.Loop() {
				x.Consolidate()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/row")
		})
	}
}
