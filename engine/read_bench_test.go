package engine

import (
	"context"
	"fmt"
	"testing"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/types"
)

// BenchmarkLookup reads single rows of a table of 100 000 by primary key, and the 100 rows of a key of a view, as a timeline is read; and the
// latter as a dataflow, for comparison.
func BenchmarkLookup(b *testing.B) {
	s := newShelf(b)
	var rows, tweets []datums
	for i := range 100_000 {
		rows = append(rows, datums{types.NewInt(int64(i)), types.NewString(fmt.Sprint("name of user ", i)), types.NewInt(int64(i / 3))})
		tweets = append(tweets, datums{types.NewInt(int64(i / 100)), types.NewInt(int64(i) * 1000), types.NewString(fmt.Sprint("a tweet of some length, number ", i)), types.NewInt(int64(i))})
	}
	users := s.table("users", "id bigint, name text, ref bigint", []int{0}, rows)
	s.view("timeline", "user_id bigint, at bigint, body text, id bigint", []catalog.IndexColumn{{Col: 0}, {Col: 1, Desc: true, NullsFirst: true}}, tweets)
	var refs []datums // the same rows, with what is looked up: the text in tweets, the name in users
	for i, r := range tweets {
		refs = append(refs, datums{r[0], r[1], types.Null, r[3], types.NewInt(int64(i * 31 % 100_000)), types.Null})
	}
	texts := s.table("tweets", "id bigint, body text", []int{0}, bodies(tweets))
	s.view("home", "user_id bigint, at bigint, body text, id bigint, sender bigint, name text", []catalog.IndexColumn{{Col: 0}, {Col: 1, Desc: true, NullsFirst: true}}, refs).Finish =
		&catalog.Finish{Limit: 100, Late: []catalog.Late{{Table: texts.ID, Key: []int{3}, Cols: []int{2}, From: []int{1}}, {Table: users.ID, Key: []int{4}, Cols: []int{5}, From: []int{1}}}}
	for _, c := range []struct {
		name, sql string
		rows      int64
		flow      bool
	}{
		{"point", "SELECT * FROM users WHERE id = $1", 1, false},
		{"point/column", "SELECT name FROM users WHERE id = $1", 1, false},
		{"prefix100", "SELECT * FROM timeline WHERE user_id = $1", 100, false},
		{"prefix100/ordered", "SELECT body, id FROM timeline WHERE user_id = $1 ORDER BY at DESC", 100, false},
		{"prefix100/limit10", "SELECT * FROM timeline WHERE user_id = $1 ORDER BY at DESC LIMIT 10", 10, false},
		{"finished100", "SELECT * FROM home WHERE user_id = $1", 100, false},
		{"finished100/limit10", "SELECT * FROM home WHERE user_id = $1 ORDER BY at DESC LIMIT 10", 10, false},
		{"prefix100/filter", "SELECT * FROM timeline WHERE user_id = $1 AND id % 2 = 0", 50, false},
		{"point/dataflow", "SELECT count(*) FROM users WHERE id = $1", 1, true},
		{"prefix100/dataflow", "SELECT count(*) FROM timeline t JOIN users u ON t.id = u.id WHERE t.user_id = $1", 1, true},
	} {
		q := s.plan(c.sql).Physical
		b.Run(c.name, func(b *testing.B) {
			if (q.Lookup == nil) != c.flow {
				b.Fatalf("lookup: %v", q.Lookup)
			}
			b.ReportAllocs()
			for i := range b.N {
				if n := s.countRows(b, q, types.NewInt(int64(i*7919%1000))); n != c.rows {
					b.Fatalf("%d rows", n)
				}
			}
		})
	}
}

func bodies(tweets []datums) (out []datums) {
	for _, r := range tweets {
		out = append(out, datums{r[3], r[2]})
	}
	return out
}

func (s *shelf) countRows(b *testing.B, q *physical.Query, params ...types.Datum) (n int64) {
	ctx := context.Background()
	rows, err := s.e.Query(ctx, Reading{Snapshot: s.sn}, q, evalCtx(params...))
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for {
		x, err := rows.Next(ctx)
		if err != nil {
			b.Fatal(err)
		}
		if x == nil {
			return n
		}
		for _, w := range x.W {
			n += w
		}
	}
}
