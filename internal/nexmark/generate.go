// Package nexmark is the Nexmark benchmark: its event generator, and its queries that need no time window.
//
// The generator follows the public implementations in distributions, not in random numbers: events are persons, auctions and bids, 1:3:46, with
// their skews; event n is the same each time.
package nexmark

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/streamsql/streamsql/types"
)

// Kind is the table of an event.
type Kind uint8

// The kinds.
const (
	Person Kind = iota
	Auction
	Bid
)

// Schema makes the tables, and q13's side input.
const Schema = `
CREATE TABLE person (id int8 PRIMARY KEY, name text NOT NULL, email_address text NOT NULL, credit_card text NOT NULL, city text NOT NULL,
	state text NOT NULL, date_time timestamp NOT NULL, extra text NOT NULL);
CREATE TABLE auction (id int8 PRIMARY KEY, item_name text NOT NULL, description text NOT NULL, initial_bid int8 NOT NULL, reserve int8 NOT NULL,
	date_time timestamp NOT NULL, expires timestamp NOT NULL, seller int8 NOT NULL, category int8 NOT NULL, extra text NOT NULL);
CREATE TABLE bid (auction int8 NOT NULL, bidder int8 NOT NULL, price int8 NOT NULL, channel text NOT NULL, url text NOT NULL,
	date_time timestamp NOT NULL, extra text NOT NULL);
CREATE TABLE side_input (key int8 PRIMARY KEY, value text NOT NULL);
INSERT INTO side_input SELECT i, i::text FROM generate_series(0, 9999) AS i;
`

// Tables are the names, by kind, Columns their types.
var (
	Tables  = [...]string{Person: "person", Auction: "auction", Bid: "bid"}
	Columns = [...][]types.Type{
		Person:  columns("itttttst"),
		Auction: columns("ittiissiit"),
		Bid:     columns("iiittst"),
	}
)

func columns(s string) (ts []types.Type) {
	for _, c := range s {
		ts = append(ts, types.Of(map[rune]types.Kind{'i': types.Int8, 't': types.Text, 's': types.Timestamp}[c]))
	}
	return ts
}

const (
	perEpoch       = 50 // events: a person, three auctions, 46 bids
	firstPerson    = 1000
	firstAuction   = 1000
	firstCategory  = 10
	categories     = 5
	activePeople   = 1000
	inFlight       = 100
	leads          = 10
	hotGroup       = 100
	eventDelay     = 100 * time.Microsecond
	channelsBeside = 10_000
)

var (
	base       = time.Date(2015, 7, 15, 0, 0, 0, 0, time.UTC)
	firstNames = []string{"Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"}
	lastNames  = []string{"Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"}
	cities     = []string{"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent", "Cheyenne"}
	states     = []string{"AZ", "CA", "ID", "OR", "WA", "WY"}
	hot        = []string{"Google", "Facebook", "Baidu", "Apple"}
)

// Generator makes events. It is for one goroutine.
type Generator struct {
	pcg *rand.PCG
	*rand.Rand
	buf []byte
	row []types.Datum
}

// NewGenerator makes a generator.
func NewGenerator() *Generator {
	pcg := rand.NewPCG(0, 0)
	return &Generator{pcg: pcg, Rand: rand.New(pcg)}
}

// Event is event n. The row is valid until the next call.
func (g *Generator) Event(n int64) (Kind, []types.Datum) {
	g.pcg.Seed(42, uint64(n))
	g.buf, g.row = g.buf[:0], g.row[:0]
	switch rest := n % perEpoch; {
	case rest < 1:
		g.person(n)
		return Person, g.row
	case rest < 4:
		g.auction(n)
		return Auction, g.row
	}
	g.bid(n)
	return Bid, g.row
}

// lastPerson and lastAuction are the newest ids, without their base, as of event n.
func lastPerson(n int64) int64 { return n / perEpoch }

func lastAuction(n int64) int64 {
	epoch, offset := n/perEpoch, n%perEpoch
	switch {
	case offset < 1:
		epoch, offset = epoch-1, 2
	case offset >= 4:
		offset = 2
	default:
		offset--
	}
	return epoch*3 + offset
}

func (g *Generator) person(n int64) {
	g.int(firstPerson + lastPerson(n))
	g.text(g.of(firstNames) + " " + g.of(lastNames))
	g.text(string(g.letters(3, 7, ' ')) + "@" + string(g.letters(3, 5, ' ')) + ".com")
	g.text(fmt.Sprintf("%04d %04d %04d %04d", g.IntN(10_000), g.IntN(10_000), g.IntN(10_000), g.IntN(10_000)))
	g.text(g.of(cities))
	g.text(g.of(states))
	g.time(n)
	g.extra(200)
}

func (g *Generator) auction(n int64) {
	price := g.price()
	g.int(firstAuction + lastAuction(n))
	g.bytes(g.letters(3, 20, ' '))
	g.bytes(g.letters(3, 100, ' '))
	g.int(price)
	g.int(price + g.price())
	g.time(n)
	horizon := int64(inFlight * perEpoch / 3 * eventDelay / time.Millisecond)
	g.row = append(g.row, types.NewInt(at(n)+1000*(1+g.Int64N(2*horizon))))
	g.int(firstPerson + g.someone(n, 0))
	g.int(firstCategory + g.Int64N(categories))
	g.extra(500)
}

func (g *Generator) bid(n int64) {
	auction := lastAuction(n)
	if g.IntN(2) == 0 {
		auction = auction / hotGroup * hotGroup
	} else {
		from := max(0, auction-inFlight)
		auction = from + g.Int64N(auction-from+1+leads)
	}
	g.int(firstAuction + auction)
	g.int(firstPerson + g.someone(n, 1))
	g.int(g.price())
	if g.IntN(2) == 0 {
		i := g.IntN(len(hot))
		g.text(hot[i])
		g.text("https://www.nexmark.com/hot/" + hot[i] + "/front/item.htm?query=1")
	} else {
		c := g.IntN(channelsBeside)
		g.text("channel-" + strconv.Itoa(c))
		g.text(g.url(c))
	}
	g.time(n)
	g.extra(100)
}

// someone is a person: one in four of the active ones, some of whom are not there yet; else the hot one of the newest hundred, plus step.
func (g *Generator) someone(n, step int64) int64 {
	last := lastPerson(n)
	if g.IntN(4) > 0 {
		return last/hotGroup*hotGroup + step
	}
	active := min(last+1, activePeople)
	return last + 1 - active + g.Int64N(active+leads)
}

func (g *Generator) url(channel int) string {
	u := "https://www.nexmark.com/" + string(g.letters(3, 5, '_')) + "/" + string(g.letters(3, 5, '_')) + "/" + string(g.letters(3, 5, '_')) + "/item.htm?query=1"
	if g.IntN(10) > 0 {
		id := int64(int32(bits.Reverse32(uint32(channel))))
		u += "&channel_id=" + strconv.FormatInt(max(id, -id), 10)
	}
	return u
}

// price is log-uniform, in cents.
func (g *Generator) price() int64 { return int64(math.Round(math.Pow(10, 6*g.Float64()) * 100)) }

func (g *Generator) of(list []string) string { return list[g.IntN(len(list))] }

// letters is a string of lo to hi-1 small letters, one in thirteen a delimiter, but not at its ends.
func (g *Generator) letters(lo, hi int, delimiter byte) []byte {
	n, from := lo+g.IntN(hi-lo), len(g.buf)
	for i := range n {
		c := 'a' + byte(g.IntN(26))
		if g.IntN(13) == 0 && i > 0 && i < n-1 {
			c = delimiter
		}
		g.buf = append(g.buf, c)
	}
	return g.buf[from:len(g.buf):len(g.buf)]
}

// extra pads the row to size bytes on average, a fifth more or less.
func (g *Generator) extra(size int) {
	for _, d := range g.row {
		size -= max(8, len(d.Bytes()))
	}
	if size < 5 {
		g.text("")
		return
	}
	g.bytes(g.letters(size-size/5, size+size/5+1, ' '))
}

func at(n int64) int64 {
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	return base.Add(time.Duration(n) * eventDelay).Truncate(time.Millisecond).Sub(epoch).Microseconds()
}

func (g *Generator) int(v int64)    { g.row = append(g.row, types.NewInt(v)) }
func (g *Generator) text(s string)  { g.row = append(g.row, types.NewString(s)) }
func (g *Generator) bytes(b []byte) { g.row = append(g.row, types.NewBytes(b)) }
func (g *Generator) time(n int64)   { g.int(at(n)) }
