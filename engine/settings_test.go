package engine_test

import (
	"testing"

	"github.com/streamsql/streamsql/engine"
)

// Views of the same text that were made under other settings share nothing that depends on them.
func TestSettingsOfSharedFlows(t *testing.T) {
	b := newBase(t, engine.Options{Dir: t.TempDir()})
	b.do("CREATE TABLE e (id int PRIMARY KEY, k int, at timestamptz); INSERT INTO e VALUES (1, 7, '2026-01-01 00:00+00')")
	for name, query := range map[string]string{
		"windowed": "SELECT x::text FROM e JOIN (SELECT k, json_agg(at) OVER (PARTITION BY k) AS x FROM e) w ON w.k = e.id + 6",
		"grouped":  "SELECT x::text FROM e JOIN (SELECT k, json_agg(at) AS x FROM e GROUP BY k) w ON w.k = e.id + 6",
	} {
		b.do("SET timezone = 'UTC'; CREATE MATERIALIZED VIEW " + name + " AS " + query)
		b.do("SET timezone = 'Asia/Tokyo'; CREATE MATERIALIZED VIEW " + name + "_tokyo AS " + query)
		b.want("SELECT x FROM "+name, `(["2026-01-01T00:00:00+00:00"])`)
		b.want("SELECT x FROM "+name+"_tokyo", `(["2026-01-01T09:00:00+09:00"])`)
	}
}
