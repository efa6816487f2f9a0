package oracle

import (
	"fmt"
	"strings"
)

// lookedUp shows rows of a table beside rows that refer to them by its key: where many refer to the same one, its texts are looked up when a row is
// read, and a limit is taken then. It orders by what it shows but the texts, and that decides what they are. condition is of the referring table's
// columns, given its alias; ok is false where no table has a key.
func (g *generator) lookedUp(condition func(alias string) string) (q query, ok bool) {
	var keyed []*table
	for _, t := range g.tables {
		if t.key {
			keyed = append(keyed, t)
		}
	}
	if len(keyed) == 0 {
		return query{}, false
	}
	g.hit("looked up")
	to := pick(g, keyed)
	from := pick(g, g.tables)
	g.alias += 2
	l, r := fmt.Sprintf("r%d", g.alias-1), fmt.Sprintf("r%d", g.alias)
	var shown []string
	show := func(alias string, c column) {
		name := fmt.Sprintf("c%d", len(q.columns))
		shown = append(shown, fmt.Sprintf("%s.%s AS %s", alias, c.name, name))
		q.columns = append(q.columns, column{name: name, kind: c.kind})
	}
	order := []string{r + ".id"}
	for _, c := range from.columns {
		if c.kind == integer && !g.oneIn(4) {
			show(l, c)
			order = append(order, l+"."+c.name)
		}
	}
	for i, c := range to.columns {
		if i > 0 || g.oneIn(2) {
			show(r, c)
		}
	}
	g.Shuffle(len(order), func(i, k int) { order[i], order[k] = order[k], order[i] })
	for i := range order {
		order[i] += pick(g, []string{"", " DESC", " NULLS FIRST", " DESC NULLS LAST"})
	}
	refers := l + ".k"
	if g.oneIn(3) { // more rows find one
		refers = "(" + refers + " & 3)"
	}
	q.sql = fmt.Sprintf("SELECT %s FROM %s %s %s %s %s ON %s.id = %s", strings.Join(shown, ", "), from.name, l,
		pick(g, []string{"JOIN", "LEFT JOIN"}), to.name, r, r, refers)
	if condition != nil {
		q.sql += " WHERE " + condition(l)
	}
	switch g.IntN(3) {
	case 0:
		return q, true
	case 1:
		q.sql += " ORDER BY " + strings.Join(order, ", ")
	default:
		q.sql += fmt.Sprintf(" ORDER BY %s LIMIT %d", strings.Join(order, ", "), 1+g.IntN(6))
		if g.oneIn(3) {
			q.sql += fmt.Sprintf(" OFFSET %d", g.IntN(3))
		}
	}
	return q, true
}
