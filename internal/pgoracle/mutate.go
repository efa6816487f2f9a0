package main

import (
	"math/rand/v2"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"
)

// mutate removes, doubles, swaps or replaces one to three tokens of a statement.
func mutate(sql string, seed, n uint64) string {
	scanned, err := pg.Scan(sql)
	if err != nil || len(scanned.Tokens) < 2 {
		return sql
	}
	var list []string
	for _, t := range scanned.Tokens {
		list = append(list, sql[t.Start:t.End])
	}
	words := []string{"(", ")", ",", ".", "1", "'x'", "a", "select", "from", "not", "null", "as", "and", "-", "::", "[", "]", "*",
		"in", "is", "between", "order", "by", "with", "values", "set", "on", "default", "all", "any", "row", "interval", "$1", "="}
	r := rand.New(rand.NewPCG(seed, n))
	for range 1 + r.IntN(3) {
		if len(list) < 2 {
			break
		}
		i, j := r.IntN(len(list)), r.IntN(len(list))
		switch r.IntN(4) {
		case 0:
			list = append(list[:i:i], list[i+1:]...)
		case 1:
			list[i], list[j] = list[j], list[i]
		case 2:
			list[i] = words[r.IntN(len(words))]
		case 3:
			list = append(list[:i:i], append([]string{words[r.IntN(len(words))]}, list[i:]...)...)
		}
	}
	return strings.Join(list, " ")
}
