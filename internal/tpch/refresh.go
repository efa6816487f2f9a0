package tpch

import (
	"strconv"
	"strings"
)

// Refresh is a pair of the refresh functions, clauses 2.5 and 2.6.
type Refresh struct {
	Orders, Lines string // RF1: what Copy reads
	Delete        string // RF2: the statements
	Rows          int    // inserted
}

// Refresh makes pair n, from 0 on: RF1 adds orders, one for each thousand, with their lines; RF2 takes as many of the first ones away.
func (g Generator) Refresh(n int) Refresh {
	count := g.times(1500)
	var orders, lines strings.Builder
	var keys []string
	var p Refresh
	for i := n*count + 1; i <= (n+1)*count; i++ {
		o, ls := g.order(freshKey(i, n))
		orders.WriteString(o + "\n")
		for _, l := range ls {
			lines.WriteString(l + "\n")
		}
		p.Rows += 1 + len(ls)
		keys = append(keys, strconv.Itoa(baseKey(i)))
	}
	p.Orders, p.Lines = orders.String(), lines.String()
	in := " IN (" + strings.Join(keys, ", ") + ");"
	p.Delete = "BEGIN; DELETE FROM orders WHERE o_orderkey" + in + " DELETE FROM lineitem WHERE l_orderkey" + in + " COMMIT"
	return p
}
