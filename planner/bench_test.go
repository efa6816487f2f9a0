package planner

import (
	"testing"

	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/parser/ast"
)

// BenchmarkPlan is what planning costs without parsing: a point read must stay well under 100 us, TPC-H's widest joins under 5 ms.
func BenchmarkPlan(b *testing.B) {
	w := newWorld()
	if err := w.define(benchDDL); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, sql string }{
		{"point", `SELECT * FROM users WHERE id = $1`},
		{"timeline", `SELECT * FROM timeline WHERE "user" = $1`},
		{"join8", `SELECT t1.name, count(*) FROM users t1, users t2, users t3, users t4, users t5, users t6, users t7, users t8
			WHERE t1.id = t2.ref AND t2.id = t3.ref AND t3.id = t4.ref AND t4.id = t5.ref AND t5.id = t6.ref AND t6.id = t7.ref AND t7.id = t8.ref
			AND t8.name = 'x' AND t1.name LIKE 'y%' GROUP BY t1.name ORDER BY 2 DESC LIMIT 10`},
	} {
		stmts, err := parser.Parse(c.sql)
		if err != nil {
			b.Fatal(err)
		}
		q := stmts[0].Stmt.(*ast.Query)
		b.Run(c.name, func(b *testing.B) {
			for range b.N {
				if _, err := PlanQuery(w.env(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

const benchDDL = `
CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, ref bigint);
CREATE TABLE follows (follower_id bigint, followee_id bigint, PRIMARY KEY (follower_id, followee_id));
CREATE TABLE tweets (id bigint PRIMARY KEY, sender_id bigint NOT NULL, text text, time timestamp NOT NULL);
CREATE MATERIALIZED VIEW timeline AS
SELECT tweets.*, users.* FROM tweets JOIN users ON users.id = tweets.sender_id
JOIN follows ON follows.followee_id = users.id
WHERE follows.follower_id = $user ORDER BY tweets.time DESC LIMIT 100;
`
