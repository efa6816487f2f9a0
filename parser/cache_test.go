package parser

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// TestCacheInstances parses texts that differ in literals through one cache; each must have the tree that Parse gives it.
func TestCacheInstances(t *testing.T) {
	for _, texts := range [][]string{
		{"select a from t where b = 1 and c = 'x'", "select a from t where b = 123456 and c = ''", "select  a from t where b = 0 and c = 'it''s'"},
		{"select -5, - -5, 1.5, -.5e3", "select -77, - -1, 22.25, -.5"},
		{"select 99999999999999999999", "select 1", "select 007", "select 0", "select 0007"},
		{"select 1::numeric(10, 2), 'a'::varchar(3)", "select 2::numeric(12, 2), 'b'::varchar(3)", "select 3::numeric(10, 2), 'c'::varchar(4)", "select 4::numeric(12, 2), 'b'::varchar(3)"},
		{"select a from t group by 1 order by 1 limit 1", "select a from t group by 2 order by 3 limit 40"},
		{"select interval '1' day, interval '1' second(2)", "select interval '22' day, interval '1' second(2)", "select interval '22' day, interval '1' second(3)"},
		{"insert into t values (1, 'a'), (2, 'b') on conflict (a) do update set b = 'z' returning 1", "insert into t values (100, 'aa'), (2, '') on conflict (a) do update set b = 'zzzz' returning 1"},
		{"update t set a = 1 where b = 'x'; delete from t where c in (1, 2, 3)", "update t set a = 1000 where b = 'yyyy'; delete from t where c in (10, 20, 30)"},
		{"select extract(year from a), substring(a from 1 for 2)", "select extract(year from a), substring(a from 11 for 2)"},
		{"select extract('year' from a)", "select extract('month' from a)"},
		{"select e'a\\n', $$b$$, U&'\\0041', b'1'", "select e'aaa\\t', $$$$, U&'\\0042x', b'1'", "select e'aaa\\t', $$$$, U&'\\0042x', b'0'"},
		{"select 'a'\n'b', 1", "select 'a'\n'bc', 1", "select 'abc', 1"},
		{"create table t (a int default 1)", "create table t (a int default 2)"},
		{"set x = 1", "set x = 2"},
		{"select current_time(1)", "select current_time(2)"},
		{"select 1 union select 2 order by 1", "select 10 union select 20 order by 2"},
		{"select a[1], a[1:2] from f(1) with ordinality as g (x)", "select a[10], a[1:2] from f(1) with ordinality as g (x)"},
		{"with a as (insert into t values (1) returning 2) select 3", "with a as (insert into t values (11) returning 22) select 33"},
	} {
		c := NewCache(100)
		for range 2 {
			for _, sql := range texts {
				want, err := Parse(sql)
				if err != nil {
					t.Fatalf("%s: %v", sql, err)
				}
				got, err := c.Parse(sql)
				if err != nil || dump(got) != dump(want) {
					t.Errorf("%s: %v\n got %s\nwant %s", sql, err, dump(got), dump(want))
				}
			}
		}
	}
}

// TestCacheHits counts what the cache has to parse: a repeated statement with other literals is none.
func TestCacheHits(t *testing.T) {
	c := NewCache(10)
	for i := range 50 {
		if _, err := c.Parse(fmt.Sprintf("select a from t where b = %d and c = 'x%d'", i, i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.recent.Len(); n != 2 {
		t.Errorf("%d entries: want the first text and its shape", n)
	}
}

// TestCacheForgets fills the cache past its size, from several goroutines.
func TestCacheForgets(t *testing.T) {
	c := NewCache(8)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			for range 200 {
				sql := fmt.Sprintf("select %s from t limit %d", strings.Repeat("a+", r.IntN(12))+"1", r.IntN(100))
				want, _ := Parse(sql)
				got, err := c.Parse(sql)
				if err != nil || dump(got) != dump(want) {
					t.Errorf("%s: %v\n got %s\nwant %s", sql, err, dump(got), dump(want))
				}
			}
		})
	}
	wg.Wait()
	if len(c.entries) > 8 || c.recent.Len() != len(c.entries) {
		t.Errorf("%d entries, %d in the list; at most 8 wanted", len(c.entries), c.recent.Len())
	}
}

func TestCacheErrors(t *testing.T) {
	c := NewCache(8)
	for range 2 {
		for sql, want := range map[string]string{
			"select 1 2":   `error 42601 at 9: syntax error at or near "2"`,
			"select 'a":    `error 42601 at 7: unterminated quoted string at or near "'a"`,
			"selec 1, 'a":  `error 42601 at 0: syntax error at or near "selec"`,
			"select a b c": `error 42601 at 11: syntax error at or near "c"`,
		} {
			if _, err := c.Parse(sql); err == nil || errorText(err) != want {
				t.Errorf("%s: %v, want %s", sql, err, want)
			}
		}
	}
}

// BenchmarkParse compares parsing with the cache's two ways around it: the same text, and one with other literals.
func BenchmarkParse(b *testing.B) {
	const sql = "select t.id, u.name, count(*) from tweets t join users u on u.id = t.sender_id where t.id = %d and u.name <> 'x%d' group by 1, 2 order by 3 desc limit 10"
	text := func(i int) string { return fmt.Sprintf(sql, i, i) }
	run := func(name string, parse func(i int) error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := parse(i); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	c := NewCache(100)
	run("parse", func(i int) error { _, err := Parse(text(i)); return err })
	run("literals", func(i int) error { _, err := c.Parse(text(i)); return err })
	run("text", func(int) error { _, err := c.Parse(text(0)); return err })
	run("lex", func(i int) error { lex(text(i)); return nil })
}

// TestGeneric looks at which literals become parameters: the third text of a shape shares the statement that the second asked for.
func TestGeneric(t *testing.T) {
	for _, x := range []struct{ sql, want string }{
		{"select a, 1 from t where b = 5 and 'x' <> c order by 1 limit 10", "5 x"},
		{"select a from t where b in (1, 2, 3) or b between -7 and 8.5", "1 2 3 -7 8.5"},
		{"select a from t where b + 1 > 2 * 3 and b * 4 = 5", "1 4 5"},
		{"select a from t where lower(b) like 'x%' and c = 'x'::varchar(3)", "x% x"},
		{"select a from t where 1 = 2 and 'a' || 'b' = 'c'", ""},
		{"select a + 1 from t group by a + 1 having count(*) > 1", ""},
		{"select a from t where b = $1 and c = 7", "7"},
		{"select * from t join u on t.a = u.a and u.b = 3 where exists (select 1 from w where w.a = t.a and w.b = 4)", "3 4"},
		{"with q as (select a from t where b = 1) select * from q where a = 2 union select 3 from t where a = 4", "1 2 4"},
		{"insert into t values (1, 'a', default, now(), 2 + 3), (-4, 'b', null, f(5), 6.5)", "1 a -4 b 6.5"},
		{"insert into t (a) values (1) on conflict (a) do update set b = t.b + 2, c = 'z' where t.d < 3 returning 4", "1 2 z 3"},
		{"insert into t select 1, a from u where b = 2", "2"},
		{"update t set a = 1, b = b - 2, (c, d) = (3, 4) where e = 'f' returning 5", "1 2 f"},
		{"delete from t using u where u.a = t.a and t.b is distinct from 5", "5"},
		{"select a from t where b = 007", ""},
		{"select a from t where b = 1; select 2", ""},
	} {
		c := NewCache(100)
		var in *Instance
		for i, sql := range []string{x.sql, strings.Replace(x.sql, " ", "  ", 1), strings.Replace(x.sql, " ", "\n", 1)} {
			got, stmts, err := c.ParseGeneric(sql)
			if err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			if i == 0 && got != nil {
				t.Errorf("%s: generic at first sight", sql)
			}
			if got == nil && dump(stmts) != dump(must(Parse(sql))) {
				t.Errorf("%s: got %s", sql, dump(stmts))
			}
			in = got
		}
		if in == nil {
			if x.want != "" {
				t.Errorf("%s: no generic statement", x.sql)
			}
			continue
		}
		var texts []string
		for _, l := range in.Literals {
			texts = append(texts, l.Text)
		}
		if got := strings.Join(texts, " "); got != x.want {
			t.Errorf("%s: literals %s, want %s", x.sql, got, x.want)
		}
		if got := in.Generic.NumParams - in.Own; got != len(in.Literals) {
			t.Errorf("%s: %d parameters for %d literals", x.sql, got, len(in.Literals))
		}
		if got, want := dump([]Statement{*in.Specific()}), dump(must(Parse(strings.Replace(x.sql, " ", "\n", 1)))); got != want {
			t.Errorf("%s:\n got %s\nwant %s", x.sql, got, want)
		}
	}
}

func must(s []Statement, err error) []Statement {
	if err != nil {
		panic(err)
	}
	return s
}
