package engine

import (
	"bytes"
	"slices"
	"sort"
)

// limitedIter walks what the limit leaves of each value of the parameters: a part of the tree, whose rows are held while they are walked.
type limitedIter struct {
	finishedIter
	part  []byte // its key
	rows  []limitedRow
	arena []byte
	i     int
	// loaded: rows are those of part.
	loaded bool
}

type limitedRow struct {
	from, to int // in the arena
	weight   int64
}

// entry is row i as the tree has it.
func (l *limitedIter) entry(i int) []byte { return l.arena[l.rows[i].from:l.rows[i].to] }

func (l *limitedIter) SeekGE(key []byte) bool {
	key = l.stored(key)
	for ok := l.it.SeekGE(key); ok; ok = l.it.SeekGE(key) {
		l.load()
		if l.i = l.search(key); l.i < len(l.rows) {
			return l.at(true)
		}
		if key = successor(slices.Clone(l.part)); key == nil {
			break
		}
	}
	return l.at(false)
}

func (l *limitedIter) SeekLT(key []byte) bool {
	key = l.stored(key)
	for ok := l.it.SeekLT(key); ok; ok = l.it.SeekLT(key) {
		l.load()
		if l.i = len(l.rows) - 1; key != nil {
			l.i = l.search(key) - 1
		}
		if l.i >= 0 {
			return l.at(true)
		}
		if key = slices.Clone(l.part); len(key) == 0 {
			break
		}
	}
	return l.at(false)
}

// search finds the first row from key on.
func (l *limitedIter) search(key []byte) int {
	return sort.Search(len(l.rows), func(i int) bool { return bytes.Compare(l.entry(i), key) >= 0 })
}

func (l *limitedIter) Next() bool {
	if l.i++; l.i < len(l.rows) {
		return l.at(true)
	}
	end := successor(slices.Clone(l.part))
	return end != nil && l.SeekGE(end) || l.at(false)
}

func (l *limitedIter) Prev() bool {
	if l.i--; l.i >= 0 {
		return l.at(true)
	}
	return len(l.part) > 0 && l.SeekLT(slices.Clone(l.part)) || l.at(false)
}

func (l *limitedIter) Weight() int64 { return l.rows[l.i].weight }

func (l *limitedIter) Key() []byte { return l.give(l.entry(l.i)) }

func (l *limitedIter) storedKey() []byte { return l.entry(l.i) }

// load takes the rows of the part at which the tree's iterator stands.
func (l *limitedIter) load() {
	at := l.it.Key()
	if l.loaded && bytes.HasPrefix(at, l.part) {
		return
	}
	l.loaded = true
	l.part = append(l.part[:0], at[:l.f.prefixLen(at, l.f.view.Params)]...)
	l.rows, l.arena = l.rows[:0], l.arena[:0]
	end := l.f.Offset + l.f.Limit
	for ok, seen := l.it.SeekGE(l.part), int64(0); ok; ok = l.it.Next() {
		at = l.it.Key()
		if !bytes.HasPrefix(at, l.part) || seen >= end && !l.tied(at) {
			break
		}
		w := l.it.Weight()
		l.rows = append(l.rows, limitedRow{len(l.arena), len(l.arena) + len(at), w})
		l.arena = append(l.arena, at...)
		seen += w
	}
	l.cut(end)
}

// tied tells whether an entry behind the limit may come before the last one: only what is looked up parts them.
func (l *limitedIter) tied(at []byte) bool {
	n := len(l.rows)
	return len(l.f.tables) > 0 && n > 0 && l.same(n-1, at)
}

// same tells whether row i has the key of an entry.
func (l *limitedIter) same(i int, at []byte) bool {
	n := l.f.keyLen(at)
	row := l.entry(i)
	return bytes.HasPrefix(row, at[:n]) && l.f.keyLen(row) == n
}

// cut leaves the rows that the limit takes, in the order of the tree.
func (l *limitedIter) cut(end int64) {
	var order []int // nil: that of the tree
	if len(l.f.tables) > 0 {
		order = l.orderTie(order, l.f.Offset)
		order = l.orderTie(order, end)
	}
	w := window{skip: l.f.Offset, left: l.f.Limit}
	for k := range l.rows {
		i := k
		if order != nil {
			i = order[k]
		}
		l.rows[i].weight = w.take(l.rows[i].weight)
	}
	l.rows = slices.DeleteFunc(l.rows, func(r limitedRow) bool { return r.weight == 0 })
}

// orderTie puts the rows with the key that is parted behind n copies in the order of their images.
func (l *limitedIter) orderTie(order []int, n int64) []int {
	i := 0
	for ; i < len(l.rows) && n >= l.rows[i].weight; i++ {
		n -= l.rows[i].weight
	}
	if i == len(l.rows) {
		return order
	}
	at := l.entry(i)
	from, to := i, i+1
	for from > 0 && l.same(from-1, at) {
		from--
	}
	for to < len(l.rows) && l.same(to, at) {
		to++
	}
	if to-from == 1 || from == i && n == 0 {
		return order
	}
	if order == nil {
		order = make([]int, len(l.rows))
		for k := range order {
			order[k] = k
		}
	}
	whole := make(map[int][]byte, to-from)
	for k := from; k < to; k++ {
		whole[k] = l.f.complete(nil, l.entry(k), &l.reader, true)
	}
	slices.SortFunc(order[from:to], func(a, b int) int { return bytes.Compare(whole[a], whole[b]) })
	return order
}
