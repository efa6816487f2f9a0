package bind

import (
	"fmt"
	"slices"
	"strings"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/rowlock"
	"github.com/streamsql/streamsql/sqlerr"
)

// Lock is what FOR UPDATE and its kin say of a table in FROM. Key are its primary key's columns, which are among the query's.
type Lock struct {
	Table    *catalog.Table
	Key      []int
	Strength rowlock.Strength
	Wait     Wait
}

// Wait is what to do about rows that another transaction holds. Of several the last one counts.
type Wait uint8

const (
	Block Wait = iota
	SkipLocked
	NoWait
)

var (
	strengths = map[string]rowlock.Strength{"key share": rowlock.KeyShare, "share": rowlock.Share, "no key update": rowlock.NoKeyUpdate, "update": rowlock.Update}
	waits     = map[string]Wait{"": Block, "skip locked": SkipLocked, "nowait": NoWait}
)

// lockingStage binds a query within a statement that locks rows: it runs by itself, and its rows are given.
func (b *Binder) lockingStage(name string, q *ast.Query, outer *scope) (*Stage, error) {
	l := q.Locks[0]
	if b.inView || len(b.expanding) > 0 {
		return nil, unsupported(l, "%s in a view", strengths[l.Strength])
	}
	out, err := b.queryLevel(q, outer, true)
	if err != nil {
		return nil, err
	}
	if len(plan.Free(out.Node)) > 0 || b.level > 0 {
		return nil, unsupported(l, "%s in a correlated or recursive query", strengths[l.Strength]).WithHint("Lock the rows in a WITH query of the statement.")
	}
	st := &Stage{Name: name, Slot: b.slot(), Query: out}
	b.Stages = append(b.Stages, st)
	return st, nil
}

// lockingQuery is a subquery that locks rows, as what the query around it sees of it.
func (b *Binder) lockingQuery(q *ast.Query, outer *scope) (*Query, error) {
	st, err := b.lockingStage("a query that locks rows", q, outer)
	if err != nil {
		return nil, err
	}
	st.Numbered = len(st.Query.Order) > 0
	n, cols := b.given(st)
	out := &Query{Node: n, Cols: cols}
	if st.Numbered {
		out.Order = []plan.Sort{{Col: n.IDs[len(n.IDs)-1]}}
	}
	return out, nil
}

// noLocks refuses the locking of a query whose rows are not those of tables.
func noLocks(locks []*ast.Lock, format string, args ...any) error {
	for _, l := range locks {
		return sqlerr.New(sqlerr.FeatureNotSupported, "%s %s", strengths[l.Strength], fmt.Sprintf(format, args...)).At(int(l.Pos))
	}
	return nil
}

// lock finds the tables whose rows a SELECT locks, and adds their keys to its columns.
func (sel *selection) lock(out *Query, locks []*ast.Lock) error {
	for _, x := range []struct {
		there bool
		what  string
	}{
		{sel.s.Distinct || len(sel.on) > 0, "DISTINCT clause"}, {len(sel.s.GroupBy) > 0, "GROUP BY clause"}, {sel.s.Having != nil, "HAVING clause"},
		{len(sel.aggs.aggs) > 0, "aggregate functions"}, {len(sel.windows) > 0, "window functions"},
		{len(sel.srfs) > 0, "set-returning functions in the target list"},
	} {
		if x.there {
			return noLocks(locks, "is not allowed with %s", x.what)
		}
	}
	project := out.Node.(*plan.Project)
	for _, l := range locks {
		rels, err := sel.lockedRels(l)
		if err != nil {
			return err
		}
		for _, r := range rels {
			k := Lock{Table: r.table, Strength: strengths[l.Strength], Wait: waits[l.Wait]}
			for _, i := range r.table.PrimaryKey {
				k.Key = append(k.Key, r.ids[i])
			}
			if i := slices.IndexFunc(out.Locks, func(o Lock) bool { return slices.Equal(o.Key, k.Key) }); i >= 0 {
				o := &out.Locks[i]
				o.Strength, o.Wait = max(o.Strength, k.Strength), max(o.Wait, k.Wait)
				continue
			}
			for _, id := range k.Key {
				if !slices.ContainsFunc(project.Items, func(it plan.Item) bool { return it.ID == id }) {
					project.Items = append(project.Items, plan.Item{ID: id, Expr: sel.b.Meta.Col(id)})
				}
			}
			out.Locks = append(out.Locks, k)
		}
	}
	return nil
}

// lockedRels are the tables that a clause is about: those that it names, or all in FROM.
func (sel *selection) lockedRels(l *ast.Lock) (rels []*rel, err error) {
	for _, name := range l.Of {
		if strings.Contains(name, ".") {
			return nil, sqlerr.New(sqlerr.SyntaxError, "%s must specify unqualified relation names", strengths[l.Strength]).At(int(l.Pos))
		}
		i := slices.IndexFunc(sel.sc.rels, func(r *rel) bool { return r.name == name })
		if i < 0 {
			return nil, sqlerr.New(sqlerr.UndefinedTable, "relation %q in %s clause not found in FROM clause", name, strengths[l.Strength]).At(int(l.Pos))
		}
		if sel.sc.rels[i].table == nil {
			return nil, unsupported(l, "%s of anything but a table", strengths[l.Strength])
		}
		rels = append(rels, sel.sc.rels[i])
	}
	if len(l.Of) == 0 {
		for _, f := range sel.s.From {
			if err := sel.lockable(f, l); err != nil {
				return nil, err
			}
		}
		rels = slices.DeleteFunc(slices.Clone(sel.sc.rels), func(r *rel) bool { return r.table == nil })
	}
	for _, r := range rels {
		if r.nullable {
			return nil, noLocks([]*ast.Lock{l}, "cannot be applied to the nullable side of an outer join")
		}
	}
	return rels, nil
}

// lockable refuses what a clause without OF would lock and we do not: rows of tables below a view, a subquery or a join with a name. Functions and WITH
// queries have no rows to lock.
func (sel *selection) lockable(f ast.From, l *ast.Lock) error {
	hint := "Name the tables to lock: " + strengths[l.Strength].String() + " OF t."
	switch f := f.(type) {
	case *ast.Derived:
		return unsupported(l, "%s of a subquery", strengths[l.Strength]).WithHint("%s", hint)
	case *ast.Join:
		if f.Alias.Name != "" {
			return unsupported(l, "%s of a join with a name", strengths[l.Strength]).WithHint("%s", hint)
		}
		if err := sel.lockable(f.L, l); err != nil {
			return err
		}
		return sel.lockable(f.R, l)
	case *ast.Rel:
		if len(f.Name) == 1 && sel.sc.findCTE(f.Name[0]) != nil {
			return nil
		}
		o, _, err := sel.b.resolve(f)
		if err != nil {
			return err
		}
		v, ok := o.(*catalog.View)
		switch {
		case ok && v.Materialized:
			return sqlerr.New(sqlerr.WrongObjectType, "cannot lock rows in materialized view %q", v.Name).At(int(l.Pos))
		case ok || o == nil:
			return unsupported(l, "%s of a view", strengths[l.Strength]).WithHint("%s", hint)
		}
	}
	return nil
}
