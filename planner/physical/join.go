package physical

import (
	"slices"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

// part is an input of a join: a leaf, or what was joined so far.
type part struct {
	rel
	props plan.Props
	// base is set for a filtered or bare relation of the catalog: its tree or index may serve as arrangement; filter is then applied behind the join.
	base   *plan.Scan
	filter []expr.Expr
	// filtered: it has fewer rows than the relations that it comes from.
	filtered bool
	// leaves are the numbers of the inputs joined, in the order written.
	leaves []int
	size   size
}

// key is a pair of join keys.
type key struct{ l, r expr.Expr }

// join builds an inner join's whole cluster at once, other kinds pairwise.
func (b *Builder) join(n *plan.Join, need plan.ColSet) (rel, error) {
	if n.Kind == plan.Inner {
		return b.cluster(n, need)
	}
	inside := plan.RefsOf(n.On...)
	for c := range need {
		inside.Add(c)
	}
	l, err := b.leaf(n.L, inside, 0)
	if err != nil {
		return rel{}, err
	}
	r, err := b.leaf(n.R, inside, 1)
	if err != nil {
		return rel{}, err
	}
	for _, p := range []*part{&l, &r} {
		// A filter behind such a join would not be one before it.
		if len(p.filter) > 0 && (n.Kind == plan.Full || n.Kind == plan.AntiNull) {
			p.base = nil
		}
	}
	keys, residual := b.keys(n.On, plan.SetOf(l.cols...), plan.SetOf(r.cols...))
	if n.Kind == plan.AntiNull && len(residual) > 0 {
		// Every comparison that is not a key may be unknown, too.
		return b.antiNullByResidual(l, r, n.On, need)
	}
	out, _ := b.pair(JoinKind(n.Kind), l, r, keys, residual, need)
	return out, nil
}

// antiNullByResidual keeps a left row if for no right row all conditions are true or unknown.
func (b *Builder) antiNullByResidual(l, r part, on []expr.Expr, need plan.ColSet) (rel, error) {
	var poss []expr.Expr
	for _, e := range on {
		poss = append(poss, &expr.IsTrue{X: e, Not: true, Want: false})
	}
	out, _ := b.pair(Anti, l, r, nil, poss, need)
	return out, nil
}

// leaf builds an input of a join and sees whether it is a relation of the catalog.
func (b *Builder) leaf(n plan.Node, need plan.ColSet, number int) (part, error) {
	p := part{props: plan.PropsOf(n), leaves: []int{number}}
	in := n
	if j, ok := in.(*plan.Join); ok {
		p.filtered = j.Kind.LeftOnly()
	}
	in = passed(in)
	if f, ok := in.(*plan.Filter); ok {
		p.filtered = true
		if s, ok := passed(f.In).(*plan.Scan); ok {
			p.base, p.filter = s, f.Preds
		}
	}
	if s, ok := in.(*plan.Scan); ok {
		p.base = s
	}
	if b.AdHoc && len(p.filter) > 0 {
		p.base = nil
	}
	var err error
	p.rel, err = b.build(n, need)
	if err != nil {
		return p, err
	}
	p.cols = slices.Clone(p.cols)
	return p, nil
}

// passed is what is below projections that take columns away and compute nothing.
func passed(n plan.Node) plan.Node {
	for {
		p, ok := n.(*plan.Project)
		if !ok || !passesAll(p) {
			return n
		}
		n = p.In
	}
}

// cluster joins n inputs, two at a time: first those where one side is met at most once per row of the other, so that nothing multiplies, and
// is filtered, so that what is kept between two joins is little; then by the order in which they were written. It looks at keys and filters,
// never at sizes: a view is made over empty tables. A delta join takes the place of all where less has to be kept for it.
func (b *Builder) cluster(n *plan.Join, need plan.ColSet) (rel, error) {
	var leaves []plan.Node
	var on []expr.Expr
	flatten(n, &leaves, &on)
	inside := plan.RefsOf(on...)
	for c := range need {
		inside.Add(c)
	}
	g := newGraph(b, on)
	parts := make([]part, len(leaves))
	for i, l := range leaves {
		p, err := b.leaf(g.within(l), inside, i)
		if err != nil {
			return rel{}, err
		}
		parts[i] = p
	}
	g.estimate(parts)
	many, least, ok := b.delta(g, parts, need)
	cost := 0.0
	for len(parts) > 1 {
		i, j := g.best(parts)
		l, r := parts[i], parts[j]
		size := g.joined(l, r)
		keys, residual := g.take(l, r, len(parts) == 2)
		wanted := g.wanted(need, parts, i, j)
		props := g.props(l, r, keys)
		joined, join := b.pair(Inner, l, r, keys, residual, wanted)
		cost += b.bytes(join.L, l) + b.bytes(join.R, r)
		out := part{rel: joined, props: props, filtered: l.filtered || r.filtered, leaves: append(slices.Clone(l.leaves), r.leaves...), size: size}
		parts[i] = out
		parts = slices.Delete(parts, j, j+1)
	}
	if ok && least < cost {
		return many, nil
	}
	return parts[0].rel, nil
}

func flatten(n plan.Node, leaves *[]plan.Node, on *[]expr.Expr) {
	if j, ok := n.(*plan.Join); ok && j.Kind == plan.Inner {
		flatten(j.L, leaves, on)
		flatten(j.R, leaves, on)
		for _, e := range j.On {
			*on = append(*on, plan.Conjuncts(e)...)
		}
		return
	}
	*leaves = append(*leaves, n)
}

// pair makes one join. wanted are the columns needed above.
func (b *Builder) pair(kind JoinKind, l, r part, keys []key, residual []expr.Expr, wanted plan.ColSet) (rel, *Join) {
	lby, rby := b.keyOrder(l, r, keys)
	ranged := len(keys) == 0 && kind != AntiNull
	refs := residual
	if ranged {
		lby, rby = b.rangeKey(l, r, residual), b.rangeKey(r, l, residual)
		refs = without(without(residual, lby), rby)
	}
	resNeed := plan.RefsOf(refs...)
	for c := range wanted {
		resNeed.Add(c)
	}
	la, lcols, lafter := b.arrange(l, lby, resNeed)
	ra, rcols, rafter := b.arrange(r, rby, resNeed)
	// A filter that the shared arrangement does not apply: the right side's decides whether rows match; the left side's, which rows there are.
	residual = append(slices.Clone(residual), rafter...)
	if kind == Inner {
		residual = append(slices.Clone(lafter), residual...)
		lafter = nil
	}
	if ranged {
		residual = replaced(residual, lby, func() expr.Expr { return b.Meta.Col(lcols[la.Key[0]]) })
		residual = replaced(residual, rby, func() expr.Expr { return b.Meta.Col(rcols[ra.Key[0]]) })
	}
	j := &Join{Kind: kind, L: la, R: ra, Keys: len(keys)}
	both := rel{j, append(slices.Clone(lcols), rcols...)}
	j.Residual = both.place(plan.Conjoin(residual))
	out := both
	if kind == Semi || kind == Anti || kind == AntiNull {
		out.cols = lcols
	}
	if len(lafter) > 0 {
		out.node = &Filter{In: out.node, Pred: out.place(plan.Conjoin(lafter))}
	}
	return b.trim(out, wanted), j
}

// trim projects columns away that nobody wants and computed keys.
func (b *Builder) trim(r rel, wanted plan.ColSet) rel {
	var keep []int
	for _, c := range r.cols {
		if wanted.Has(c) && !slices.Contains(keep, c) {
			keep = append(keep, c)
		}
	}
	if len(keep) == len(r.cols) {
		return r
	}
	return b.ordered(r, keep)
}

// arrange gives a side's arrangement by expressions over its columns, and the filter that must be applied behind it because the arrangement is shared
// without it.
func (b *Builder) arrange(p part, by []expr.Expr, need plan.ColSet) (*Arrange, []int, []expr.Expr) {
	if p.base != nil {
		a := &Arrange{In: b.bareScan(p.base)}
		for _, e := range by {
			if c, ok := e.(*expr.Col); ok {
				a.Key = append(a.Key, slices.Index(p.base.IDs, c.ID))
			}
		}
		// Where the key is all that is needed, its copies count: one entry for all rows that have it.
		more := slices.ContainsFunc(p.base.IDs, func(c int) bool { return need.Has(c) && !hasCol(by, c) })
		a.Thin = len(a.Key) == len(by) && more && b.thin(p.base, a.Key)
		if a.Thin && len(p.filter) == 0 || b.servesBase(p, by) != nil {
			return a, p.base.IDs, p.filter
		}
	}
	r := p.rel
	var cols []int
	var es []expr.Expr
	for _, c := range r.cols {
		if need.Has(c) || hasCol(by, c) {
			cols = append(cols, c)
			es = append(es, b.Meta.Col(c))
		}
	}
	var at []int
	for _, e := range by {
		if c, ok := e.(*expr.Col); ok {
			at = append(at, slices.Index(cols, c.ID))
			continue
		}
		id := b.Meta.Add("key", e.Type())
		at = append(at, len(cols))
		cols, es = append(cols, id), append(es, e)
	}
	if !slices.Equal(cols, r.cols) {
		r = rel{projected(r.node, r.placeAll(es)), cols}
	}
	return &Arrange{In: r.node, Key: at}, r.cols, nil
}

// thin tells whether an arrangement of a whole relation can be of keys alone: it is a table, and its own tree is not in the order of the key. A
// plan that runs once takes an index instead.
func (b *Builder) thin(s *plan.Scan, key []int) bool {
	t := s.Table
	return t != nil && !b.AdHoc && len(key) > 0 && (len(key) > len(t.PrimaryKey) || !slices.Equal(t.PrimaryKey[:len(key)], key))
}

func hasCol(es []expr.Expr, id int) bool {
	return slices.ContainsFunc(es, func(e expr.Expr) bool {
		c, ok := e.(*expr.Col)
		return ok && c.ID == id
	})
}

// servesBase gives the order of a part's keys in which a standing tree of the relation (primary key or index) starts, as ids; nil if none does.
func (b *Builder) servesBase(p part, by []expr.Expr) []int {
	if p.base == nil || len(by) == 0 {
		return nil
	}
	var ids []int
	for _, e := range by {
		c, ok := e.(*expr.Col)
		if !ok || !slices.Contains(p.base.IDs, c.ID) || slices.Contains(ids, c.ID) {
			return nil
		}
		ids = append(ids, c.ID)
	}
	try := func(tree []int) []int {
		if len(tree) < len(ids) {
			return nil
		}
		var order []int
		for _, col := range tree[:len(ids)] {
			id := p.base.IDs[col]
			if !slices.Contains(ids, id) {
				return nil
			}
			order = append(order, id)
		}
		return order
	}
	if t := p.base.Table; t != nil {
		if o := try(t.PrimaryKey); o != nil {
			return o
		}
	}
	for _, x := range b.indexes(p.base.Relation) {
		var tree []int
		plain := true
		for _, c := range x.Columns {
			tree = append(tree, c.Col)
			plain = plain && !c.Desc && !c.NullsFirst
		}
		if o := try(tree); plain && o != nil {
			return o
		}
	}
	return nil
}

func (b *Builder) indexes(id catalog.ID) []*catalog.Index {
	if b.Catalog == nil {
		return nil
	}
	return b.Catalog.Indexes(id)
}

// keyOrder gives the keys of both sides in the order of a standing tree on the right, else on the left, else as written.
func (b *Builder) keyOrder(l, r part, keys []key) (lby, rby []expr.Expr) {
	for _, k := range keys {
		lby, rby = append(lby, k.l), append(rby, k.r)
	}
	order, side := b.servesBase(r, rby), rby
	if order == nil {
		order, side = b.servesBase(l, lby), lby
	}
	if order == nil {
		return lby, rby
	}
	var lo, ro []expr.Expr
	for _, id := range order {
		i := slices.IndexFunc(side, func(e expr.Expr) bool { return e.(*expr.Col).ID == id })
		lo, ro = append(lo, lby[i]), append(ro, rby[i])
	}
	return lo, ro
}

// keys splits conditions into key pairs and the rest. nullSafe conditions (IS NOT DISTINCT FROM) become two keys each.
func (b *Builder) keys(on []expr.Expr, lcols, rcols plan.ColSet) (keys []key, rest []expr.Expr) {
	for _, e := range on {
		if ks, ok := b.asKeys(e, lcols, rcols); ok {
			keys = append(keys, ks...)
		} else {
			rest = append(rest, e)
		}
	}
	return keys, rest
}

func (b *Builder) asKeys(e expr.Expr, lcols, rcols plan.ColSet) ([]key, bool) {
	l, r, ok := plan.Equality(e)
	d, safe := e.(*expr.IsDistinct)
	if safe && d.Not {
		l, r, ok = d.L, d.R, true
	}
	if !ok {
		return nil, false
	}
	lr, rr := plan.RefsOf(l), plan.RefsOf(r)
	if len(lr) == 0 || len(rr) == 0 {
		return nil, false
	}
	if rcols.HasAll(lr) && lcols.HasAll(rr) {
		l, r, lr, rr = r, l, rr, lr
	}
	if !lcols.HasAll(lr) || !rcols.HasAll(rr) || expr.VolatilityOf(e) == types.Volatile {
		return nil, false
	}
	l, r, ok = sameType(l, r)
	if !ok {
		return nil, false
	}
	if !safe {
		return []key{{l, r}}, true
	}
	zero, ok := dummy(l.Type())
	if !ok {
		return nil, false
	}
	flag := func(x expr.Expr) expr.Expr { return &expr.IsNull{X: x} }
	val := func(x expr.Expr) expr.Expr { return &expr.Coalesce{Args: []expr.Expr{x, zero}, T: x.Type()} }
	return []key{{val(l), val(r)}, {flag(l), flag(r)}}, true
}

// sameType casts one side of an equality so that equal values have equal keys.
func sameType(l, r expr.Expr) (expr.Expr, expr.Expr, bool) {
	lt, rt := l.Type().Base(), r.Type().Base()
	if lt == rt {
		return l, r, true
	}
	if c := types.FindCast(lt, rt); c != nil && c.Context == types.Implicit && c.Volatility == types.Immutable && !c.CanFail {
		return &expr.Cast{X: l, To: rt, Conv: c, Pos: -1}, r, true
	}
	if c := types.FindCast(rt, lt); c != nil && c.Context == types.Implicit && c.Volatility == types.Immutable && !c.CanFail {
		return l, &expr.Cast{X: r, To: lt, Conv: c, Pos: -1}, true
	}
	return nil, nil, false
}

// dummy is some value of a type, to stand for NULL in a key beside a flag that says so.
func dummy(t types.Type) (*expr.Const, bool) {
	switch t.Rep() {
	case types.RepInt:
		return &expr.Const{D: types.NewInt(0), T: t}, true
	case types.RepFloat:
		return &expr.Const{D: types.NewFloat(0), T: t}, true
	}
	text := map[types.Kind]string{types.Numeric: "0", types.Interval: "0", types.UUID: "00000000-0000-0000-0000-000000000000", types.JSONB: "null"}[t.Kind]
	if t.Array {
		text = "{}"
	}
	d, err := types.ParseText(types.DefaultConfig(), t.Base(), text)
	return &expr.Const{D: d, T: t}, err == nil
}
