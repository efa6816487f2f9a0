package metamorphic

import (
	"fmt"
	"strings"

	"github.com/streamsql/streamsql/internal/oracle"
)

// relation are sides that give the same rows; a side is queries whose rows are taken together.
type relation struct {
	name  string
	sides [][]string
	scope oracle.Scope // the output columns
}

// relations are those that random queries are put in; the first one has queries that may fail.
var relations = []func(r *oracle.Random) relation{partition, partitionedJoin, partitionedGroups, joinOrder, outerJoin, mirrored, semijoin, quantified, setOperation}

func side(queries ...string) []string { return queries }

// three is a query of the rows where a condition is true, false and unknown.
func three(query, condition string) []string {
	return side(query+" WHERE "+condition, query+" WHERE NOT ("+condition+")", query+" WHERE ("+condition+") IS NULL")
}

// partition splits the rows of a query.
//
//	Q = Q where p + Q where not p + Q where p is null
func partition(r *oracle.Random) relation {
	sql, s := r.Query(2)
	whole := "SELECT s.* FROM (" + sql + ") s"
	return relation{"predicate split three ways", [][]string{side(whole), three(whole, r.Test(s.Of("s")))}, s}
}

// partitionedJoin splits below the select list, so that the predicate moves into the join.
func partitionedJoin(r *oracle.Random) relation {
	from, s := join(r, 2+r.IntN(2))
	whole := "SELECT " + s.List(0) + from
	return relation{"join split three ways", [][]string{side(whole), three(whole, r.Test(s))}, s.Renamed()}
}

// partitionedGroups counts the parts.
func partitionedGroups(r *oracle.Random) relation {
	from, s := join(r, 1+r.IntN(2))
	key := s.Names()[r.IntN(s.Len())]
	const counted = "SELECT %s AS c0, count(*)::int8 AS n%s GROUP BY 1"
	var parts []string
	for _, q := range three(from, r.Test(s)) {
		parts = append(parts, fmt.Sprintf(counted, key, q))
	}
	whole := fmt.Sprintf("SELECT c0, n::text FROM ("+counted+") w", key, from)
	return relation{"groups split three ways", [][]string{side(whole),
		side("SELECT c0, sum(n)::text AS n FROM (" + strings.Join(parts, " UNION ALL ") + ") p GROUP BY c0")}, oracle.Scope{}}
}

// join is a FROM clause of inner joins.
func join(r *oracle.Random, n int) (from string, s oracle.Scope) {
	from, s = r.Source(1)
	from = " FROM " + from
	for range n - 1 {
		other, t := r.Source(1)
		from += " JOIN " + other + " ON " + r.On(s, t)
		s = s.And(t)
	}
	return from, s
}

// joinOrder joins the same sources in other orders, with each condition at another place.
func joinOrder(r *oracle.Random) relation {
	n := 2 + r.IntN(3)
	sources, conditions := make([]string, n), make([]string, 0, n)
	var s oracle.Scope
	asWritten := ""
	for i := range sources {
		sql, t := r.Source(1)
		sources[i] = sql
		if i == 0 {
			asWritten, s = " FROM "+sql, t
			continue
		}
		on := r.On(s, t)
		conditions = append(conditions, on)
		asWritten += " JOIN " + sql + " ON " + on
		s = s.And(t)
	}
	list := "SELECT " + s.List(0)
	sides := [][]string{side(list + asWritten)}
	for _, comma := range []string{", ", " CROSS JOIN "} {
		r.Shuffle(n, func(i, k int) { sources[i], sources[k] = sources[k], sources[i] })
		r.Shuffle(n-1, func(i, k int) { conditions[i], conditions[k] = conditions[k], conditions[i] })
		sides = append(sides, side(list+" FROM "+strings.Join(sources, comma)+" WHERE "+strings.Join(conditions, " AND ")))
	}
	return relation{"order of joins", sides, s.Renamed()}
}

// outerJoin is the inner one and the rows that match nothing.
//
//	L left join R on p = L join R on p + (L where no R has p, NULL)
func outerJoin(r *oracle.Random) relation {
	left, l := r.Source(1)
	right, m := r.Source(1)
	on := r.On(l, m)
	list := "SELECT " + l.List(0) + ", " + m.List(l.Len())
	inner := list + " FROM " + left + " JOIN " + right + " ON " + on
	alone := "SELECT " + l.List(0) + ", " + m.Nulls(l.Len()) + " FROM " + left + " WHERE NOT EXISTS (SELECT FROM " + right + " WHERE " + on + ")"
	other := "SELECT " + l.Nulls(0) + ", " + m.List(l.Len()) + " FROM " + right + " WHERE NOT EXISTS (SELECT FROM " + left + " WHERE " + on + ")"
	if r.IntN(2) == 0 {
		return relation{"left join in parts", [][]string{side(list + " FROM " + left + " LEFT JOIN " + right + " ON " + on), side(inner, alone)}, l.And(m).Renamed()}
	}
	return relation{"full join in parts", [][]string{side(list + " FROM " + left + " FULL JOIN " + right + " ON " + on), side(inner, alone, other)},
		l.And(m).Renamed()}
}

// mirrored is an outer join the other way round, with a third source beside it.
func mirrored(r *oracle.Random) relation {
	left, l := r.Source(1)
	right, m := r.Source(1)
	third, n := r.Source(0)
	on, both := r.On(l, m), l.And(m)
	with := " JOIN " + third + " ON " + r.On(both, n)
	list := "SELECT " + both.And(n).List(0) + " FROM "
	kinds := [][2]string{{" LEFT JOIN ", " RIGHT JOIN "}, {" FULL JOIN ", " FULL JOIN "}}[r.IntN(2)]
	return relation{"mirrored" + strings.ToLower(kinds[0]), [][]string{side(list + left + kinds[0] + right + " ON " + on + with),
		side(list + right + kinds[1] + left + " ON " + on + with)}, both.And(n).Renamed()}
}

// semijoin is EXISTS, in other words.
func semijoin(r *oracle.Random) relation {
	left, l := r.Source(1)
	right, m := r.Source(1)
	on := r.On(l, m)
	list := "SELECT " + l.List(0) + " FROM " + left + " WHERE "
	if r.IntN(2) == 0 {
		return relation{"EXISTS is a count", [][]string{side(list + "EXISTS (SELECT FROM " + right + " WHERE " + on + ")"),
			side(list + "(SELECT count(*) FROM " + right + " WHERE " + on + ") > 0"), side(list + "1 IN (SELECT 1 FROM " + right + " WHERE " + on + ")")}, l.Renamed()}
	}
	return relation{"NOT EXISTS is a count", [][]string{side(list + "NOT EXISTS (SELECT FROM " + right + " WHERE " + on + ")"),
		side(list + "(SELECT count(*) FROM " + right + " WHERE " + on + ") = 0"), side(list + "1 NOT IN (SELECT 1 FROM " + right + " WHERE " + on + ")")}, l.Renamed()}
}

// quantified is a comparison with the rows of a subquery, in other words.
func quantified(r *oracle.Random) relation {
	left, l := r.Source(1)
	right, m := r.Source(1)
	x, y, ok := r.Pair(l, m)
	if !ok {
		return semijoin(r)
	}
	list := "SELECT " + l.List(0) + " FROM " + left + " WHERE "
	rows := "(SELECT " + y + " FROM " + right + " WHERE " + r.On(l, m) + ")"
	switch r.IntN(3) {
	case 0:
		return relation{"IN is = ANY", [][]string{side(list + x + " IN " + rows), side(list + x + " = ANY " + rows), side(list + "NOT (" + x + " NOT IN " + rows + ")"),
			side(list + "NOT (" + x + " <> ALL " + rows + ")")}, l.Renamed()}
	case 1:
		return relation{"NOT IN is <> ALL", [][]string{side(list + x + " NOT IN " + rows), side(list + x + " <> ALL " + rows), side(list + "NOT (" + x + " IN " + rows + ")"),
			side(list + "NOT (" + x + " = ANY " + rows + ")")}, l.Renamed()}
	}
	return relation{"< ANY is not >= ALL", [][]string{side(list + x + " < ANY " + rows), side(list + "NOT (" + x + " >= ALL " + rows + ")")}, l.Renamed()}
}

// setOperation puts EXCEPT and INTERSECT together again.
//
//	L = L except all R + L intersect all R
func setOperation(r *oracle.Random) relation {
	if r.Images() { // which of equal values remains is not said
		return semijoin(r)
	}
	left, s := r.Query(1)
	columns := strings.Join(s.Names(), ", ")
	l := "SELECT " + columns + " FROM (" + left + ") l"
	m := "SELECT " + columns + " FROM (" + left + ") m WHERE " + r.Test(s.Of("m"))
	if r.IntN(2) == 0 {
		return relation{"EXCEPT ALL and INTERSECT ALL", [][]string{side(l), side(l+" EXCEPT ALL "+m, l+" INTERSECT ALL "+m)}, oracle.Scope{}}
	}
	return relation{"UNION is DISTINCT", [][]string{side(l + " UNION " + m), side("SELECT DISTINCT * FROM (" + l + " UNION ALL " + m + ") d"),
		side("SELECT " + columns + " FROM (" + l + " UNION ALL " + m + ") g GROUP BY " + columns)}, oracle.Scope{}}
}
