package physical

import (
	"slices"

	"github.com/streamsql/streamsql/types"
)

// size is an estimate of a part of a cluster beside the other ones: its rows, and the share of them that filters have left. It is made of keys and
// filters alone: views are made over empty tables, and a query must have the same plan again after a restart.
type size struct{ rows, share float64 }

// quarter is what a filter lets pass, and how many rows there are of what the rows of another part meet at most once.
const quarter = 0.25

// estimate sets the sizes of the inputs of a cluster.
func (g *graph) estimate(parts []part) {
	for i := range parts {
		parts[i].size = size{1, 1}
	}
	for range parts {
		for i := range parts {
			for j := range parts {
				if i == j {
					continue
				}
				if iOnce, jOnce := g.once(parts[i], parts[j]); jOnce && !iOnce {
					parts[j].size.rows = min(parts[j].size.rows, parts[i].size.rows*quarter)
				}
			}
		}
	}
	for i := range parts {
		if s := &parts[i].size; parts[i].filtered {
			s.share, s.rows = quarter, s.rows*quarter
		}
	}
}

// once tells whether a row of l, of r, is met at most once by each row of the other one.
func (g *graph) once(l, r part) (lOnce, rOnce bool) {
	keys := g.classKeys(l, r)
	more, _ := g.otherKeys(l, r)
	keys = append(keys, more...)
	return l.props.UniqueOn(keyCols(keys, true)), r.props.UniqueOn(keyCols(keys, false))
}

// joined estimates the join of two parts.
func (g *graph) joined(l, r part) size {
	out := size{share: l.size.share * r.size.share}
	switch lOnce, rOnce := g.once(l, r); {
	case rOnce:
		out.rows = l.size.rows * r.size.share
	case lOnce:
		out.rows = r.size.rows * l.size.share
	default:
		out.rows = l.size.rows * r.size.rows / quarter
	}
	return out
}

// bytes estimates what an arrangement of a part takes, beside others: nothing if it stands.
func (b *Builder) bytes(a *Arrange, p part) float64 {
	ts := a.In.Types()
	entry := func(cols []int) (n float64) {
		n = 14 // slot, lengths, what lies idle in a page
		for _, c := range cols {
			n += width(ts[c])
		}
		return n
	}
	_, whole := a.In.(*Scan)
	switch {
	case a.Thin && b.stands(p.base, a.Key):
		return 0
	case a.Thin:
		whole := slices.Clone(a.Key)
		for _, k := range p.base.Table.PrimaryKey {
			if !slices.Contains(whole, k) {
				whole = append(whole, k)
			}
		}
		return p.size.rows / p.size.share * entry(whole)
	case whole && p.base != nil && p.base.Table != nil && len(a.Key) > 0:
		return 0 // the table's own tree
	}
	n := p.size.rows * entry(a.Key)
	for _, t := range ts {
		n += p.size.rows * width(t) / 2
	}
	return n
}

// width is what a value takes in a key, about; in an image it is half of it.
func width(t types.Type) float64 {
	switch t.Rep() {
	case types.RepInt:
		return 6
	case types.RepFloat:
		return 16
	}
	return 24
}
