package parser

import (
	"encoding/json"
	"os"
	"testing"
)

func TestSmoke(t *testing.T) {
	for _, q := range []string{
		"select 1", "SELECT tweets.*, users.* FROM tweets JOIN users ON users.id = tweets.sender_id JOIN follows ON follows.followee_id = users.id WHERE follows.follower_id = $user ORDER BY tweets.time DESC LIMIT 100",
		"with a as (select 1 union all select 2) select count(*) filter (where x>1), a::numeric(10,2), -5, 'x' || y from a, lateral (select 1) b left join c using (x), generate_series(1,10) g(i) group by 1, rollup(a,b) having sum(x) > 2 order by 1 desc nulls last, b limit 10 offset $2",
		"insert into t (a,b) values (1,default),(2,'x') on conflict (a) do update set b = excluded.b where t.b <> 'x' returning *, a+1 as z",
		"update t as x set a = 1, (b,c) = (select 1,2) from y where x.id = y.id returning x.*",
		"delete from only t using u where t.id=u.id",
		"with z as (insert into t select 1 returning *) select * from z",
		"create table t (id bigint generated always as identity primary key, a text not null default 'x' || 'y', check (a > 'b'), unique (a, id)); begin isolation level serializable; commit; ; ",
		"create materialized view v with (on_error = 'null') as select row_number() over (partition by a order by b rows between 1 preceding and current row) from t where x in (select 1) and not exists (select 2) or y between 1 and 3",
		"table t", "values (1,2),(3,4) order by 1", "(select 1) union (select 2) order by 1", "select",
	} {
		s, err := Parse(q)
		if err != nil {
			t.Errorf("%s\n%v", q, err)
			continue
		}
		if os.Getenv("V") != "" {
			b, _ := json.MarshalIndent(s, "", " ")
			t.Logf("%s\n%s", q, b)
		}
	}
}
