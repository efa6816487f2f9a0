package engine

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

type datums = []types.Datum

// shelf is a store that is filled by hand: what a reader of an engine sees.
type shelf struct {
	t    testing.TB
	e    *Engine
	cat  *catalog.Catalog
	rows map[catalog.ID][]datums
	sn   *Snapshot
	tick storage.Tick
}

func newShelf(t testing.TB) *shelf {
	s := &shelf{t: t, e: &Engine{store: storage.NewTemp(nil)}, cat: catalog.New(), rows: map[catalog.ID][]datums{}}
	t.Cleanup(func() {
		if s.sn != nil {
			s.sn.Store.Close()
		}
		if err := s.e.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// change makes a tick and the snapshot of it.
func (s *shelf) change(f func()) {
	s.tick++
	s.e.store.Begin(s.tick)
	f()
	s.e.store.Publish(s.e.store.Seal())
	if s.sn != nil {
		s.sn.Store.Close()
	}
	s.sn = &Snapshot{Tick: s.tick, Catalog: s.cat, Store: s.e.store.Pin()}
}

func columns(spec string) (out []catalog.Column) {
	kinds := map[string]types.Kind{"int": types.Int4, "bigint": types.Int8, "text": types.Text, "float": types.Float8}
	for _, c := range strings.Split(spec, ", ") {
		name, kind, _ := strings.Cut(c, " ")
		out = append(out, catalog.Column{Name: name, Type: types.Of(kinds[kind])})
	}
	return out
}

func (s *shelf) table(name, cols string, pk []int, rows []datums) *catalog.Table {
	t := &catalog.Table{ID: s.cat.NextID, Schema: "public", Name: name, Columns: columns(cols), PrimaryKey: pk, PrimaryKeyName: name + "_pkey"}
	for _, c := range pk {
		t.Columns[c].NotNull = true
	}
	s.change(func() {
		t.Tree = s.e.store.Create(storage.Spec{Ordered: true, Published: true, Put: true})
		var c storage.Changes
		ts := appendTypes(nil, t, nil)
		for _, r := range rows {
			c.Add(orderKey(nil, ts, appendTreeKey(nil, t, nil), r), batch.AppendRowImage(nil, ts, r), 1)
		}
		s.e.store.Map(t.Tree).Apply(&c)
		s.cat, s.rows[t.ID] = s.cat.With(t), rows
	})
	return t
}

// view takes a row twice if it stands in rows twice.
func (s *shelf) view(name, cols string, order []catalog.IndexColumn, rows []datums) *catalog.View {
	v := &catalog.View{ID: s.cat.NextID, Schema: "public", Name: name, Columns: columns(cols), Materialized: true, Params: 1, Order: order, Query: "SELECT 1"}
	s.change(func() {
		v.Tree = s.multiset(appendTypes(nil, nil, v), order, rows)
		v.Errors = s.e.store.Create(storage.Spec{Ordered: true, Published: true})
		s.cat, s.rows[v.ID] = s.cat.With(v), rows
	})
	return v
}

func (s *shelf) index(name string, on catalog.ID, ts []types.Type, cols []catalog.IndexColumn) {
	s.change(func() {
		x := &catalog.Index{ID: s.cat.NextID, Name: name, Schema: "public", On: on, Columns: cols}
		x.Tree = s.multiset(ts, cols, s.rows[on])
		s.cat = s.cat.With(x)
	})
}

func (s *shelf) multiset(ts []types.Type, cols []catalog.IndexColumn, rows []datums) storage.ID {
	id := s.e.store.Create(storage.Spec{Ordered: true, Published: true})
	var c storage.Changes
	for _, r := range rows {
		c.Add(batch.AppendRowImage(orderKey(nil, ts, appendIndexKey(nil, cols), r), ts, r), nil, 1)
	}
	s.e.store.Map(id).Apply(&c)
	return id
}

func orderKey(dst []byte, ts []types.Type, key []operators.OrderCol, r datums) []byte {
	for _, k := range key {
		dst = types.AppendKey(dst, ts[k.Col], r[k.Col], k.Desc, k.NullsFirst)
	}
	return dst
}

func (s *shelf) plan(sql string) *planner.Query {
	s.t.Helper()
	stmts, err := parser.Parse(sql)
	if err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	q, err := planner.PlanQuery(&planner.Env{Catalog: s.cat, Config: types.DefaultConfig(), SearchPath: []string{"public"}}, stmts[0].Stmt.(*ast.Query))
	if err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	return q
}

func evalCtx(params ...types.Datum) *expr.Ctx {
	return &expr.Ctx{Config: types.DefaultConfig(), Params: params}
}

// read runs a plan to its end and gives its rows as images, copies repeated.
func (s *shelf) read(own *Writes, q *physical.Query, params ...types.Datum) ([]string, error) {
	rows, err := s.e.Query(context.Background(), Reading{Snapshot: s.sn, Own: own}, q, evalCtx(params...))
	if err != nil {
		return nil, err
	}
	defer func() {
		rows.Close()
		rows.Close()
		if b, err := rows.Next(context.Background()); b != nil || err != nil {
			s.t.Errorf("after Close: %v, %v", b, err)
		}
	}()
	var out []string
	for {
		b, err := rows.Next(context.Background())
		if b == nil || err != nil {
			return out, err
		}
		if b.Len() == 0 || len(b.Errs) > 0 || len(b.Cols) != q.Visible {
			s.t.Fatalf("batch of %d rows, %d errors, %d columns", b.Len(), len(b.Errs), len(b.Cols))
		}
		for i, w := range b.W {
			for ; w > 0; w-- {
				out = append(out, string(b.AppendImage(nil, i, nil)))
			}
		}
	}
}

// naive computes a plan by loops over rows.
func (s *shelf) naive(n physical.Node, params datums) []datums {
	at := func(e expr.Expr, r datums) types.Datum {
		d, err := expr.EvalRow(evalCtx(params...), e, r)
		if err != nil {
			s.t.Fatal(err)
		}
		return d
	}
	yes := func(d types.Datum) bool { return !d.IsNull() && d.Int() != 0 }
	var out []datums
	switch n := n.(type) {
	case *physical.Scan:
		return s.rows[n.Relation]
	case *physical.Constant:
		return n.Rows
	case *physical.Filter:
		for _, r := range s.naive(n.In, params) {
			if yes(at(n.Pred, r)) {
				out = append(out, r)
			}
		}
	case *physical.Project:
		for _, r := range s.naive(n.In, params) {
			p := make(datums, len(n.Exprs))
			for i, e := range n.Exprs {
				p[i] = at(e, r)
			}
			out = append(out, p)
		}
	case *physical.Union:
		for _, in := range n.Ins {
			out = append(out, s.naive(in, params)...)
		}
	case *physical.Distinct:
		seen := map[string]bool{}
		for _, r := range s.naive(n.In, params) {
			if image := string(batch.AppendRowImage(nil, n.Types(), r)); !seen[image] {
				seen[image] = true
				out = append(out, r)
			}
		}
	case *physical.Join:
		return s.naiveJoin(n, s.naive(n.L.In, params), s.naive(n.R.In, params), func(e expr.Expr, r datums) bool { return yes(at(e, r)) })
	case *physical.Reduce:
		return naiveReduce(n, s.naive(n.In, params))
	default:
		s.t.Fatalf("no naive %T", n)
	}
	return out
}

func (s *shelf) naiveJoin(n *physical.Join, left, right []datums, holds func(expr.Expr, datums) bool) (out []datums) {
	lt, rt := n.L.Types(), n.R.Types()
	hit := make([]bool, len(right))
	for _, l := range left {
		found := false
		for i, r := range right {
			ok := true
			for k := range n.Keys {
				a, b := l[n.L.Key[k]], r[n.R.Key[k]]
				ok = ok && !a.IsNull() && !b.IsNull() && types.Compare(lt[n.L.Key[k]], a, b) == 0
			}
			both := append(slices.Clone(l), r...)
			if !ok || n.Residual != nil && !holds(n.Residual, both) {
				continue
			}
			found, hit[i] = true, true
			if n.Kind <= physical.Full {
				out = append(out, both)
			}
		}
		switch {
		case n.Kind == physical.Semi && found, n.Kind == physical.Anti && !found:
			out = append(out, l)
		case (n.Kind == physical.Left || n.Kind == physical.Full) && !found:
			out = append(out, append(slices.Clone(l), make(datums, len(rt))...))
		}
	}
	for i, r := range right {
		if n.Kind == physical.Full && !hit[i] {
			out = append(out, append(make(datums, len(lt)), r...))
		}
	}
	return out
}

// naiveReduce knows count(*), and sum and max of integers in a column.
func naiveReduce(n *physical.Reduce, rows []datums) (out []datums) {
	ts := n.In.Types()
	groups := map[string][]datums{}
	if n.Scalar {
		groups[""] = nil
	}
	for _, r := range rows {
		var key []byte
		for _, k := range n.Keys {
			key = types.AppendKey(key, ts[k], r[k], false, false)
		}
		groups[string(key)] = append(groups[string(key)], r)
	}
	for _, g := range groups {
		var o datums
		for _, k := range n.Keys {
			o = append(o, g[0][k])
		}
		for _, a := range n.Aggs {
			d := types.Null
			if a.Fn.Name == "count" {
				d = types.NewInt(int64(len(g)))
			}
			for _, r := range g {
				if a.Fn.Name == "count" || r[a.Args[0].(*expr.Col).ID].IsNull() {
					continue
				}
				x := r[a.Args[0].(*expr.Col).ID].Int()
				switch {
				case d.IsNull():
					d = types.NewInt(x)
				case a.Fn.Name == "sum":
					d = types.NewInt(d.Int() + x)
				case a.Fn.Name == "max":
					d = types.NewInt(max(d.Int(), x))
				}
			}
			o = append(o, d)
		}
		out = append(out, o)
	}
	return out
}

// want is the naive result of a query: in total order if it has one, and cut.
func (s *shelf) want(q *physical.Query, params datums) []string {
	ts := q.Root.Types()
	type keyed struct {
		key, entry string
		r          datums
	}
	var rows []keyed
	for _, r := range s.naive(q.Root, params) {
		key := orderKey(nil, ts, sortOrder(q.Order), r)
		rows = append(rows, keyed{string(key), string(batch.AppendRowImage(bytes.Clone(key), ts, r)), r})
	}
	slices.SortFunc(rows, func(a, b keyed) int { return cmp.Compare(a.entry, b.entry) })
	if len(q.Order) > 0 {
		w, err := windowOf(q, evalCtx(params...))
		if err != nil {
			s.t.Fatal(err)
		}
		from := min(int(w.skip), len(rows))
		to := len(rows)
		if w.left >= 0 {
			to = min(from+int(w.left), len(rows))
			for w.ties && w.left > 0 && to > from && to < len(rows) && rows[to].key == rows[to-1].key {
				to++
			}
		}
		rows = rows[from:to]
	}
	var out []string
	for _, r := range rows {
		out = append(out, string(batch.AppendRowImage(nil, ts[:q.Visible], r.r[:q.Visible])))
	}
	return out
}

// check compares a query, by its lookup if it has one and as a dataflow, with the naive result.
func (s *shelf) check(own *Writes, sql string, q *physical.Query, params ...types.Datum) {
	s.t.Helper()
	want := s.want(q, params)
	flow := *q
	flow.Lookup = nil
	for _, q := range []*physical.Query{q, &flow} {
		got, err := s.read(own, q, params...)
		if err != nil {
			s.t.Fatalf("%s %v: %v", sql, params, err)
		}
		if len(q.Order) == 0 {
			w, err := windowOf(q, evalCtx(params...))
			if err != nil {
				s.t.Fatal(err)
			}
			n := max(0, int64(len(want))-w.skip)
			if w.left >= 0 {
				n = min(n, w.left)
			}
			if w.skip > 0 || w.left >= 0 { // any rows of the result
				if int64(len(got)) != n || !subset(got, want) {
					s.t.Fatalf("%s %v (lookup: %v): got %d rows, want any %d of\n%q\ngot\n%q", sql, params, q.Lookup != nil, len(got), n, want, got)
				}
				continue
			}
			want = slices.Clone(want)
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			s.t.Fatalf("%s %v (lookup: %v):\ngot  %q\nwant %q", sql, params, q.Lookup != nil, got, want)
		}
	}
}

func subset(some, all []string) bool {
	left := map[string]int{}
	for _, x := range all {
		left[x]++
	}
	for _, x := range some {
		if left[x]--; left[x] < 0 {
			return false
		}
	}
	return true
}

func intOrNull(rnd *rand.Rand, n int) types.Datum {
	if rnd.Intn(8) == 0 {
		return types.Null
	}
	return types.NewInt(int64(rnd.Intn(n)) - int64(n/3))
}

func textOrNull(rnd *rand.Rand) types.Datum {
	if rnd.Intn(8) == 0 {
		return types.Null
	}
	return types.NewString([]string{"", "a", "ab", "b", "\xff", "a\x00b"[:1]}[rnd.Intn(6)])
}

// tumble makes a table of n rows with a key of two columns and indexes in all directions, and a view with copies of rows.
func tumble(t testing.TB, rnd *rand.Rand, n int) *shelf {
	s := newShelf(t)
	var rows, copies []datums
	for i := range n {
		rows = append(rows, datums{types.NewInt(int64(i % 7)), types.NewInt(int64(i) - 5), intOrNull(rnd, 9), textOrNull(rnd), types.NewFloat(float64(rnd.Intn(4)) - 1)})
	}
	for range n {
		r := datums{intOrNull(rnd, 6), intOrNull(rnd, 5), textOrNull(rnd)}
		for range 1 + rnd.Intn(3) {
			copies = append(copies, r)
		}
	}
	tab := s.table("t", "a int, b int, k int, s text, f float", []int{0, 1}, rows)
	ts := appendTypes(nil, tab, nil)
	s.index("t_k", tab.ID, ts, []catalog.IndexColumn{{Col: 2, Desc: true, NullsFirst: true}, {Col: 3}})
	s.index("t_s", tab.ID, ts, []catalog.IndexColumn{{Col: 3, NullsFirst: true}, {Col: 4, Desc: true}})
	v := s.view("v", "k int, n int, s text", []catalog.IndexColumn{{Col: 0}, {Col: 1, Desc: true, NullsFirst: true}}, copies)
	s.index("v_s", v.ID, appendTypes(nil, nil, v), []catalog.IndexColumn{{Col: 2, Desc: true}})
	return s
}

// question makes a random query over one relation.
func question(rnd *rand.Rand) string {
	rel, cols := "t", []string{"a", "b", "k", "s", "f"}
	if rnd.Intn(2) == 0 {
		rel, cols = "v", []string{"k", "n", "s"}
	}
	any := func() string { return cols[rnd.Intn(len(cols))] }
	list := "*"
	switch rnd.Intn(4) {
	case 0:
		list = any() + " AS x, " + any() + " AS y"
	case 1:
		list = any() + " AS x, " + cols[0] + " + 1 AS y"
	}
	var where []string
	for range rnd.Intn(4) {
		c := any()
		v := fmt.Sprint(rnd.Intn(9) - 3)
		if rnd.Intn(3) == 0 {
			v = "$1"
		}
		if c == "s" {
			v = []string{"''", "'a'", "'ab'", "'b'"}[rnd.Intn(4)]
		} else if c == "f" {
			v = fmt.Sprintf("float8 '%d'", rnd.Intn(4)-1)
		}
		where = append(where, c+" "+[]string{"=", "=", "<", "<=", ">", ">=", "<>"}[rnd.Intn(7)]+" "+v)
	}
	sql := "SELECT " + list + " FROM " + rel
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	if rnd.Intn(3) > 0 {
		var order []string
		for range 1 + rnd.Intn(2) {
			order = append(order, rel+"."+any()+[]string{"", " DESC", " NULLS FIRST", " DESC NULLS LAST"}[rnd.Intn(4)])
		}
		sql += " ORDER BY " + strings.Join(order, ", ")
	}
	if rnd.Intn(2) == 0 {
		sql += fmt.Sprint(" LIMIT ", rnd.Intn(30))
	}
	if rnd.Intn(3) == 0 {
		sql += fmt.Sprint(" OFFSET ", rnd.Intn(20))
	}
	return sql
}

func TestLookupsAgreeWithScans(t *testing.T) {
	seed := int64(1)
	rnd := rand.New(rand.NewSource(seed))
	seen := map[string]int{}
	for range 4 {
		s := tumble(t, rnd, 300)
		for range 700 {
			sql := question(rnd)
			q := s.plan(sql)
			var params datums
			for range q.Params {
				params = append(params, intOrNull(rnd, 8))
			}
			s.check(nil, sql, q.Physical, params...)
			if l := q.Physical.Lookup; l != nil {
				for what, is := range map[string]bool{
					"lookup": true, "index": l.Index != 0, "backward": l.Backward, "ties": l.Ties, "range": l.Lo != nil || l.Hi != nil,
					"unsorted": !l.Sorted && len(q.Physical.Order) > 0, "filter": l.Filter != nil, "point": len(l.Eq) == 2 && l.Index == 0,
				} {
					if is {
						seen[what]++
					}
				}
			}
		}
	}
	for _, what := range []string{"lookup", "index", "backward", "ties", "range", "unsorted", "filter", "point"} {
		if seen[what] < 10 {
			t.Errorf("only %d with %s of %v", seen[what], what, seen)
		}
	}
}

func TestOwnWritesAreRead(t *testing.T) {
	rnd := rand.New(rand.NewSource(2))
	s := tumble(t, rnd, 200)
	tab := s.cat.Lookup("public", "t").(*catalog.Table)
	own := s.e.NewWrites()
	rows := slices.Clone(s.rows[tab.ID])
	for i := range 120 {
		var err error
		switch k := rnd.Intn(len(rows)); rnd.Intn(3) {
		case 0:
			r := datums{types.NewInt(int64(rnd.Intn(7))), types.NewInt(int64(1000 + i)), intOrNull(rnd, 9), textOrNull(rnd), types.NewFloat(1)}
			err = own.Insert(tab, r)
			rows = append(rows, r)
		case 1:
			err = own.Delete(tab, rows[k])
			rows = slices.Delete(rows, k, k+1)
		default:
			r := slices.Clone(rows[k])
			r[2], r[3] = intOrNull(rnd, 9), textOrNull(rnd)
			err = own.Update(tab, rows[k], r)
			rows[k] = r
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s.rows[tab.ID] = rows
	for range 700 {
		sql := question(rnd)
		q := s.plan(sql)
		var params datums
		for range q.Params {
			params = append(params, intOrNull(rnd, 8))
		}
		s.check(own, sql, q.Physical, params...)
	}
}

func TestDataflows(t *testing.T) {
	rnd := rand.New(rand.NewSource(3))
	s := tumble(t, rnd, 150)
	for _, sql := range []string{
		"SELECT t.a, t.b, v.n FROM t JOIN v ON t.k = v.k ORDER BY v.n DESC, t.b LIMIT 50",
		"SELECT t.a, v.* FROM t LEFT JOIN v ON t.b = v.k AND v.n > t.k",
		"SELECT * FROM t FULL JOIN v ON t.b = v.k AND v.n > t.k ORDER BY t.a, v.s OFFSET 10",
		"SELECT * FROM t FULL JOIN v ON t.b = v.k",
		"SELECT * FROM t t1 JOIN t t2 ON t1.a = t2.k JOIN v ON v.s = t1.s",
		"SELECT * FROM t WHERE EXISTS (SELECT 1 FROM v WHERE v.k = t.k AND v.n > t.b)",
		"SELECT * FROM t WHERE NOT EXISTS (SELECT 1 FROM v WHERE v.s = t.s)",
		"SELECT k, count(*), sum(n), max(n) FROM v GROUP BY k ORDER BY 2 DESC",
		"SELECT count(*), sum(k) FROM t WHERE a > 100",
		"SELECT x.k, x.c, t.b FROM (SELECT k, count(*) AS c FROM v GROUP BY k) x JOIN t ON t.k = x.k",
		"WITH x AS (SELECT k, count(*) AS c FROM v GROUP BY k) SELECT * FROM x x1 JOIN x x2 ON x1.c = x2.c UNION ALL SELECT 1, 1, 1, 1",
		"SELECT DISTINCT k, s FROM t UNION ALL SELECT k, s FROM v ORDER BY 1 NULLS FIRST, 2 LIMIT 40 OFFSET 20",
		"SELECT k, n FROM v ORDER BY k FETCH FIRST 7 ROWS WITH TIES",
		"SELECT k, n FROM v ORDER BY n DESC OFFSET 3 FETCH FIRST 1 ROWS WITH TIES",
		"SELECT s FROM v ORDER BY n, k LIMIT 0",
		"SELECT t.a FROM t, v LIMIT 10000 OFFSET 5000",
		"SELECT v.k FROM t, v OFFSET 40000",
		"SELECT 1 AS x WHERE false",
		"SELECT a FROM t LIMIT NULL OFFSET NULL",
		"SELECT count(*), sum(k) FROM t WHERE a = 3 AND b > 20 AND b <= 90",
		"SELECT count(*) FROM t WHERE k = 2 AND s >= 'a'",
		"SELECT count(*) FROM t WHERE s = 'ab' AND f < 1 AND 7 > a",
		"SELECT count(*) FROM v WHERE k = 1 AND n < 2",
		"SELECT count(*) FROM v WHERE n = 1 AND s = ''",
		"SELECT count(*) FROM t WHERE k = NULL",
		"SELECT t1.b, t2.b FROM t t1 JOIN t t2 ON t1.k = t2.a WHERE t1.a = 3 AND t2.s = 'b'",
		"SELECT count(*) FROM t WHERE a = 1 UNION ALL SELECT count(*) FROM t WHERE a = 2",
	} {
		s.check(nil, sql, s.plan(sql).Physical)
	}
	for range 200 {
		sql := "SELECT count(*) FROM (" + strings.SplitN(question(rnd), " ORDER", 2)[0] + ") x"
		if strings.Contains(sql, "$1") || strings.Contains(sql, "LIMIT") || strings.Contains(sql, "OFFSET") {
			continue
		}
		s.check(nil, sql, s.plan(sql).Physical)
	}
}

// TestSortKeepsWhatItMay cuts often, and has ties at the cut.
func TestSortKeepsWhatItMay(t *testing.T) {
	rnd := rand.New(rand.NewSource(4))
	var rows []datums
	for i := range 60000 {
		rows = append(rows, datums{types.NewInt(int64(i)), types.NewInt(int64(rnd.Intn(3000)))})
	}
	s := newShelf(t)
	s.table("big", "id int, x int", []int{0}, rows)
	for _, sql := range []string{
		"SELECT x, id FROM big ORDER BY x LIMIT 30 OFFSET 7", "SELECT x FROM big ORDER BY x DESC, id LIMIT 3000",
		"SELECT x FROM big ORDER BY x FETCH FIRST 5000 ROWS WITH TIES", "SELECT id FROM big ORDER BY x % 2 FETCH FIRST ROW WITH TIES",
		"SELECT x % 10 AS y FROM big ORDER BY 1 LIMIT 10",
	} {
		q := s.plan(sql)
		if q.Physical.Lookup != nil {
			t.Errorf("%s is a lookup", sql)
		}
		s.check(nil, sql, q.Physical)
	}
	const keep = 100
	srt := &sorter{ts: types2(), order: []batch.KeyCol{{Col: 0}}, keep: keep}
	for from := 0; from < len(rows); from += 1000 {
		b := batch.New(types2(), 1000)
		for _, r := range rows[from : from+1000] {
			b.AppendRow(r, 1)
		}
		srt.add(b)
		if n := len(srt.ents); n > 6*readRows {
			t.Fatalf("%d entries are kept for %d rows", n, keep)
		}
	}
}

func types2() []types.Type { return []types.Type{types.Of(types.Int4), types.Of(types.Int4)} }

// TestLimitStopsEarly multiplies a table by itself; the whole product would take minutes.
func TestLimitStopsEarly(t *testing.T) {
	var rows []datums
	for i := range 20000 {
		rows = append(rows, datums{types.NewInt(int64(i)), types.NewInt(0)})
	}
	s := newShelf(t)
	s.table("big", "id int, x int", []int{0}, rows)
	q := s.plan("SELECT * FROM big a, big b, big c LIMIT 10")
	got, err := s.read(nil, q.Physical)
	if err != nil || len(got) != 10 {
		t.Fatalf("%d rows, %v", len(got), err)
	}

	// A reader that stops, and one that is cancelled, leave nothing behind.
	q = s.plan("SELECT * FROM big a JOIN (SELECT x, count(*) AS n FROM big GROUP BY x) b ON a.x = b.x, big c")
	before := s.e.store.Resident()
	for range 3 {
		ctx, cancel := context.WithCancel(context.Background())
		r, err := s.e.Query(ctx, Reading{Snapshot: s.sn}, q.Physical, evalCtx())
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if b, err := r.Next(ctx); err != nil || b.Len() == 0 {
				t.Fatal(b, err)
			}
		}
		cancel()
		if _, err := r.Next(ctx); err != context.Canceled {
			t.Error(err)
		}
		r.Close()
		r.Close()
	}
	if after := s.e.store.Resident(); after > before {
		t.Errorf("resident before: %d, after: %d", before, after)
	}

	// Cancelled while it sorts: the check is between slices.
	for _, sql := range []string{
		"SELECT a.id FROM big a, big b, big c ORDER BY 1 LIMIT 1",
		"WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT -n FROM r) SELECT n FROM r ORDER BY 1 LIMIT 1", // has no end
	} {
		ctx := &tiring{Context: context.Background(), looks: 20}
		r, err := s.e.Query(ctx, Reading{Snapshot: s.sn}, s.plan(sql).Physical, evalCtx())
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if _, err := r.Next(ctx); err != context.Canceled && code(err) != sqlerr.QueryCanceled {
			t.Error(err)
		}
	}
}

// tiring is cancelled after some looks at it.
type tiring struct {
	context.Context
	looks int
}

func (c *tiring) Err() error {
	if c.looks--; c.looks < 0 {
		return context.Canceled
	}
	return nil
}

func code(err error) sqlerr.Code {
	if e, ok := err.(*sqlerr.Error); ok {
		return e.Code
	}
	return sqlerr.Code(fmt.Sprint(err))
}

func TestReadErrors(t *testing.T) {
	s := tumble(t, rand.New(rand.NewSource(5)), 50)
	for _, c := range []struct {
		sql  string
		code sqlerr.Code
	}{
		{"SELECT a FROM t LIMIT $1", sqlerr.InvalidRowCountInLimit},
		{"SELECT a FROM t OFFSET $1", sqlerr.InvalidRowCountInOffset},
		{"SELECT 1 / (a - 3) FROM t", sqlerr.DivisionByZero},
		{"SELECT a FROM t WHERE 1 / (a - 3) > 5", sqlerr.DivisionByZero},
		{"SELECT a FROM t WHERE a = 1 AND 1 / (b - b) > 5", sqlerr.DivisionByZero},
		{"SELECT 1 / (a - 3) FROM t WHERE a = 3 ORDER BY b", sqlerr.DivisionByZero},
		{"SELECT (SELECT k FROM v)", sqlerr.CardinalityViolation},
		{"SELECT 1 / (a - 3) FROM t ORDER BY a LIMIT 1", ""}, // not reached
		{"WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 0 / (3 - n) + 1 FROM r) SELECT n FROM r", sqlerr.DivisionByZero},
		{"WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT g FROM r, generate_series(1, 100) g) SELECT count(*) FROM r", sqlerr.ProgramLimitExceeded},
		{"SELECT 1 / (a - 3) FROM t WHERE a < 3 ORDER BY 1", ""},
	} {
		q := s.plan(c.sql).Physical
		_, err := s.read(nil, q, types.NewInt(-1))
		got := code(err)
		if err == nil {
			got = ""
		}
		if got != c.code {
			t.Errorf("%s: %v, want %q", c.sql, err, c.code)
		}
	}
}

// TestErrorsOfViews: a read by key fails on errors of its key and on those without.
func TestErrorsOfViews(t *testing.T) {
	s := tumble(t, rand.New(rand.NewSource(6)), 50)
	v := s.cat.Lookup("public", "v").(*catalog.View)
	fail := func(k types.Datum, known bool) {
		s.change(func() {
			a := operators.NewArrangement(appendTypes(nil, nil, v), appendIndexKey(nil, v.Order), false, func(role string, _ storage.Spec) storage.Map {
				if role == "errs" {
					return s.e.store.Map(v.Errors)
				}
				return s.e.store.Map(v.Tree)
			})
			b := batch.New(appendTypes(nil, nil, v), 0)
			b.Errs = append(b.Errs, batch.ErrRow{Err: sqlerr.New(sqlerr.DivisionByZero, "division by zero"), W: 1,
				Cols: datums{k, types.Null, types.Null}, Known: []bool{known, false, false}})
			if err := a.Step(0, b, nil); err != nil {
				t.Fatal(err)
			}
			if err := a.Finish(nil); err != nil {
				t.Fatal(err)
			}
		})
	}
	expect := func(sql string, want sqlerr.Code) {
		t.Helper()
		q := s.plan(sql).Physical
		if q.Lookup == nil {
			t.Fatalf("%s is no lookup", sql)
		}
		_, err := s.read(nil, q)
		if err == nil && want != "" || err != nil && code(err) != want {
			t.Errorf("%s: %v, want %q", sql, err, want)
		}
	}
	expect("SELECT * FROM v WHERE k = 1", "")
	fail(types.NewInt(2), true)
	expect("SELECT * FROM v WHERE k = 1", "")
	expect("SELECT * FROM v WHERE k = 1 AND n > 3", "")
	expect("SELECT * FROM v WHERE k = 2", sqlerr.DivisionByZero)
	expect("SELECT * FROM v WHERE k = 2 AND n < 3", sqlerr.DivisionByZero)
	expect("SELECT * FROM v WHERE k < 2", "")
	expect("SELECT * FROM v WHERE k <= 2", sqlerr.DivisionByZero)
	expect("SELECT * FROM v WHERE k > 2 ORDER BY k DESC", "")
	expect("SELECT * FROM v ORDER BY k LIMIT 1", sqlerr.DivisionByZero)
	expect("SELECT * FROM v WHERE s = 'a'", sqlerr.DivisionByZero) // may be of that key
	fail(types.Null, false)
	expect("SELECT * FROM v WHERE k = 1", sqlerr.DivisionByZero)

	for state, message := range map[catalog.ViewState]string{
		catalog.Hydrating: `materialized view "v" is being hydrated`, catalog.Failed: `materialized view "v" has failed`,
	} {
		plans := []*planner.Query{s.plan("SELECT * FROM v WHERE k = 1"), s.plan("SELECT count(*) FROM v")}
		w := *v
		w.State, w.Cause = state, "no luck"
		s.change(func() { s.cat = s.cat.With(&w) })
		for _, q := range plans {
			_, err := s.read(nil, q.Physical)
			if code(err) != sqlerr.ObjectNotInPrerequisiteState || err.(*sqlerr.Error).Message != message {
				t.Errorf("%v, want %s", err, message)
			}
		}
		s.change(func() { s.cat = s.cat.With(v) })
	}
}

func TestQueryMemoryCounts(t *testing.T) {
	dir := t.TempDir()
	store, err := storage.Open(dir, storage.Options{MemoryLimit: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	s := newShelf(t)
	if err := s.e.store.Close(); err != nil {
		t.Fatal(err)
	}
	s.e.store, s.tick = store, store.LastTick()
	var rows []datums
	for i := range 40000 {
		rows = append(rows, datums{types.NewInt(int64(i)), types.NewString(fmt.Sprint("some text ", i))})
	}
	s.table("big", "id int, x text", []int{0}, rows)
	for _, sql := range []string{
		"SELECT count(*) FROM big a JOIN big b ON a.x = b.x JOIN big c ON b.x || 'x' = c.x || 'x' JOIN big d ON c.x || 'y' = d.x || 'y'",
		"SELECT a.x, b.x FROM big a, big b ORDER BY 2, 1",
		"WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n * 100 + g FROM r, generate_series(1, 100) g) SELECT count(*) FROM r",
		"WITH RECURSIVE r AS (SELECT 'x' AS x UNION ALL SELECT x || x FROM r) SELECT count(*) FROM r",
	} {
		if _, err := s.read(nil, s.plan(sql).Physical); code(err) != sqlerr.OutOfMemory {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if _, err := s.read(nil, s.plan("SELECT count(*) FROM big").Physical); err != nil {
		t.Error(err)
	}

	// A lookup that has to sort, or to put a run of ties in order, counts what it holds, too.
	rows = rows[:0]
	for i := range 12000 {
		rows = append(rows, datums{types.NewInt(1), types.NewInt(int64(i)), types.NewString(strings.Repeat("some text", 30))})
	}
	s.table("wide", "g int, id int, x text", []int{0, 1}, rows)
	for _, sql := range []string{"SELECT * FROM wide WHERE g = 1 ORDER BY x", "SELECT * FROM wide ORDER BY g DESC"} {
		q := s.plan(sql)
		if q.Physical.Lookup == nil {
			t.Errorf("%s is no lookup", sql)
		}
		if _, err := s.read(nil, q.Physical); code(err) != sqlerr.OutOfMemory {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestLargeRows: a batch has fewer rows where they are large, whoever makes it.
func TestLargeRows(t *testing.T) {
	const size = 1 << 20
	var rows []datums
	for i := range 40 {
		rows = append(rows, datums{types.NewInt(int64(i)), types.NewString(strings.Repeat("x", size))})
	}
	s := newShelf(t)
	s.table("big", "id int, x text", []int{0}, rows)
	for sql, want := range map[string]int{
		"SELECT * FROM big": 40,
		"SELECT x, id FROM big WHERE id >= 0 ORDER BY id DESC":            40,
		"SELECT * FROM big ORDER BY x || id":                              40,
		"SELECT x || id AS y FROM big WHERE x > ''":                       40,
		"SELECT x, g FROM big, generate_series(1, 5) g":                   200,
		"SELECT a.x, b.id FROM big a JOIN big b ON a.id % 10 = b.id % 10": 160,
		"SELECT x, max(id) FROM big GROUP BY x, id % 20":                  20,
	} {
		r, err := s.e.Query(context.Background(), Reading{Snapshot: s.sn}, s.plan(sql).Physical, evalCtx())
		if err != nil {
			t.Fatal(sql, err)
		}
		n := 0
		for {
			b, err := r.Next(context.Background())
			if err != nil {
				t.Fatal(sql, err)
			}
			if b == nil {
				break
			}
			for _, w := range b.W {
				n += int(w)
			}
			if b.Size() > readBytes+9*size {
				t.Errorf("%s: a batch of %d rows, %d bytes", sql, b.Len(), b.Size())
			}
		}
		if r.Close(); n != want {
			t.Errorf("%s: %d rows, want %d", sql, n, want)
		}
	}
}
