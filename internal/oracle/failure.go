package oracle

import "fmt"

// failure is how the outputs of a case's views may fail.
type failure int

const (
	none        failure = iota
	division            // 22012
	overflow            // 22003
	badText             // 22P02
	tooManyRows         // 21000
	badLength           // 22011
	badRoot             // 2201F
	tooPrecise          // 22003, of numeric
	badStep             // 22023
	numFailures
)

// fail is an integer that fails for some values of a column, "" if no column will do.
func (g *generator) fail(scope []column, sub func(kind) string) string {
	k := integer
	if g.failing == badText {
		k = text
	}
	c := column{}
	for _, x := range scope {
		if x.stored && x.kind == k && (c.name == "" || g.oneIn(2)) {
			c = x
		}
	}
	if c.name == "" {
		return ""
	}
	if g.failing == division && (g.guarded != "" || g.oneIn(4)) {
		return g.guard(c.name, sub)
	}
	g.hit("may fail")
	switch g.failing {
	case division:
		return fmt.Sprintf("(%s / %s)", sub(integer), c.name)
	case overflow:
		return fmt.Sprintf("(%s %s)", c.name, pick(g, []string{"+ 2147483641", "* 400000000", "- 2147483648 + 1"}))
	case badText:
		return fmt.Sprintf("CASE WHEN %s IN ('a', 'b', 'A', '') THEN 1 ELSE %s::int4 END", c.name, c.name)
	case tooManyRows:
		t := pick(g, g.tables)
		g.alias++
		inner := qualified(fmt.Sprintf("o%d", g.alias), t.columns)
		return fmt.Sprintf("(SELECT %s FROM %s o%d WHERE %s = %s)", inner[len(inner)-1].name, t.name, g.alias,
			g.ofKind(inner, integer), c.name)
	case badLength:
		return fmt.Sprintf("length(substr(%s, 1, %s))", sub(text), c.name)
	case badRoot:
		return fmt.Sprintf("sqrt(%s)::int4", c.name)
	case tooPrecise:
		return fmt.Sprintf("(%s * 2)::numeric(1,0)::int4", c.name)
	default: // badStep
		return fmt.Sprintf("cardinality(ARRAY(SELECT generate_series(1, 3, %s)))", c.name)
	}
}

// guard is a division that is not reached where it would fail.
func (g *generator) guard(by string, sub func(kind) string) string {
	if g.guarded != "" {
		g.hit("guarded by WHERE")
		return fmt.Sprintf("(%s / %s)", g.sure(func() string { return sub(integer) }), g.guarded)
	}
	g.hit("guarded")
	x := g.sure(func() string { return sub(integer) })
	return fmt.Sprintf(pick(g, []string{"CASE WHEN %[2]s <> 0 THEN (%[1]s / %[2]s) END", "CASE %[2]s WHEN 0 THEN %[1]s ELSE (%[1]s / %[2]s) END",
		"CASE WHEN %[2]s = 0 OR %[2]s IS NULL THEN 0 ELSE coalesce((%[1]s / %[2]s), 1) END", "coalesce(nullif(%[2]s, 0) / nullif(%[2]s, 0), (%[1]s / 1))"}), x, by)
}

// ofKind is a column of a kind that the scope has.
func (g *generator) ofKind(scope []column, k kind) string {
	name := ""
	for _, c := range scope {
		if c.kind == k && (name == "" || g.oneIn(2)) {
			name = c.name
		}
	}
	return name
}
