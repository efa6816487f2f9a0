package oracle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// budget is how many rows the parts of a view's query may make together, over tables of twenty more rows than there are: a few tables joined without a
// key multiply to more than a machine has.
const budget = 200_000

// affordable is the next query that keeps to the budget. Those that do not are counted. with makes a query of one that PostgreSQL cannot run as it is.
func (c *testCase) affordable(next func() query, with func(sql string) string) query {
	for {
		q := next()
		sql := q.sql
		if with != nil {
			sql = with(sql)
		}
		if q.weight <= light/2 || c.rehearse(sql) <= budget {
			return q
		}
		c.total.Refused["over the budget of rows"]++
	}
}

// rehearse runs a query on PostgreSQL over tables that have grown, and takes the growth back. It returns how many rows all parts of its plan have made
// or looked at; more than the budget if that took too long to say, none if the query fails.
func (c *testCase) rehearse(sql string) float64 {
	grow := "BEGIN; SET LOCAL statement_timeout = '10s'"
	for _, t := range c.g.tables {
		grow += "; " + c.g.growth(t, c.seed)
	}
	defer c.reference("ROLLBACK")
	explain := fmt.Sprintf("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) SELECT * FROM (%s) q LIMIT %d", sql, budget+1)
	results, err := c.pg.Exec(context.Background(), grow+"; "+explain).ReadAll()
	var pe *pgconn.PgError
	switch {
	case errors.As(err, &pe) && pe.Code == "57014":
		return budget + 1
	case errors.As(err, &pe):
		return 0
	case err != nil:
		c.t.Fatal(err)
	}
	var explained []struct{ Plan made }
	if err := json.Unmarshal(results[len(results)-1].Rows[0][0], &explained); err != nil {
		c.t.Fatal(err)
	}
	return explained[0].Plan.rows()
}

// made is what EXPLAIN says that a part of a plan has done.
type made struct {
	Rows     float64 `json:"Actual Rows"`
	Loops    float64 `json:"Actual Loops"`
	Filtered float64 `json:"Rows Removed by Filter"`
	Unjoined float64 `json:"Rows Removed by Join Filter"`
	Plans    []made
}

func (m made) rows() float64 {
	n := (m.Rows + m.Filtered + m.Unjoined) * m.Loops
	for _, p := range m.Plans {
		n += p.rows()
	}
	return n
}
