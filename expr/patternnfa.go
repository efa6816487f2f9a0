package expr

import "unicode/utf8"

// reProg is a nondeterministic automaton, run by keeping the set of its states (Thompson), so that no pattern takes more than
// length times size. What a text has shown of them is kept in a deterministic one where that is possible.
type reProg struct {
	insts []reInst
	dfa   *reDFA // nil: only the sets can tell

	// what a run needs, kept for the next one
	sets      [2]reStates
	cur, next *reStates
	stack     []int32
}

type reInst struct {
	op   instOp
	x, y int32
	set  *charSet
	a    reAssert
	look *reLookaround
}

type instOp uint8

const (
	instSet instOp = iota // then x
	instSplit
	instJump
	instAssert
	instLookaround
	instMatch
)

type reLookaround struct {
	prog           *reProg
	negate, behind bool
}

// reStates is a set of states in order, with the position where each one's match began.
type reStates struct {
	list  []int32
	start []int
	mark  []int32 // by state: index into list
}

func (s *reStates) reset(n int) {
	s.list, s.start = s.list[:0], s.start[:0]
	if len(s.mark) < n {
		s.mark = make([]int32, n)
	}
}

func (s *reStates) has(pc int32) bool {
	i := s.mark[pc]
	return int(i) < len(s.list) && s.list[i] == pc
}

func (s *reStates) add(pc int32, start int) {
	s.mark[pc] = int32(len(s.list))
	s.list, s.start = append(s.list, pc), append(s.start, start)
}

// maxStates bounds what repetition counts blow up.
const maxStates = 50000

type reCompiler struct {
	insts []reInst
	full  bool
}

func compileProg(re *reNode) (*reProg, error) {
	c := &reCompiler{}
	c.node(re)
	c.emit(reInst{op: instMatch})
	if c.full {
		return nil, badRegexp(reTooComplex)
	}
	p := &reProg{insts: c.insts}
	p.cur, p.next = &p.sets[0], &p.sets[1]
	p.dfa = newDFA(p)
	return p, nil
}

func (c *reCompiler) emit(i reInst) int32 {
	if len(c.insts) >= maxStates {
		c.full = true
		return 0
	}
	c.insts = append(c.insts, i)
	return int32(len(c.insts) - 1)
}

func (c *reCompiler) here() int32 { return int32(len(c.insts)) }

// node emits code for re that goes on behind itself.
func (c *reCompiler) node(re *reNode) {
	if c.full {
		return
	}
	switch re.op {
	case reCat:
		for _, k := range re.kids {
			c.node(k)
		}
	case reSet:
		c.emit(reInst{op: instSet, set: re.set, x: c.here() + 1})
	case reConstraint:
		c.emit(reInst{op: instAssert, a: re.assert, x: c.here() + 1})
	case reLook:
		sub, err := compileProg(re.kids[0])
		if err != nil {
			c.full = true
		}
		c.emit(reInst{op: instLookaround, look: &reLookaround{sub, re.negate, re.behind}, x: c.here() + 1})
	case reAlt:
		var jumps []int32
		for i, k := range re.kids {
			if i == len(re.kids)-1 {
				c.node(k)
				break
			}
			split := c.emit(reInst{op: instSplit, x: c.here() + 1})
			c.node(k)
			jumps = append(jumps, c.emit(reInst{op: instJump}))
			c.patch(split, func(i *reInst) { i.y = c.here() })
		}
		for _, j := range jumps {
			c.patch(j, func(i *reInst) { i.x = c.here() })
		}
	case reRepeat:
		c.repeat(re)
	}
}

func (c *reCompiler) patch(at int32, f func(*reInst)) {
	if !c.full {
		f(&c.insts[at])
	}
}

func (c *reCompiler) repeat(re *reNode) {
	for range re.min {
		c.node(re.kids[0])
	}
	if re.max == infinite {
		split := c.emit(reInst{op: instSplit, x: c.here() + 1})
		c.node(re.kids[0])
		c.emit(reInst{op: instJump, x: split})
		c.patch(split, func(i *reInst) { i.y = c.here() })
		return
	}
	var splits []int32
	for range re.max - re.min {
		splits = append(splits, c.emit(reInst{op: instSplit, x: c.here() + 1}))
		c.node(re.kids[0])
	}
	for _, s := range splits {
		c.patch(s, func(i *reInst) { i.y = c.here() })
	}
}

// closure adds pc and what it reaches without a character to set; true if that is the end of a match.
func (p *reProg) closure(set *reStates, pc int32, start int, s []byte, at int) bool {
	if p.insts[pc].op == instSet { // mostly
		if !set.has(pc) {
			set.add(pc, start)
		}
		return false
	}
	matched := false
	p.stack = append(p.stack[:0], pc)
	for len(p.stack) > 0 {
		pc := p.stack[len(p.stack)-1]
		p.stack = p.stack[:len(p.stack)-1]
		if set.has(pc) {
			continue
		}
		set.add(pc, start)
		switch i := &p.insts[pc]; i.op {
		case instSplit:
			p.stack = append(p.stack, i.y, i.x)
		case instJump:
			p.stack = append(p.stack, i.x)
		case instAssert:
			if assertHolds(i.a, s, at) {
				p.stack = append(p.stack, i.x)
			}
		case instLookaround:
			if i.look.holds(s, at) {
				p.stack = append(p.stack, i.x)
			}
		case instMatch:
			matched = true
		}
	}
	return matched
}

func wordAt(s []byte, i int) bool {
	return i >= 0 && i < len(s) && (isLetter(s[i]) || isDigit(s[i]) || s[i] == '_')
}

func assertHolds(a reAssert, s []byte, at int) bool {
	switch a {
	case atStart:
		return at == 0
	case atEnd:
		return at == len(s)
	case atLineStart:
		return at == 0 || s[at-1] == '\n'
	case atLineEnd:
		return at == len(s) || s[at] == '\n'
	}
	before, after := wordAt(s, at-1), wordAt(s, at)
	switch a {
	case atWordStart:
		return !before && after
	case atWordEnd:
		return before && !after
	case atBoundary:
		return before != after
	}
	return before == after
}

func (l *reLookaround) holds(s []byte, at int) bool {
	if !l.behind {
		return (l.prog.shortest(s, at, at, len(s)) >= 0) != l.negate
	}
	for from := at; from >= 0; from-- {
		if from < len(s) && !utf8.RuneStart(s[from]) {
			continue
		}
		if l.prog.shortest(s, from, at, at) >= 0 {
			return !l.negate
		}
	}
	return l.negate
}

// step moves from cur over the character of s at into next; true if a match ends behind it, with its start.
func (p *reProg) step(s []byte, at, n int, r rune) (matched bool, start int) {
	p.next.reset(len(p.insts))
	for k, pc := range p.cur.list {
		if i := &p.insts[pc]; i.op == instSet && i.set.has(r) && p.closure(p.next, i.x, p.cur.start[k], s, at+n) && !matched {
			matched, start = true, p.cur.start[k]
		}
	}
	p.cur, p.next = p.next, p.cur
	return matched, start
}

func decodeAt(s []byte, at int) (rune, int) {
	if s[at] < utf8.RuneSelf {
		return rune(s[at]), 1
	}
	return utf8.DecodeRune(s[at:])
}

// run asks the DFA, if there is one. One that has become too large is not asked again.
func (p *reProg) run(s []byte, from, least, limit int, shorter bool) (end, seen int, ok bool) {
	if p.dfa == nil {
		return 0, 0, false
	}
	if end, seen, ok = p.dfa.run(s, from, least, limit, shorter); !ok {
		p.dfa = nil
	}
	return end, seen, ok
}

// longest is the end, at most limit, of the longest match that begins at from; -1 if there is none.
func (p *reProg) longest(s []byte, from, limit int) int {
	if end, _, ok := p.run(s, from, from, limit, false); ok {
		return end
	}
	p.cur.reset(len(p.insts))
	end := -1
	if p.closure(p.cur, 0, from, s, from) {
		end = from
	}
	for at := from; at < limit && len(p.cur.list) > 0; {
		r, n := decodeAt(s, at)
		if at+n > limit {
			break
		}
		if m, _ := p.step(s, at, n, r); m {
			end = at + n
		}
		at += n
	}
	return end
}

// shortest is the end, at least least and at most limit, of the shortest match that begins at from; -1 if there is none.
func (p *reProg) shortest(s []byte, from, least, limit int) int {
	if end, _, ok := p.run(s, from, least, limit, true); ok {
		return end
	}
	p.cur.reset(len(p.insts))
	if p.closure(p.cur, 0, from, s, from) && from >= least {
		return from
	}
	for at := from; at < limit && len(p.cur.list) > 0; {
		r, n := decodeAt(s, at)
		if at+n > limit {
			break
		}
		m, _ := p.step(s, at, n, r)
		if at += n; m && at >= least {
			return at
		}
	}
	return -1
}

// search finds the leftmost match at or behind from, the longest or shortest one there; start -1 if there is none.
func (p *reProg) search(s []byte, from int, shorter bool) (start, end int) {
	// Mostly a try ends after a character or two. Where it does not, all tries at once are better.
	for left := 4 * (len(s) - from + 1); left > 0; {
		end, seen, ok := p.run(s, from, from, len(s), shorter)
		if !ok {
			break
		}
		if end >= 0 {
			return from, end
		}
		if from == len(s) {
			return -1, -1
		}
		left -= seen - from
		_, n := decodeAt(s, from)
		from += n
	}
	p.cur.reset(len(p.insts))
	start, end = -1, -1
	found := func(st, e int) {
		switch {
		case start < 0 || st < start:
			start, end = st, e
		case st == start && !shorter:
			end = e
		}
	}
	for at := from; ; {
		if start < 0 && p.closure(p.cur, 0, at, s, at) {
			found(at, at)
		}
		if at >= len(s) || start >= 0 && len(p.cur.list) == 0 {
			return start, end
		}
		r, n := decodeAt(s, at)
		if m, st := p.step(s, at, n, r); m {
			found(st, at+n)
		}
		at += n
		if start >= 0 {
			p.cur.keepUpTo(start, shorter)
		}
	}
}

// keepUpTo drops the states whose matches begin behind start, or for the shortest match at start too.
func (s *reStates) keepUpTo(start int, shorter bool) {
	for i, st := range s.start {
		if st > start || shorter && st == start {
			s.list, s.start = s.list[:i], s.start[:i]
			return
		}
	}
}
