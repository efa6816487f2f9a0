package expr

import (
	"encoding/binary"
	"slices"
	"sort"
	"unicode/utf8"
)

// reDFA is a reProg made deterministic, as far as texts ask for it: a state is the set of the program's states that a text so far leads to, and a
// character costs a look into a table. It knows where texts begin and end, but nothing else of what stands around a character.
type reDFA struct {
	prog *reProg
	// Characters between which no set of the program distinguishes are of one class.
	ascii [utf8.RuneSelf]uint8
	first []rune // of each class, ascending

	states []dfaState
	next   []int32 // by state and class
	index  map[string]int32
	begin  [2]int32 // states at the beginning of a text, and behind it; dfaUnknown
	set    reStates // of the state that is being made
	key    []byte
}

// dfaState is a state; two are the same that have the same insts and begins.
type dfaState struct {
	insts       []int32 // ascending: what a character or the end of the text is needed for, and the match
	begins      bool    // nothing stands before
	match, last bool    // a match ends here; one does if the text does
}

const (
	dfaDead    int32 = 0 // the state that leads nowhere
	dfaUnknown int32 = -1
	dfaFull    int32 = -2 // there would be too many
	// maxTable is how many transitions an automaton has at most.
	maxTable = 1 << 14
)

// newDFA is nil where the program asks for more than a DFA knows.
func newDFA(p *reProg) *reDFA {
	bounds := []rune{0}
	for i := range p.insts {
		switch in := &p.insts[i]; {
		case in.op == instSet:
			for k := 0; k < len(in.set.ranges); k += 2 {
				bounds = append(bounds, in.set.ranges[k], in.set.ranges[k+1]+1)
			}
		case in.op == instLookaround, in.op == instAssert && in.a != atStart && in.a != atEnd:
			return nil
		}
	}
	slices.Sort(bounds)
	d := &reDFA{prog: p, first: slices.Compact(bounds), index: make(map[string]int32), begin: [2]int32{dfaUnknown, dfaUnknown}}
	if len(d.first) > 1<<8 {
		return nil
	}
	for r := range d.ascii {
		d.ascii[r] = uint8(d.search(rune(r)))
	}
	d.set.reset(len(p.insts))
	d.state(false) // dfaDead
	clear(d.next)
	return d
}

func (d *reDFA) search(r rune) int {
	return sort.Search(len(d.first), func(i int) bool { return d.first[i] > r }) - 1
}

func (d *reDFA) class(r rune) int {
	if r < utf8.RuneSelf {
		return int(d.ascii[r])
	}
	return d.search(r)
}

// close adds to the set what pc leads to without a character. Any text does that begins and ends here or not.
func (d *reDFA) close(pc int32, begins, ends bool) {
	text, at := []byte("..."), 1
	if begins {
		text, at = text[at:], 0
	}
	if ends {
		text = text[:at]
	}
	d.prog.closure(&d.set, pc, 0, text, at)
}

// state is the state of what is in the set.
func (d *reDFA) state(begins bool) int32 {
	st := dfaState{begins: begins}
	for _, pc := range d.set.list {
		switch i := &d.prog.insts[pc]; {
		case i.op == instMatch:
			st.match, st.last = true, true
			st.insts = append(st.insts, pc)
		case i.op == instSet, i.op == instAssert && i.a == atEnd:
			st.insts = append(st.insts, pc)
		}
	}
	slices.Sort(st.insts)
	d.key = append(d.key[:0], byte(b2i(begins)))
	for _, pc := range st.insts {
		d.key = binary.LittleEndian.AppendUint32(d.key, uint32(pc))
	}
	if n, ok := d.index[string(d.key)]; ok {
		return n
	}
	if len(d.next)+len(d.first) > maxTable {
		return dfaFull
	}
	d.set.reset(len(d.prog.insts))
	for _, pc := range st.insts {
		if d.prog.insts[pc].op == instAssert {
			d.close(pc, begins, true)
		}
	}
	for _, pc := range d.set.list {
		st.last = st.last || d.prog.insts[pc].op == instMatch
	}
	n := int32(len(d.states))
	d.index[string(d.key)], d.states = n, append(d.states, st)
	for range d.first {
		d.next = append(d.next, dfaUnknown)
	}
	return n
}

// start is the state at the place from of a text.
func (d *reDFA) start(from int) int32 {
	b := &d.begin[min(from, 1)]
	if *b == dfaUnknown {
		d.set.reset(len(d.prog.insts))
		d.close(0, from == 0, false)
		*b = d.state(from == 0)
	}
	return *b
}

// step makes the transition of a state by a class.
func (d *reDFA) step(state int32, class int) int32 {
	d.set.reset(len(d.prog.insts))
	for _, pc := range d.states[state].insts {
		if i := &d.prog.insts[pc]; i.op == instSet && i.set.has(d.first[class]) {
			d.close(i.x, false, false)
		}
	}
	to := d.state(false)
	d.next[int(state)*len(d.first)+class] = to
	return to
}

// run is the end, at least least and at most limit, of the longest or the shortest match that begins at from; -1 if there is none. It has looked at
// the text up to seen. ok is false when there are too many states.
func (d *reDFA) run(s []byte, from, least, limit int, shorter bool) (end, seen int, ok bool) {
	state, at := d.start(from), from
	for end = -1; state > dfaDead; {
		if st := &d.states[state]; at >= least && (st.match || st.last && at == len(s)) {
			if end = at; shorter {
				break
			}
		}
		if at >= limit {
			break
		}
		r, n := decodeAt(s, at)
		if at+n > limit {
			break
		}
		class := d.class(r)
		next := d.next[int(state)*len(d.first)+class]
		if next == dfaUnknown {
			next = d.step(state, class)
		}
		state = next
		at += n
	}
	return end, at, state >= dfaDead
}
