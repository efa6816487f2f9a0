package session

import (
	"context"
	"fmt"
	"time"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/planner/physical"
)

// explainStatement shows a plan: of a write, that of the rows that it takes; behind it those of its stages.
func explainStatement(p planner.Statement) []string {
	var lines []string
	switch p := p.(type) {
	case *planner.Query:
		for _, l := range p.Locks {
			lines = append(lines, "Rows of "+l.Table.Name+" are locked "+l.Strength.String()+[...]string{"", " SKIP LOCKED", " NOWAIT"}[l.Wait])
		}
		lines = append(lines, planner.ExplainQuery(p.Physical)...)
	case *planner.Insert:
		lines = explainWrite("Insert", p.Table.Name, p.Source)
	case *planner.Update:
		lines = explainWrite("Update", p.Table.Name, p.Source)
	case *planner.Delete:
		lines = explainWrite("Delete", p.Table.Name, p.Source)
	}
	for _, st := range planner.HeadOf(p).Stages {
		lines = append(lines, "With "+st.Name)
		lines = append(lines, indented(explainStatement(st.Plan))...)
	}
	return lines
}

func explainWrite(verb, table string, source *physical.Query) []string {
	lines := []string{verb + " on " + table}
	if source == nil {
		return append(lines, "  ->  Values")
	}
	return append(lines, indented(planner.ExplainQuery(source))...)
}

// indented are the lines of a plan below another one.
func indented(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = "      " + l
		if i == 0 {
			out[i] = "  ->  " + l
		}
	}
	return out
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
