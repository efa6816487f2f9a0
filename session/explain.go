package session

import (
	"context"
	"fmt"
	"time"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/planner/physical"
)

// explainWrite shows the plan of the rows that a write takes.
func explainWrite(verb, table string, source *physical.Query) []string {
	lines := []string{verb + " on " + table}
	if source == nil {
		return append(lines, "  ->  Values")
	}
	for i, l := range planner.ExplainQuery(source) {
		if i == 0 {
			l = "->  " + l
		} else {
			l = "    " + l
		}
		lines = append(lines, "  "+l)
	}
	return lines
}

// analyze runs a query and adds what it took.
func (s *Session) analyze(ctx context.Context, lines []string, sn *engine.Snapshot, q *planner.Query, r *run) ([]string, error) {
	start := time.Now()
	rows, err := s.query(ctx, sn, q, r)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var n int64
	for {
		b, err := rows.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			break
		}
		n += count(b)
	}
	took := float64(time.Since(start).Microseconds()) / 1000
	return append(lines, fmt.Sprintf("Rows: %d", n), fmt.Sprintf("Execution Time: %.3f ms", took)), nil
}
