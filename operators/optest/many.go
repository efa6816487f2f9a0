package optest

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/types"
)

// many is a random join of tables, some of them the same.
func (g *Gen) many() Plan {
	tables := slices.DeleteFunc(slices.Clone(g.Bases), func(b *Base) bool { return b.Key == nil })
	if len(tables) == 0 {
		g.Bases[0].Key = []int{0}
		tables = g.Bases[:1]
	}
	m := &Many{}
	for range 2 + g.Intn(3) {
		m.Tables = append(m.Tables, tables[g.Intn(len(tables))])
	}
	ts, from := m.Types(), m.from()
	for i := 1; i < len(m.Tables); i++ { // each is joined with one before
		ints := columnsOfType(m.Tables[i].Cols, int4)
		m.Equal = append(m.Equal, [2]int{from[g.Intn(i)], from[i] + ints[g.Intn(len(ints))]}) // the first column of each is an int4
		for range g.Intn(3) {
			l := g.Intn(from[i])
			if to := columnsOfType(m.Tables[i].Cols, ts[l]); len(to) > 0 {
				m.Equal = append(m.Equal, [2]int{l, from[i] + to[g.Intn(len(to))]})
			}
		}
	}
	where := make([]expr.Expr, len(m.Tables))
	for i, b := range m.Tables {
		if k := g.Intn(len(b.Cols)); g.chance(30) {
			c := &expr.Col{ID: from[i] + k, T: b.Cols[k]}
			where[i] = Call([]string{"=", "<>", "<"}[g.Intn(3)], c, &expr.Const{D: g.Datum(c.T, false), T: c.T})
		}
	}
	for i := range m.Tables {
		m.Paths = append(m.Paths, g.manyPath(m, i, where))
	}
	if len(ts) > 4 || g.chance(50) {
		return g.project(m)
	}
	return m
}

func (p *Many) from() []int {
	from, n := []int{}, 0
	for _, b := range p.Tables {
		from = append(from, n)
		n += len(b.Cols)
	}
	return from
}

// tableOf is which table has an output column.
func (p *Many) tableOf(col int) int {
	from := p.from()
	i := len(from) - 1
	for from[i] > col {
		i--
	}
	return i
}

// manyPath goes through the tables in a random order in which each has a key. An equality is a key, or a condition as soon as it can be decided.
func (g *Gen) manyPath(m *Many, start int, where []expr.Expr) ManyPath {
	p := ManyPath{Where: where[start]}
	ts, from := m.Types(), m.from()
	bound := map[int]bool{start: true}
	for len(bound) < len(m.Tables) {
		for _, t := range g.Perm(len(m.Tables)) {
			if bound[t] {
				continue
			}
			s := ManyStep{Table: t}
			conds := []expr.Expr{}
			for _, e := range m.Equal {
				l, r := e[0], e[1]
				if m.tableOf(l) == t {
					l, r = r, l
				}
				if m.tableOf(r) != t || !bound[m.tableOf(l)] {
					continue
				}
				if by := r - from[t]; !slices.Contains(s.By, by) && (len(s.By) == 0 || g.chance(50)) {
					s.Key, s.By = append(s.Key, l), append(s.By, by)
				} else {
					conds = append(conds, Call("=", &expr.Col{ID: l, T: ts[l]}, &expr.Col{ID: r, T: ts[r]}))
				}
			}
			if len(s.By) == 0 {
				continue
			}
			if where[t] != nil {
				conds = append(conds, where[t])
			}
			if len(conds) > 0 {
				s.Where = &expr.And{Args: append(conds, expr.Bool(true))}
			}
			p.Steps, bound[t] = append(p.Steps, s), true
			break
		}
	}
	return p
}

// evalMany is nested loops.
func evalMany(p *Many, ins []*Rel, out *Rel) {
	rows := []Row{{nil, 1}}
	for _, in := range ins {
		var next []Row
		for _, a := range rows {
			for _, b := range in.Rows {
				next = append(next, Row{append(slices.Clone(a.D), b.D...), a.W * b.W})
			}
		}
		rows = next
	}
	for _, r := range rows {
		if p.joins(out.Types, r.D) {
			out.Rows = append(out.Rows, r)
		}
	}
}

func (p *Many) joins(ts []types.Type, row []types.Datum) bool {
	for _, e := range p.Equal {
		a, b := row[e[0]], row[e[1]]
		if a.IsNull() || b.IsNull() || types.Compare(ts[e[0]], a, b) != 0 {
			return false
		}
	}
	for _, path := range p.Paths {
		if path.Where != nil {
			if v, err := expr.EvalRow(ctx(), path.Where, row); err != nil || v.IsNull() || !v.Bool() {
				return false
			}
		}
	}
	return true
}

// buildMany takes standing arrangements where there are.
func (g *Graph) buildMany(p *Many, made map[Plan]*node, own map[string]*operators.Arranged) *node {
	var waits []*operators.Side
	spec := operators.DeltaSpec{Ready: func() bool {
		return !slices.ContainsFunc(waits, func(s *operators.Side) bool { return !s.Done() })
	}}
	for i, b := range p.Tables {
		a := g.shared[shareKey(b, b.Key)]
		if i == 0 {
			spec.Tables = append(spec.Tables, operators.NewScanSide(a, g.Rate, g.Maps))
		} else {
			spec.Tables = append(spec.Tables, operators.NewSide(a))
		}
	}
	var reads []*node
	for _, path := range p.Paths {
		d := operators.DeltaPath{Where: path.Where}
		for _, s := range path.Steps {
			a, _ := g.input(p.Tables[s.Table], s.By, made, own)
			waits, reads = append(waits, g.owner[a].sides...), append(reads, g.owner[a])
			d.Steps = append(d.Steps, operators.DeltaStep{Table: s.Table, In: a, Key: s.Key, Where: s.Where})
		}
		spec.Paths = append(spec.Paths, d)
	}
	n := g.node(operators.NewDeltaJoin(g.ctx, spec))
	g.attach(n, spec.Tables...)
	n.reads = append(n.reads, reads...)
	return n
}
