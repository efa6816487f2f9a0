package judge

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	direction = regexp.MustCompile(`(?i)\s+(asc|desc)\b|\s+nulls\s+(first|last)\b`)
	distinct  = regexp.MustCompile(`(?i)\bdistinct\s+on\b`)
	returning = regexp.MustCompile(`(?i)\breturning\b`)
)

// orderKeys are the output columns that a query's own ORDER BY names, by name or number; false if it has others.
func orderKeys(sql string, columns []string) (keys []int, ok bool) {
	i := orderBy(sql)
	if i < 0 {
		return nil, false
	}
	list := sql[i+len("order by") : limitAt(sql)]
	depth, start := 0, 0
	var items []string
	for k, c := range list {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				items = append(items, list[start:k])
				start = k + 1
			}
		}
	}
	for _, item := range append(items, list[start:]) {
		item = strings.TrimSpace(direction.ReplaceAllString(item, ""))
		n, err := strconv.Atoi(item)
		if err != nil {
			n = 1 + slices.Index(columns, strings.Trim(item[strings.LastIndexByte(item, '.')+1:], `"`))
		}
		if n < 1 || n > len(columns) {
			return nil, false
		}
		keys = append(keys, n-1)
	}
	return keys, true
}

// limitAt is where a query's LIMIT, OFFSET or FETCH begins, or its end.
func limitAt(sql string) int {
	end := len(sql)
	for _, words := range []string{"limit", "offset", "fetch"} {
		if i := topLevel(sql, words); i >= 0 {
			end = min(end, i)
		}
	}
	return end
}

// sameButTies says whether rows differ only where ORDER BY leaves the order, or LIMIT the choice, open: the keys come in the same sequence,
// and the rows before the last key are the same.
func sameButTies(sql string, want, got *Answer) bool {
	keys, ok := orderKeys(sql, want.Columns)
	if !ok || len(want.Rows) != len(got.Rows) || len(want.Rows) == 0 {
		return false
	}
	key := func(row []string) string {
		var parts []string
		for _, k := range keys {
			parts = append(parts, normal(row[k], want.Types[k]))
		}
		return strings.Join(parts, "\x01")
	}
	for i := range want.Rows {
		if key(want.Rows[i]) != key(got.Rows[i]) {
			return false
		}
	}
	limited := limitAt(sql) < len(sql)
	head := func(a *Answer) *Answer {
		b := *a
		last := key(a.Rows[len(a.Rows)-1])
		b.Rows = slices.DeleteFunc(slices.Clone(a.Rows), func(r []string) bool { return limited && key(r) == last })
		return &b
	}
	return sameRows(head(want), head(got), false)
}
