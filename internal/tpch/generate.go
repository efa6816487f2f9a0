package tpch

import (
	"fmt"
	"iter"
	"math"
	"strings"
	"time"
)

// Generator makes the rows of all tables at a scale; the same ones each time.
type Generator struct{ Scale float64 }

// The streams of random values.
const (
	ofSupplier = iota + 1
	ofPart
	ofPartSupp
	ofCustomer
	ofOrder
)

func (g Generator) times(n int) int { return max(1, int(math.Round(float64(n)*g.Scale))) }
func (g Generator) suppliers() int  { return max(4, g.times(10_000)) }
func (g Generator) parts() int      { return g.times(200_000) }
func (g Generator) customers() int  { return max(3, g.times(150_000)) }
func (g Generator) orders() int     { return g.times(1_500_000) }

// Rows are the lines of a table.
func (g Generator) Rows(table string) iter.Seq[string] {
	each := func(n int, row func(i int) string) iter.Seq[string] {
		return func(yield func(string) bool) {
			for i := range n {
				if !yield(row(i)) {
					return
				}
			}
		}
	}
	switch table {
	case "region":
		return each(len(regions), func(i int) string { return fmt.Sprintf("%d|%s|%s", i, regions[i], regions[i]) })
	case "nation":
		return each(len(nations), func(i int) string { return fmt.Sprintf("%d|%s|%d|", i, nations[i].name, nations[i].region) })
	case "supplier":
		return each(g.suppliers(), func(i int) string { return g.supplier(i + 1) })
	case "part":
		return each(g.parts(), func(i int) string { return g.part(i + 1) })
	case "partsupp":
		return each(4*g.parts(), func(i int) string { return g.partSupp(i/4+1, i%4) })
	case "customer":
		return each(g.customers(), func(i int) string { return g.customer(i + 1) })
	case "orders":
		return each(g.orders(), func(i int) string { o, _ := g.order(baseKey(i + 1)); return o })
	}
	return func(yield func(string) bool) {
		for i := range g.orders() {
			_, lines := g.order(baseKey(i + 1))
			for _, l := range lines {
				if !yield(l) {
					return
				}
			}
		}
	}
}

// supplier: five in ten thousand have a comment that complains, five one that recommends.
func (g Generator) supplier(key int) string {
	r := seeded(ofSupplier, int64(key))
	nation, balance := r.IntN(25), r.between(-99_999, 999_999)
	comment := r.text(63)
	switch r.IntN(2000) {
	case 0:
		comment = "Customer " + comment[:10] + "Complaints"
	case 1:
		comment = "Customer " + comment[:10] + "Recommends"
	}
	var l line
	return l.int(key).text(fmt.Sprintf("Supplier#%09d", key)).text(r.letters(25)).int(nation).text(r.phone(nation)).money(balance).text(comment).String()
}

func (g Generator) part(key int) string {
	r := seeded(ofPart, int64(key))
	names := make([]string, 5)
	for i, n := range r.Perm(len(colours))[:5] {
		names[i] = colours[n]
	}
	maker := r.between(1, 5)
	var l line
	return l.int(key).text(strings.Join(names, " ")).text(fmt.Sprintf("Manufacturer#%d", maker)).text(fmt.Sprintf("Brand#%d%d", maker, r.between(1, 5))).
		text(r.of(types[0]) + " " + r.of(types[1]) + " " + r.of(types[2])).int(r.between(1, 50)).text(r.of(containers[0]) + " " + r.of(containers[1])).
		money(retailPrice(key)).text(r.text(14)).String()
}

func retailPrice(part int) int { return 90_000 + part/10%20_001 + 100*(part%1000) }

// supplierOf is the n-th of the four suppliers of a part.
func (g Generator) supplierOf(part, n int) int {
	s := g.suppliers()
	return (part+n*(s/4+(part-1)/s))%s + 1
}

func (g Generator) partSupp(part, n int) string {
	r := seeded(ofPartSupp, int64(part)*4+int64(n))
	var l line
	return l.int(part).int(g.supplierOf(part, n)).int(r.between(1, 9999)).money(r.between(100, 100_000)).text(r.text(124)).String()
}

func (g Generator) customer(key int) string {
	r := seeded(ofCustomer, int64(key))
	nation := r.IntN(25)
	var l line
	return l.int(key).text(fmt.Sprintf("Customer#%09d", key)).text(r.letters(25)).int(nation).text(r.phone(nation)).money(r.between(-99_999, 999_999)).
		text(r.of(segments)).text(r.text(73)).String()
}

// Order keys: of each 32, the first eight are there at the beginning; the refresh functions take others.
func baseKey(n int) int       { return n>>3<<5 | n&7 }
func freshKey(n, set int) int { return n>>3<<5 | (1+set%3)<<3 | n&7 }

var (
	firstDay = time.Date(1992, 1, 1, 0, 0, 0, 0, time.UTC)
	lastDay  = dayOf(time.Date(1998, 12, 31, 0, 0, 0, 0, time.UTC))
	today    = dayOf(time.Date(1995, 6, 17, 0, 0, 0, 0, time.UTC))
)

func dayOf(t time.Time) int { return int(t.Sub(firstDay).Hours() / 24) }
func dateOf(day int) string { return firstDay.AddDate(0, 0, day).Format(time.DateOnly) }

// order is an order with its lines. Customers whose key is a multiple of three have none.
func (g Generator) order(key int) (order string, lines []string) {
	r := seeded(ofOrder, int64(key))
	customer := r.between(1, g.customers())
	for customer%3 == 0 {
		customer = r.between(1, g.customers())
	}
	day := r.between(0, lastDay-151)
	total, shipped := 0, 0
	for n := range r.between(1, 7) {
		part, quantity := r.between(1, g.parts()), r.between(1, 50)
		price, discount, tax := quantity*retailPrice(part), r.between(0, 10), r.between(0, 8)
		ship, commit := day+r.between(1, 121), day+r.between(30, 90)
		receipt := ship + r.between(1, 30)
		returned, status := "N", "O"
		if receipt <= today {
			returned = r.of([]string{"R", "A"})
		}
		if ship <= today {
			status = "F"
			shipped++
		}
		total += price * (100 - discount) / 100 * (100 + tax) / 100
		var l line
		l.int(key).int(part).int(g.supplierOf(part, r.IntN(4))).int(n + 1).int(quantity).money(price).money(discount).money(tax).text(returned).text(status).
			text(dateOf(ship)).text(dateOf(commit)).text(dateOf(receipt)).text(r.of(instructions)).text(r.of(modes)).text(r.text(27))
		lines = append(lines, l.String())
	}
	status := "P"
	switch shipped {
	case 0:
		status = "O"
	case len(lines):
		status = "F"
	}
	var l line
	l.int(key).int(customer).text(status).money(total).text(dateOf(day)).text(r.of(priorities)).text(fmt.Sprintf("Clerk#%09d", r.between(1, g.times(1000)))).
		int(0).text(r.text(49))
	return l.String(), lines
}
