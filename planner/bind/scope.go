package bind

import (
	"strings"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// scope is what names mean at one query level: relations by alias, columns by name. Outer levels follow by parent.
type scope struct {
	parent *scope
	// rels are reachable as rel.column, cols unqualified and by *: JOIN USING merges the latter only.
	rels []*rel
	cols []*col
	ctes *cte
	// locks are what the level's FOR UPDATE and its kin say.
	locks []*ast.Lock
	// at is where the subquery being bound stands in this level, nil: in FROM.
	at *context
	// blocked are relations that stand in FROM but may not be referenced from here, for the message.
	blocked []*rel
	// mentioned are the names that expressions of this level, and of those within, use alone: relations among them are meant as rows.
	mentioned map[string]bool
	// barred are those left of a RIGHT or FULL JOIN, which its LATERAL right side may not see.
	barred []*rel
}

// rel is a relation in FROM.
type rel struct {
	schema, name string
	// real is the relation's own name where it has an alias, for the hint.
	real  string
	cols  []*col
	table *catalog.Table
	ids   []int // of all the table's columns
	// fields are the names of its row's fields: the relation's own ones, whatever the alias calls them.
	fields []string
	// nullable: an outer join may have none of its rows. present is a column that is NULL then; 0: there is none.
	nullable bool
	present  int
	// self: a recursive query's reference to itself.
	self bool
	// plain: a function of plain values, each of which is its row.
	plain bool
}

// aliased says that no schema tells the relation from another of its name: it has an alias, or is a WITH query or a function.
func (r *rel) aliased() bool { return r.real != "" || r.schema == "" }

// col is a visible column.
type col struct {
	name string
	id   int
	t    types.Type
	rel  *rel
}

// cte is a chain of WITH queries, innermost first.
type cte struct {
	def  *ast.CTE
	next *cte
	// outer is what the definition itself sees.
	ctes *cte
	from *scope
	// refs counts the references, each of which binds the definition anew.
	refs int
	// recursive: it refers to itself. working is what its step reads, while that is being bound.
	recursive bool
	working   *rel
	// stage: it runs by itself.
	stage *Stage
}

func (sc *scope) findCTE(name string) *cte {
	for s := sc; s != nil; s = s.parent {
		for c := s.ctes; c != nil; c = c.next {
			if c.def.Name == name {
				return c
			}
		}
	}
	return nil
}

// own are the ids of the columns made at this level.
func (sc *scope) own() map[int]bool {
	m := map[int]bool{}
	for _, r := range sc.rels {
		for _, c := range r.cols {
			m[c.id] = true
		}
	}
	for _, c := range sc.cols {
		m[c.id] = true
	}
	return m
}

// column resolves a possibly qualified column reference.
func (b *Binder) column(sc *scope, ref *ast.ColRef) (*expr.Col, *col, error) {
	c, err := b.findColumn(sc, ref)
	if err != nil {
		return nil, nil, err
	}
	e := &expr.Col{ID: c.id, T: c.t}
	name := c.name
	if c.rel != nil {
		name = c.rel.name + "." + c.name
	}
	b.refs[e] = colRef{int(ref.Pos), name}
	return e, c, nil
}

func (b *Binder) findColumn(sc *scope, ref *ast.ColRef) (*col, error) {
	name := ref.Parts[len(ref.Parts)-1]
	if len(ref.Parts) == 1 {
		for s := sc; s != nil; s = s.parent {
			var hit *col
			for _, c := range s.cols {
				if c.name != name {
					continue
				}
				if hit != nil {
					return nil, sqlerr.New(sqlerr.AmbiguousColumn, "column reference %q is ambiguous", name).At(int(ref.Pos))
				}
				hit = c
			}
			if hit != nil {
				return hit, nil
			}
		}
		return nil, b.noColumn(sc, ref, nil, name)
	}
	r, err := b.findRel(sc, ref.Parts[:len(ref.Parts)-1], ref.Pos)
	if err != nil {
		return nil, err
	}
	var hit *col
	for _, c := range r.cols {
		if c.name == name {
			if hit != nil {
				return nil, sqlerr.New(sqlerr.AmbiguousColumn, "column reference %q is ambiguous", name).At(int(ref.Pos))
			}
			hit = c
		}
	}
	if hit == nil {
		return nil, b.noColumn(sc, ref, r, name)
	}
	return hit, nil
}

// findRel resolves the qualifier of a column or star.
func (b *Binder) findRel(sc *scope, qual []string, pos ast.Pos) (*rel, error) {
	name := qual[len(qual)-1]
	for s := sc; s != nil; s = s.parent {
		var hit *rel
		for _, r := range s.rels {
			if r.name != name || len(qual) > 1 && (r.schema != qual[len(qual)-2] || r.real != "") {
				continue
			}
			if hit != nil {
				return nil, sqlerr.New(sqlerr.AmbiguousAlias, "table reference %q is ambiguous", name).At(int(pos))
			}
			hit = r
		}
		if hit != nil {
			return hit, nil
		}
	}
	full := strings.Join(qual, ".")
	for s := sc; s != nil; s = s.parent {
		for _, r := range s.rels {
			if r.real == name {
				return nil, sqlerr.New(sqlerr.UndefinedTable, "invalid reference to FROM-clause entry for table %q", full).At(int(pos)).
					WithHint("Perhaps you meant to reference the table alias %q.", r.name)
			}
		}
		for _, r := range s.barred {
			if r.name == name {
				return nil, sqlerr.New(sqlerr.InvalidColumnReference, "invalid reference to FROM-clause entry for table %q", full).At(int(pos)).
					WithDetail("The combining JOIN type must be INNER or LEFT for a LATERAL reference.")
			}
		}
		for _, r := range s.blocked {
			if r.name == name {
				e := sqlerr.New(sqlerr.UndefinedTable, "invalid reference to FROM-clause entry for table %q", full).At(int(pos))
				return nil, e.WithHint("There is an entry for table %q, but it cannot be referenced from this part of the query.", name)
			}
		}
	}
	return nil, sqlerr.New(sqlerr.UndefinedTable, "missing FROM-clause entry for table %q", full).At(int(pos))
}

// noColumn is the error for a column that does not exist, with the nearest name as hint.
func (b *Binder) noColumn(sc *scope, ref *ast.ColRef, in *rel, name string) error {
	var e *sqlerr.Error
	if in != nil {
		e = sqlerr.New(sqlerr.UndefinedColumn, "column %s does not exist", strings.Join(ref.Parts, ".")).At(int(ref.Pos))
	} else {
		e = sqlerr.New(sqlerr.UndefinedColumn, "column %q does not exist", name).At(int(ref.Pos))
	}
	for s := sc; s != nil && in == nil; s = s.parent {
		for _, r := range s.blocked {
			for _, c := range r.cols {
				if c.name == name {
					return e.WithHint("There is a column named %q in table %q, but it cannot be referenced from this part of the query.", name, r.name)
				}
			}
		}
	}
	first, second := nearest(sc, in, name)
	switch {
	case second != "":
		return e.WithHint("Perhaps you meant to reference the column %q or the column %q.", first, second)
	case first != "":
		return e.WithHint("Perhaps you meant to reference the column %q.", first)
	}
	return e
}

// nearest finds the one or two columns whose names are nearest to name, as PostgreSQL's searchRangeTableForCol does.
func nearest(sc *scope, in *rel, name string) (first, second string) {
	best, count := 1<<30, 0
	for s := sc; s != nil; s = s.parent {
		for _, r := range s.rels {
			// A wrong qualifier is a penalty: the same column of another relation is still worth naming.
			penalty := 0
			if in != nil && r != in {
				penalty = levenshtein(in.name, r.name, 3)
			}
			for _, c := range r.cols {
				d := levenshtein(name, c.name, 3) + penalty
				if d > 3 || d > len(name)/2 {
					continue
				}
				full := r.name + "." + c.name
				if d < best {
					best, count, first, second = d, 1, full, ""
				} else if d == best {
					count++
					second = full
				}
			}
		}
	}
	if count > 2 {
		return "", ""
	}
	return first, second
}

// levenshtein is the edit distance, or something above limit.
func levenshtein(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := prev[0]
		prev[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diag, prev[j] = prev[j], min(prev[j]+1, prev[j-1]+1, diag+cost)
		}
	}
	return prev[len(b)]
}

// star expands * or rel.*.
func (b *Binder) star(sc *scope, s *ast.Star) ([]*col, error) {
	if len(s.Qual) == 0 {
		if len(sc.rels) == 0 {
			return nil, sqlerr.New(sqlerr.SyntaxError, "SELECT * with no tables specified is not valid").At(int(s.Pos))
		}
		return sc.cols, nil
	}
	r, err := b.findRel(sc, s.Qual, s.Pos)
	if err != nil {
		return nil, err
	}
	return r.cols, nil
}
