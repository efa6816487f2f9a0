package engine

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
)

// ledger is what accepted transactions have changed and the frontier does not show yet: what the next one is validated against, too. Engine.mu
// guards it.
//
// The rows stay where they are, in the transactions' buffers. Which transaction was the last to change a row is found by its hash in recent, and
// that one, or in doubt all of them, are asked.
type ledger struct {
	number  uint64     // of the last transaction accepted,
	settled uint64     // and published
	open    []*pending // numbered one after the other: those that the frontier may not show
	large   []*pending // of these, the ones that recent does not know
	rows    int        // of the others, as far as they are disputable
	recent  []touch    // by hash; a power of two
	base    uint64
	unique  map[string]ledgerKey
	writing map[catalog.ID]int // by table: transactions accepted and not published
	last    map[catalog.ID]storage.Tick

	keepers int // large transactions being validated: nothing is forgotten meanwhile
}

// touch says that a transaction, and none after it, has changed a row. It is not taken out: it means nothing when the transaction is not open any
// more.
type touch struct {
	number uint32 // of the transaction, counted from base; 0: free
	tag    uint32 // of the row; several: of more than one
}

const (
	several   = 0
	minRecent = 1 << 10
	maxIdle   = 1 << 16 // of recent, while nothing is open
	ways      = 8       // a row may be in that many neighbouring slots, which are a line of the cache
)

// ledgerKey is who holds a unique key after transaction number: a primary key; nil: nobody.
type ledgerKey struct {
	number uint64
	bytes  []byte
}

func rowKey(dst []byte, id catalog.ID, key []byte) []byte {
	return append(binary.BigEndian.AppendUint32(dst[:0], uint32(id)), key...)
}

func (l *ledger) keep(n int) {
	if l.keepers += n; l.keepers == 0 {
		l.forget()
	}
}

// place is where a row is looked for in recent, and what it is told by there.
func (l *ledger) place(id catalog.ID, hash uint32) (at *[ways]touch, tag uint32) {
	x := (uint64(hash) | uint64(id)<<32) * 0x9E3779B97F4A7C15
	return (*[ways]touch)(l.recent[x>>20&uint64(len(l.recent)-1)&^(ways-1):]), uint32(x>>32) | 1
}

// row is the newest accepted state of a row (nil: there is none), if the frontier may not have it. hash is that of the key.
func (l *ledger) row(id catalog.ID, hash uint32, key []byte) (image []byte, known bool) {
	if len(l.open) == 0 {
		return nil, false
	}
	i, first := -1, l.open[0].number-l.base // i in open: the last one that may have changed it
	if l.rows > 0 {
		at, tag := l.place(id, hash)
		for _, x := range at {
			if x.tag == tag || x.tag == several {
				i = max(i, int(x.number)-int(first))
			}
		}
	}
	if n := len(l.large); n > 0 {
		i = max(i, int(l.large[n-1].number-l.open[0].number))
	}
	for ; i >= 0; i-- {
		if c, ok := l.open[i].writes.changed(id, hash, key); ok {
			return c.new, true
		}
	}
	return nil, false
}

// enter records what an accepted transaction changes. unique is who holds the unique keys that it changes.
func (l *ledger) enter(p *pending, unique map[string][]byte) {
	if l.unique == nil {
		l.unique = make(map[string]ledgerKey)
		l.writing, l.last = make(map[catalog.ID]int), make(map[catalog.ID]storage.Tick)
	}
	l.number++
	p.number = l.number
	for key, holder := range unique {
		l.unique[key] = ledgerKey{p.number, holder}
	}
	p.unique = unique
	for _, t := range p.writes.tables() {
		l.writing[t.ID]++
	}
	l.open = append(l.open, p)
	if p.size.disputed > largeCommit {
		l.large = append(l.large, p)
		return
	}
	l.rows += p.size.disputed
	if 4*l.rows <= len(l.recent) && p.number-l.base <= math.MaxUint32 {
		l.touch(p)
		return
	}
	l.base = l.open[0].number - 1
	l.recent = make([]touch, max(minRecent, 8<<bits.Len(uint(l.rows))))
	for _, o := range l.open {
		if o.size.disputed <= largeCommit {
			l.touch(o)
		}
	}
}

// touch enters the rows of a transaction into recent.
func (l *ledger) touch(p *pending) {
	first, number := uint32(l.open[0].number-l.base), uint32(p.number-l.base)
	for _, t := range p.writes.tables() {
		_ = p.writes.disputable(t.ID, func(c change) error {
			at, tag := l.place(t.ID, c.hash)
			to := 0 // its own slot, a free one, or where it makes one of several rows
			for i, x := range at {
				if x.tag == tag || x.number < first {
					to = i
					if x.tag == tag {
						break
					}
				}
			}
			if at[to].number >= first && at[to].tag != tag {
				tag = several
			}
			at[to] = touch{number, tag}
			return nil
		})
	}
}

// settle takes out what the frontier shows from tick t on. Transactions settle in their order.
func (l *ledger) settle(p *pending, t storage.Tick) {
	if p.number == 0 { // it has written nothing
		return
	}
	l.settled = p.number
	for _, table := range p.writes.tables() {
		if l.writing[table.ID]--; l.writing[table.ID] == 0 {
			delete(l.writing, table.ID)
		}
		l.last[table.ID] = t
	}
	if l.keepers == 0 {
		l.forget()
	}
}

// forget drops what is settled.
func (l *ledger) forget() {
	for len(l.open) > 0 && l.open[0].number <= l.settled {
		p := l.open[0]
		l.open[0] = nil
		l.open = l.open[1:]
		for key := range p.unique {
			if l.unique[key].number == p.number {
				delete(l.unique, key)
			}
		}
		if p.size.disputed > largeCommit {
			l.large = l.large[1:]
		} else {
			l.rows -= p.size.disputed
		}
	}
	if len(l.open) == 0 && len(l.recent) > maxIdle {
		l.recent = nil
	}
}

// checkReads fails (40001) if what a SERIALIZABLE transaction has read was changed since its snapshot.
func (l *ledger) checkReads(c *Commit) error {
	if c.Snapshot == nil {
		return nil
	}
	for _, r := range c.Reads {
		for _, o := range c.Snapshot.Catalog.Objects() {
			t, ok := o.(*catalog.Table)
			if ok && t.Tree == r.Tree && (l.writing[t.ID] > 0 || l.last[t.ID] > c.Snapshot.Tick) {
				return sqlerr.New(sqlerr.SerializationFailure, "could not serialize access due to read/write dependencies among transactions").
					WithDetail("Table %q was changed by another transaction.", t.Name).WithHint("The transaction might succeed if retried.")
			}
		}
	}
	return nil
}
