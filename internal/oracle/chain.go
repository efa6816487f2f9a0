package oracle

import (
	"fmt"
	"strings"
)

// chain joins three to five tables, some of them more than once, each with one before it, by columns that are equal: what a delta join does.
func (g *generator) chain() (string, []column) {
	g.hit("chain")
	bare := func() (string, []column) {
		g.alias++
		g.weight++
		a := fmt.Sprintf("r%d", g.alias)
		t := pick(g, g.tables)
		return t.name + " " + a, qualified(a, t.columns)
	}
	integers := func(scope []column) (names []string) {
		for _, c := range scope {
			if c.kind == integer {
				names = append(names, c.name)
			}
		}
		return names
	}
	sql, scope := bare()
	sql = " FROM " + sql
	for range []int{2, 2, 2, 3, 3, 4}[g.IntN(6)] {
		t, cols := bare()
		on := []string{pick(g, integers(scope)) + " = " + pick(g, integers(cols))}
		both := append(append([]column(nil), scope...), cols...)
		switch {
		case g.oneIn(4):
			on = append(on, pick(g, integers(scope))+" = "+pick(g, integers(cols)))
		case g.oneIn(6):
			on = append(on, g.predicate(pick(g, [][]column{cols, both}), 1))
		}
		sql += " JOIN " + t + " ON " + strings.Join(on, " AND ")
		scope = both
	}
	return sql, scope
}
