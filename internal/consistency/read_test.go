package consistency

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/streamsql/streamsql/internal/servertest"
)

// look is a question to one state, and what its answer must be.
type look struct {
	sql    string
	random bool // it has a parameter: an id
	holds  func(r *run, rows [][]int64) bool
}

var looks = []look{
	{sql: "SELECT total FROM total", holds: func(_ *run, rows [][]int64) bool { return len(rows) == 1 && rows[0][0] == 0 }},
	{sql: "SELECT account, balance FROM balance", holds: func(r *run, rows [][]int64) bool {
		sum := int64(0)
		for _, row := range rows {
			if r.inOrder && (row[1] < -1 || row[1] > 1) {
				return false
			}
			sum += row[1]
		}
		return sum == 0
	}},
	{sql: "SELECT account, balance, other, theirs FROM mirror", holds: func(_ *run, rows [][]int64) bool {
		return !slices.ContainsFunc(rows, func(row []int64) bool { return row[0] == absent || row[0] != row[2] || row[1] != row[3] })
	}},
	{sql: `SELECT v.n, v.amount, (SELECT coalesce(sum(credits), 0) FROM credits), (SELECT coalesce(sum(debits), 0) FROM debits) FROM volume v`,
		holds: func(r *run, rows [][]int64) bool {
			r.mu.Lock()
			r.states[[2]int64(rows[0][:2])] = struct{}{}
			r.mu.Unlock()
			return rows[0][1] == rows[0][2] && rows[0][2] == rows[0][3]
		}},
	{sql: "SELECT n, others, (SELECT n FROM size) FROM paired", holds: func(_ *run, rows [][]int64) bool {
		return rows[0][0] == rows[0][1] && rows[0][1] == rows[0][2]
	}},
	{sql: "SELECT id FROM alone", holds: func(_ *run, rows [][]int64) bool { return len(rows) == 0 }},
	{sql: "SELECT transfer, other FROM halves", holds: func(_ *run, rows [][]int64) bool { return len(rows) == 0 }},
	{sql: "SELECT id, other FROM itself WHERE id = $1", random: true, holds: func(_ *run, rows [][]int64) bool {
		return len(rows) == 0 || rows[0][0] == rows[0][1]
	}},
}

// read looks at one state after the other; some of them through a block of several statements.
func (r *run) read(s *servertest.Server, rng *rand.Rand, ended func() bool) error {
	c, err := connect(s)
	if err != nil {
		return err
	}
	defer c.close()
	for !ended() {
		if rng.IntN(50) == 0 {
			if err := r.readBlock(c); err != nil {
				return err
			}
			continue
		}
		l := &looks[rng.IntN(len(looks))]
		if rng.IntN(3) > 0 { // the cheap ones more often
			l = &looks[rng.IntN(3)]
		}
		var params []int64
		if l.random {
			params = []int64{rng.Int64N(max(1, r.sent.Load()))}
		}
		rows, err := c.rows(l.sql, params...)
		if err != nil {
			return err
		}
		r.looks.Add(1)
		if !l.holds(r, rows) {
			return fmt.Errorf("%s %v: a state has %v", l.sql, params, rows)
		}
	}
	return nil
}

// readBlock looks at one state with several statements: they agree.
func (r *run) readBlock(c *conn) error {
	ctx := context.Background()
	if _, err := c.Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ").ReadAll(); err != nil {
		return err
	}
	var sums []int64
	for _, sql := range []string{"SELECT coalesce(sum(credits), 0) FROM credits", "SELECT amount FROM volume", "SELECT coalesce(sum(debits), 0) FROM debits",
		"SELECT coalesce(sum(amount), 0) FROM (SELECT amount FROM volume UNION ALL SELECT balance FROM balance) s"} {
		rows, err := c.rows(sql)
		if err != nil {
			return err
		}
		sums = append(sums, rows[0][0])
	}
	if _, err := c.Exec(ctx, "COMMIT").ReadAll(); err != nil {
		return err
	}
	r.looks.Add(1)
	if slices.Min(sums) != slices.Max(sums) {
		return fmt.Errorf("in one block the sums of credits, transfers, debits, and transfers and balances are %v", sums)
	}
	return nil
}

// sameAsQueries compares each view with its query over the tables.
func sameAsQueries(c *conn) error {
	for view, query := range map[string]string{
		"SELECT account, balance FROM balance": `SELECT account, sum(amount) FROM (SELECT dst AS account, amount FROM transfers WHERE src <> dst AND amount > 0
			UNION ALL SELECT src, -amount FROM transfers WHERE src <> dst AND amount > 0) x GROUP BY account`,
		"SELECT n, amount FROM volume":                                   "SELECT count(*), coalesce(sum(amount), 0) FROM transfers WHERE src <> dst AND amount > 0",
		"SELECT count(*), sum(amount) FROM accepted":                     "SELECT count(*), sum(amount) FROM transfers WHERE src <> dst AND amount > 0",
		"SELECT n, others FROM paired":                                   "SELECT count(*), count(id) FROM transfers",
		"SELECT count(*), count(other), sum(id), sum(other) FROM itself": "SELECT count(*), count(*), sum(id), sum(id) FROM transfers",
		"SELECT count(*) FROM halves":                                    "SELECT count(*) FROM (SELECT transfer FROM legs GROUP BY transfer HAVING count(*) <> 2 OR sum(amount) <> 0) x",
	} {
		got, err := c.rows(view)
		if err != nil {
			return err
		}
		want, err := c.rows(query)
		if err != nil {
			return err
		}
		for _, rows := range [][][]int64{got, want} {
			slices.SortFunc(rows, slices.Compare[[]int64])
		}
		if !slices.EqualFunc(got, want, slices.Equal[[]int64]) {
			return fmt.Errorf("%s gives %v, its query %v", view, got, want)
		}
	}
	return nil
}
