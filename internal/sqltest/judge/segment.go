package judge

import (
	"regexp"
	"strings"

	"github.com/streamsql/streamsql/internal/sqltest/slt"
)

// segment is a part of a file whose queries can stand as views while its data come: what forbids that (DROP, ALTER, SET, CREATE TABLE AS)
// comes before, what is created first, then the views, then the data.
type segment struct {
	before  []*slt.Record
	creates []*slt.Record
	queries []*slt.Record
	data    [][]*slt.Record // a transaction block of the file is one
}

var (
	createAs = regexp.MustCompile(`(?is)^\s*create\s+(temp\s+|temporary\s+)?table\b[^(]*\bas\b`)
	begins   = regexp.MustCompile(`(?i)^\s*(begin|start\s+transaction)\b`)
	opening  = regexp.MustCompile(`^[\s(]*(\w+)`)
)

// segments splits a file. Records that are there to fail have no part in it, nor have other sessions.
func segments(records []slt.Record) []*segment {
	s := &segment{}
	out := []*segment{s}
	open := false // in a transaction block
	for i := range records {
		r := &records[i]
		if r.Fails() || r.Session != "" {
			continue
		}
		if open {
			last := len(s.data) - 1
			s.data[last] = append(s.data[last], r)
			open = !ends.MatchString(r.SQL)
			continue
		}
		switch kindOf(r) {
		case "block":
			s.data = append(s.data, []*slt.Record{r})
			open = !strings.Contains(strings.ToLower(r.SQL), "commit")
		case "query":
			s.queries = append(s.queries, r)
		case "create":
			s.creates = append(s.creates, r)
		case "data":
			s.data = append(s.data, []*slt.Record{r})
		case "other":
			if len(s.creates)+len(s.queries)+len(s.data) > 0 {
				s = &segment{}
				out = append(out, s)
			}
			s.before = append(s.before, r)
		}
	}
	return out
}

// kindOf says what part of a segment a record is.
func kindOf(r *slt.Record) string {
	if begins.MatchString(r.SQL) {
		return "block"
	}
	m := opening.FindStringSubmatch(r.SQL)
	if m == nil {
		return ""
	}
	switch strings.ToLower(m[1]) {
	case "select", "values", "with", "table":
		if r.IsQuery() {
			return "query"
		}
		return "data"
	case "insert", "update", "delete":
		return "data"
	case "create":
		if createAs.MatchString(r.SQL) {
			return "other"
		}
		return "create"
	case "explain", "show", "describe":
		return ""
	}
	return "other"
}
