package slt

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Matches says whether rows are what the record wants, in its file's way of writing: it is how a record that means another system than
// PostgreSQL is told from one that PostgreSQL can judge. Null is how rows write NULL.
func (r *Record) Matches(names []string, rows [][]string, null string) bool {
	want := r.Want
	if r.Names && len(want) > 0 {
		if !slices.Equal(strings.Fields(strings.ToLower(want[0])), strings.Fields(strings.Join(names, " "))) {
			return false
		}
		want = want[1:]
	}
	cells := make([][]string, len(rows))
	for i, row := range rows {
		for k, v := range row {
			cells[i] = append(cells[i], r.written(v, k, null))
		}
	}
	if len(want) == 1 && strings.Contains(want[0], " values hashing to ") {
		return want[0] == hashed(r.sorted(cells))
	}
	return slices.Equal(tokens(r.lines(want)), tokens(r.sorted(cells)))
}

// sorted are the values in the order that the record's sort mode says.
func (r *Record) sorted(rows [][]string) []string {
	if r.Sort == "rowsort" {
		slices.SortFunc(rows, func(a, b []string) int { return slices.Compare(a, b) })
	}
	var all []string
	for _, row := range rows {
		all = append(all, row...)
	}
	if r.Sort == "valuesort" {
		slices.Sort(all)
	}
	return all
}

// lines are the wanted rows; they are sorted again, as systems sort them by other collations.
func (r *Record) lines(want []string) []string {
	columns := len(r.Types)
	perValue := columns > 1 && len(want)%columns == 0 && !slices.ContainsFunc(want, func(s string) bool { return len(strings.Fields(s)) > 1 })
	if r.Sort != "rowsort" || perValue {
		return want
	}
	rows := make([][]string, len(want))
	for i, line := range want {
		rows[i] = strings.Fields(line)
	}
	slices.SortFunc(rows, func(a, b []string) int { return slices.Compare(a, b) })
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = strings.Join(row, " ")
	}
	return out
}

// written is a value as files write it.
func (r *Record) written(v string, column int, null string) string {
	kind := byte('T')
	if column < len(r.Types) {
		kind = r.Types[column]
	}
	switch {
	case v == null:
		return "NULL"
	case v == "":
		return "(empty)"
	case kind == 'R' && r.sqlite():
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return fmt.Sprintf("%.3f", f)
		}
	case kind == 'I' && r.sqlite():
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return strconv.FormatInt(int64(f), 10)
		}
	}
	return v
}

// sqlite says whether the file follows SQLite's way of writing numbers.
func (r *Record) sqlite() bool { return strings.HasSuffix(r.File, ".test") }

// tokens make one word of true and t, of false and f, and of what stands for an empty text.
func tokens(lines []string) []string {
	out := strings.Fields(strings.Join(lines, " "))
	n := 0
	for _, w := range out {
		switch w {
		case "true":
			w = "t"
		case "false":
			w = "f"
		case "(empty)", "·":
			continue
		}
		out[n] = w
		n++
	}
	return out[:n]
}

func hashed(values []string) string {
	sum := md5.Sum([]byte(strings.Join(values, "\n") + "\n"))
	return fmt.Sprintf("%d values hashing to %s", len(values), hex.EncodeToString(sum[:]))
}
