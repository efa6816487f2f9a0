package parser

import (
	"sort"
	"strings"
)

// frag is a piece of core dialect text: s, then kids. pos is the byte offset in the user's text that its start stands
// for, -1 where it stands for none. A nil frag is empty.
type frag struct {
	s     string
	pos   int32
	kids  []*frag
	paren bool // a query in parentheses
	with  bool // a query with a WITH clause
}

func leaf(pos int32, s string) *frag { return &frag{s: s, pos: pos} }
func raw(s string) *frag             { return &frag{s: s, pos: -1} }
func cat(kids ...*frag) *frag        { return &frag{pos: -1, kids: kids} }

func join(list []*frag, sep string) *frag {
	kids := make([]*frag, 0, 2*len(list))
	for i, f := range list {
		if i > 0 {
			kids = append(kids, raw(sep))
		}
		kids = append(kids, f)
	}
	return &frag{pos: -1, kids: kids}
}

// reserved is a call in the schema `#`, which no user can name: how the core dialect says what only PostgreSQL has.
func reserved(pos int32, name string, args ...*frag) *frag {
	return cat(leaf(pos, "`#`.`"+name+"`("), join(args, ", "), raw(")"))
}

// infix is an operator application in parentheses, which carry the operator's position.
func infix(pos int32, l *frag, op string, r *frag) *frag {
	return cat(leaf(pos, "("), l, raw(op), r, raw(")"))
}

// catalogCall is a call of one of PostgreSQL's own functions, which special syntax stands for.
func catalogCall(pos int32, name string, args ...*frag) *frag {
	return cat(leaf(pos, "`pg_catalog`.`"+name+"`("), join(args, ", "), raw(")"))
}

// nameGuard ends an encoded name that TiDB would trim; the decoder takes it off.
const nameGuard = "\x01"

// quoteName encodes an identifier.
func quoteName(s string) string {
	if strings.HasSuffix(s, " ") || strings.HasSuffix(s, nameGuard) || s == "" {
		s += nameGuard
	}
	return "`" + strings.ReplaceAll(s, "`", "``") + "`"
}

// quoteSchema encodes the schema of a function: one that begins with # gets a second, so that it is not reserved.
func quoteSchema(s string) string {
	if strings.HasPrefix(s, "#") {
		s = "#" + s
	}
	return quoteName(s)
}

func quoteString(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
func str(s string) *frag          { return raw(quoteString(s)) }

func strs(list []string) []*frag {
	out := make([]*frag, len(list))
	for i, s := range list {
		out[i] = str(s)
	}
	return out
}

// mark says that the core text from out on stands for the user's text from src on.
type mark struct{ out, src int32 }

// coreText is a statement in the core dialect and the way back.
type coreText struct {
	sql   string
	marks []mark
}

// source maps an offset in the core text to one in the user's text.
func (t *coreText) source(out int) int {
	i := sort.Search(len(t.marks), func(i int) bool { return int(t.marks[i].out) > out })
	if i == 0 {
		return 0
	}
	return int(t.marks[i-1].src)
}

// flatten writes a fragment out. It keeps its own stack: fragments nest as deep as a chain of operators is long.
func flatten(f *frag, sizeHint int) *coreText {
	var b strings.Builder
	b.Grow(sizeHint)
	t := &coreText{}
	stack := []*frag{f}
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if f == nil {
			continue
		}
		if f.pos >= 0 {
			t.marks = append(t.marks, mark{int32(b.Len()), f.pos})
		}
		b.WriteString(f.s)
		for i := len(f.kids) - 1; i >= 0; i-- {
			stack = append(stack, f.kids[i])
		}
	}
	t.sql = b.String()
	return t
}
