package expr

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func patternDefs() []def { return join(likeDefs(), regexpDefs()) }

// goodPattern tells of LIKE and ~ with a constant pattern that it is a good one, so that no row can fail.
func goodPattern(e *Call) bool {
	if len(e.Args) != 2 {
		return false
	}
	p, ok := e.Args[1].(*Const)
	if !ok || p.D.IsNull() {
		return false
	}
	switch e.Fn.Name {
	case "~~", "!~~", "~~*", "!~~*":
		s := p.D.Bytes()
		return (len(s)-len(bytes.TrimRight(s, `\\`)))%2 == 0
	case "~", "!~", "~*", "!~*", "substring", "regexp_like", "regexp_match":
		if e.Fn.Args[1].Kind != types.Text {
			return false
		}
		_, err := compileRegexp(&Ctx{}, p.D.Bytes(), reOptions{})
		return err == nil
	}
	return false
}

// Costly tells whether a call takes far more than copying what it gives: it is computed row by row, or finds what a regular expression matches.
func (e *Call) Costly() bool {
	return e.Fn.Vec == nil || e.Fn.Name == "substring" && goodPattern(e)
}

// likeFlavour is what LIKE of a type differs in.
type likeFlavour struct {
	fold  bool // ILIKE
	bytes bool // "_" is a byte
	not   bool
}

func likeDefs() []def {
	var out []def
	for _, op := range []struct {
		name string
		likeFlavour
	}{
		{"~~", likeFlavour{}}, {"!~~", likeFlavour{not: true}},
		{"~~*", likeFlavour{fold: true}}, {"!~~*", likeFlavour{fold: true, not: true}},
		{"like", likeFlavour{}}, {"notlike", likeFlavour{not: true}},
	} {
		args := []string{"text,text", "bpchar,text", "name,text"}
		if op.name == "like" || op.name == "notlike" {
			args = []string{"text,text", "name,text"}
		}
		for _, a := range args {
			out = append(out, def{sig: op.name + "(" + a + ") bool", flags: canFail, row: likeRow(op.likeFlavour), vec: likeVec(op.likeFlavour)})
		}
		if !op.fold {
			f := op.likeFlavour
			f.bytes = true
			out = append(out, def{sig: op.name + "(bytea,bytea) bool", flags: canFail, row: likeRow(f), vec: likeVec(f)})
		}
	}
	return append(out,
		def{sig: "like_escape(text,text) text", flags: canFail, row: likeEscape(utf8.DecodeRune)},
		def{sig: "like_escape(bytea,bytea) bytea", flags: canFail, row: likeEscape(oneByte)},
		def{sig: "similar_to_escape(text) text", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			p, err := similarPattern(a[0].Bytes(), []byte{'\\'})
			return types.NewBytes(p), err
		}},
		def{sig: "similar_to_escape(text,text) text", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			p, err := similarPattern(a[0].Bytes(), a[1].Bytes())
			return types.NewBytes(p), err
		}})
}

func oneByte(s []byte) (rune, int) { return rune(s[0]), 1 }

func likeRow(f likeFlavour) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s, p := a[0].Bytes(), a[1].Bytes()
		if f.fold {
			s, p = appendLower(nil, s), appendLower(nil, p)
		}
		ok, err := matchLike(s, p, f.bytes)
		return types.NewBool(ok != f.not), err
	}
}

func likeVec(f likeFlavour) vecFunc {
	return func(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
		s, p := args[0], args[1]
		rows := c.rows(sel, out.N)
		if p.N == 1 {
			pat := p.Bytes(0)
			if f.fold {
				pat = appendLower(nil, pat)
			}
			l := compileLike(pat)
			l.bytes = f.bytes
			likeLoop(c, &l, f, s, rows, out)
			return
		}
		var sb, pb []byte
		for _, i := range rows {
			if out.IsNull(int(i)) {
				continue
			}
			x, y := s.Bytes(slot(s, i)), p.Bytes(int(i))
			if f.fold {
				sb, pb = appendLower(sb[:0], x), appendLower(pb[:0], y)
				x, y = sb, pb
			}
			ok, err := matchLike(x, y, f.bytes)
			if err != nil {
				c.Fail(int(i), err)
			}
			out.Ints[i] = b2i(ok != f.not)
		}
	}
}

func likeLoop(c *Ctx, l *likePattern, f likeFlavour, s *batch.Vec, rows []int32, out *batch.Vec) {
	var folded []byte
	m := mask(s)
	for _, i := range rows {
		if out.IsNull(int(i)) {
			continue
		}
		x := s.Bytes(int(i) & m)
		if f.fold {
			folded = appendLower(folded[:0], x)
			x = folded
		}
		ok, err := l.match(x)
		if err != nil {
			c.Fail(int(i), err)
		}
		out.Ints[i] = b2i(ok != f.not)
	}
}

// likePattern is a compiled pattern: a literal with % before or behind it, or what needs the general way.
type likePattern struct {
	kind  likeKind
	lit   []byte
	bytes bool
}

type likeKind uint8

const (
	likeGeneral likeKind = iota
	likeExact
	likePrefix
	likeSuffix
	likeContains
)

func compileLike(p []byte) likePattern {
	general := likePattern{kind: likeGeneral, lit: p}
	lit := make([]byte, 0, len(p))
	front, back := false, false
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '_':
			return general
		case p[i] == '%':
			if len(lit) == 0 {
				front = true
			} else {
				back = true
			}
			continue
		case back: // % in the middle
			return general
		case p[i] == '\\':
			if i++; i == len(p) {
				return general // it fails, but only on what matches so far
			}
		}
		lit = append(lit, p[i])
	}
	switch {
	case front && (back || len(lit) == 0):
		return likePattern{kind: likeContains, lit: lit}
	case front:
		return likePattern{kind: likeSuffix, lit: lit}
	case back:
		return likePattern{kind: likePrefix, lit: lit}
	}
	return likePattern{kind: likeExact, lit: lit}
}

func (l *likePattern) match(s []byte) (bool, error) {
	switch l.kind {
	case likeExact:
		return bytes.Equal(s, l.lit), nil
	case likePrefix:
		return bytes.HasPrefix(s, l.lit), nil
	case likeSuffix:
		return bytes.HasSuffix(s, l.lit), nil
	case likeContains:
		return bytes.Contains(s, l.lit), nil
	}
	return matchLike(s, l.lit, l.bytes)
}

func likeEscapeAtEnd() error {
	return sqlerr.New(sqlerr.InvalidEscapeSequence, "LIKE pattern must not end with escape character")
}

// matchLike matches the whole of s. On a mismatch it goes back to the last % only: an earlier one could not do better.
func matchLike(s, p []byte, single bool) (bool, error) {
	step := func(at int) int {
		if single || s[at] < utf8.RuneSelf {
			return at + 1
		}
		_, n := utf8.DecodeRune(s[at:])
		return at + n
	}
	si, pi := 0, 0
	backP, backS := -1, 0 // behind the last %, and where in s it was tried
	for si < len(s) {
		if pi < len(p) {
			switch c := p[pi]; {
			case c == '%':
				pi++
				backP, backS = pi, si
				if pi == len(p) {
					return true, nil
				}
				continue
			case c == '_':
				si, pi = step(si), pi+1
				continue
			case c == '\\':
				if pi+1 == len(p) {
					return false, likeEscapeAtEnd()
				}
				if p[pi+1] == s[si] {
					si, pi = si+1, pi+2
					continue
				}
			case c == s[si]:
				si, pi = si+1, pi+1
				continue
			}
		}
		if backP < 0 {
			return false, nil
		}
		backS = step(backS)
		si, pi = backS, backP
	}
	for pi < len(p) && p[pi] == '%' {
		pi++
	}
	return pi == len(p), nil
}

func badEscapeString() error {
	return sqlerr.New(sqlerr.InvalidEscapeSequence, "invalid escape string").
		WithHint("Escape string must be empty or one character.")
}

// likeEscape rewrites a pattern with another escape character to one with the backslash.
func likeEscape(decode func([]byte) (rune, int)) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		p, esc := a[0].Bytes(), a[1].Bytes()
		if len(esc) > 0 {
			if _, n := decode(esc); n != len(esc) {
				return types.Null, badEscapeString()
			}
		}
		if string(esc) == `\` {
			return a[0], nil
		}
		out := make([]byte, 0, len(p)+8)
		escaped := false
		for len(p) > 0 {
			_, n := decode(p)
			switch {
			case len(esc) > 0 && !escaped && bytes.Equal(p[:n], esc):
				out = append(out, '\\')
				escaped = true
			case p[0] == '\\':
				out = append(out, '\\')
				if !escaped {
					out = append(out, '\\')
				}
				escaped = false
			default:
				out = append(out, p[:n]...)
				escaped = false
			}
			p = p[n:]
		}
		return types.NewBytes(out), nil
	}
}

// similarPattern rewrites a pattern of SIMILAR TO, and of SUBSTRING ... SIMILAR with its two separators, to a regular expression.
// The first part is made non-greedy by {1,1}?, the second greedy.
func similarPattern(p, esc []byte) ([]byte, error) {
	if len(esc) > 0 {
		if _, n := utf8.DecodeRune(esc); n != len(esc) {
			return nil, badEscapeString()
		}
	}
	var b strings.Builder
	b.WriteString("^(?:")
	separators := 0
	escaped, inClass := false, false
	for len(p) > 0 {
		_, n := utf8.DecodeRune(p)
		c := p[:n]
		p = p[n:]
		switch {
		case escaped && c[0] == '"' && !inClass:
			switch separators {
			case 0:
				b.WriteString("){1,1}?(")
			case 1:
				b.WriteString("){1,1}(?:")
			default:
				return nil, sqlerr.New("2200C", "SQL regular expression may not contain more than two escape-double-quote separators")
			}
			separators++
			escaped = false
		case escaped:
			b.WriteByte('\\')
			b.Write(c)
			escaped = false
		case len(esc) > 0 && bytes.Equal(c, esc):
			escaped = true
		case inClass:
			if c[0] == '\\' {
				b.WriteByte('\\')
			}
			b.Write(c)
			inClass = c[0] != ']'
		case c[0] == '[':
			b.WriteByte('[')
			inClass = true
		case c[0] == '%':
			b.WriteString(".*")
		case c[0] == '_':
			b.WriteByte('.')
		case c[0] == '(':
			b.WriteString("(?:")
		case bytes.IndexByte([]byte(`\.^$`), c[0]) >= 0:
			b.WriteByte('\\')
			b.Write(c)
		default:
			b.Write(c)
		}
	}
	b.WriteString(")$")
	return []byte(b.String()), nil
}
