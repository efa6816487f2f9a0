package oracle

import "fmt"

// wideChange is a change by what other rows have, or one that is taken back.
func (g *generator) wideChange(t *table) string {
	u := pick(g, g.tables)
	switch g.IntN(7) {
	case 0: // there and back
		return fmt.Sprintf("UPDATE %[1]s SET k = k + 1; UPDATE %[1]s SET k = k - 1", t.name)
	case 1:
		if t.key && t.unique == "" {
			return fmt.Sprintf("UPDATE %[1]s SET id = -abs(id) WHERE %[2]s", t.name, g.where(t))
		}
	case 2:
		return fmt.Sprintf("UPDATE %s SET k = s.n FROM (SELECT k, count(*)::int4 AS n FROM %s GROUP BY k) s WHERE %s.k = s.k AND %s",
			t.name, u.name, t.name, g.where(&table{name: t.name, columns: []column{{name: t.name + ".k", kind: integer}}}))
	case 3:
		return fmt.Sprintf("DELETE FROM %s USING %s u WHERE %s.k = u.k AND u.k %s %s", t.name, u.name, t.name, pick(g, comparisons), g.constant(integer, false))
	case 4:
		if !t.key && t.unique == "" {
			return fmt.Sprintf("INSERT INTO %s (k) SELECT k FROM %s ORDER BY k LIMIT 3", t.name, u.name)
		}
	case 5:
		c := pick(g, t.columns)
		if (!t.key || c.name != "id") && c.name != t.unique {
			return fmt.Sprintf("UPDATE %s SET %s = NULL", t.name, c.name)
		}
	case 6:
		if g.oneIn(3) {
			return "TRUNCATE " + t.name
		}
	}
	return g.changeOf(t, g.IntN(20))
}
