package expr

import (
	"bytes"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Frame is the rows that a window function looks at, seen from a row.
type Frame struct {
	Unit       FrameUnit
	Start, End Bound
	Exclude    Exclusion
	// Key is the value of the order that the bounds of a RANGE with offsets are compared with, in the direction of the order.
	Key              Expr
	Desc, NullsFirst bool
}

// Bound is where a frame begins or ends.
type Bound struct {
	Kind BoundKind
	// X is how far away, nil: no offset. Value, of a RANGE, is the value of Key there.
	X, Value Expr
}

type (
	// FrameUnit is what a frame's offsets count: values, rows or groups of peers.
	FrameUnit uint8
	// BoundKind is one of PRECEDING and FOLLOWING, unbounded or by an offset, and CURRENT ROW.
	BoundKind uint8
	// Exclusion is what a frame leaves out.
	Exclusion uint8
)

const (
	Range FrameUnit = iota
	Rows
	Groups
)

const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

const (
	ExcludeNothing Exclusion = iota
	ExcludeRow
	ExcludeGroup
	ExcludeTies
)

func (u FrameUnit) String() string { return [...]string{"RANGE", "ROWS", "GROUPS"}[u] }

func (k BoundKind) String() string {
	return [...]string{"UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING", "UNBOUNDED FOLLOWING"}[k]
}

func (x Exclusion) String() string { return [...]string{"", "CURRENT ROW", "GROUP", "TIES"}[x] }

// DefaultFrame is that of a window which names none.
func DefaultFrame() Frame {
	return Frame{Start: Bound{Kind: UnboundedPreceding}, End: Bound{Kind: CurrentRow}}
}

// text is the frame as it is written, with a space before it; nothing for the default.
func (f Frame) text(show func(Expr) string) string {
	if f.Unit == Range && f.Start.Kind == UnboundedPreceding && f.End.Kind == CurrentRow && f.Exclude == ExcludeNothing {
		return ""
	}
	bound := func(b Bound) string {
		if b.X == nil {
			return b.Kind.String()
		}
		return show(b.X) + " " + b.Kind.String()
	}
	s := " " + f.Unit.String() + " BETWEEN " + bound(f.Start) + " AND " + bound(f.End)
	if f.Exclude != ExcludeNothing {
		s += " EXCLUDE " + f.Exclude.String()
	}
	return s
}

// framer finds the frame of each row of a partition, in order: neither end ever moves back.
type framer struct {
	f      Frame
	p      *Partition
	lo, hi int
	// Of ROWS and GROUPS, how far away the bounds are; of RANGE, the keys of the rows and of the bounds.
	start, end           int
	keys, starts, finals [][]byte
	some                 bool // not all keys are NULL
}

func newFramer(ctx *Ctx, f Frame, p *Partition) (*framer, error) {
	fr := &framer{f: f, p: p}
	if f.Unit == Range {
		var err error
		for _, k := range []struct {
			to *[][]byte
			e  Expr
		}{{&fr.keys, f.Key}, {&fr.starts, f.Start.Value}, {&fr.finals, f.End.Value}} {
			if *k.to, err = fr.orderKeys(ctx, k.e); err != nil {
				return nil, err
			}
		}
		return fr, fr.checkRange(ctx)
	}
	var err error
	if fr.start, err = fr.count(ctx, f.Start, "starting"); err == nil {
		fr.end, err = fr.count(ctx, f.End, "ending")
	}
	return fr, err
}

// count is a bound's offset, no larger than the partition.
func (fr *framer) count(ctx *Ctx, b Bound, which string) (int, error) {
	if b.X == nil {
		return 0, nil
	}
	d, err := EvalRow(ctx, b.X, nil)
	if err != nil {
		return 0, err
	}
	if err := CheckOffset(d, which); err != nil {
		return 0, err
	}
	return int(min(d.Int(), int64(fr.p.Len()))), nil
}

// checkRange is what is wrong with the offsets of a RANGE, once there are values to be compared with.
func (fr *framer) checkRange(ctx *Ctx) error {
	for _, b := range []Bound{fr.f.Start, fr.f.End} {
		if b.X == nil {
			continue
		}
		d, err := EvalRow(ctx, b.X, nil)
		if err != nil {
			return err
		}
		if d.IsNull() {
			return CheckOffset(d, map[bool]string{true: "starting", false: "ending"}[b == fr.f.Start])
		}
		zero, err := types.ParseText(types.DefaultConfig(), b.X.Type(), "0")
		if err != nil {
			return err
		}
		if fr.some && types.Compare(b.X.Type(), d, zero) < 0 {
			return sqlerr.New(sqlerr.InvalidPrecedingFollowingSize, "invalid preceding or following size in window function")
		}
	}
	return nil
}

// CheckOffset is what is wrong with the offset of ROWS or GROUPS; which end's: starting or ending.
func CheckOffset(d types.Datum, which string) error {
	switch {
	case d.IsNull():
		return sqlerr.New(sqlerr.NullValueNotAllowed, "frame %s offset must not be null", which)
	case d.Int() < 0:
		return sqlerr.New(sqlerr.InvalidPrecedingFollowingSize, "frame %s offset must not be negative", which)
	}
	return nil
}

// orderKeys are the order-preserving keys of e over the rows; a NULL stands where the order puts it.
func (fr *framer) orderKeys(ctx *Ctx, e Expr) ([][]byte, error) {
	if e == nil {
		return nil, nil
	}
	v := Eval(ctx, e, fr.p.Rows, nil)
	if err := fr.p.failure(ctx); err != nil {
		return nil, err
	}
	out := make([][]byte, fr.p.Len())
	for i := range out {
		fr.some = fr.some || !v.IsNull(i)
		out[i] = types.AppendKey(nil, v.Type, v.Datum(i), fr.f.Desc, fr.f.NullsFirst)
	}
	return out, nil
}

// at moves to the frame of row i, rows lo up to hi, before what is excluded.
func (fr *framer) at(i int) {
	n := fr.p.Len()
	switch b := fr.f.Start; b.Kind {
	case CurrentRow:
		fr.lo = fr.first(i)
	case Preceding, Following:
		fr.lo = fr.away(i, b.Kind, fr.start, fr.starts, 0, fr.lo)
	case UnboundedFollowing:
		fr.lo = n
	}
	switch b := fr.f.End; b.Kind {
	case UnboundedFollowing:
		fr.hi = n
	case CurrentRow:
		fr.hi = fr.next(i)
	case Preceding, Following:
		fr.hi = fr.away(i, b.Kind, fr.end, fr.finals, 1, fr.hi)
	}
	fr.hi = max(fr.hi, fr.lo)
}

// first is the first row that counts as the current one, next the row behind the last.
func (fr *framer) first(i int) int {
	if fr.f.Unit == Rows {
		return i
	}
	return fr.p.first(i)
}

func (fr *framer) next(i int) int {
	if fr.f.Unit == Rows {
		return i + 1
	}
	return fr.p.next(i)
}

// away is the row where a frame begins (behind 0) or the one behind its end (1), by an offset of n or the key at i, not before row from.
func (fr *framer) away(i int, kind BoundKind, n int, keys [][]byte, behind, from int) int {
	if kind == Preceding {
		n = -n
	}
	switch fr.f.Unit {
	case Rows:
		return min(max(i+n+behind, 0), fr.p.Len())
	case Groups:
		g := min(max(int(fr.p.peers[i])+n+behind, 0), len(fr.p.starts)-1)
		return int(fr.p.starts[g])
	}
	for from < fr.p.Len() && bytes.Compare(fr.keys[from], keys[i]) < behind {
		from++
	}
	return from
}

// spans are the rows of the frame at i without what it excludes: up to three runs, appended to dst.
func (fr *framer) spans(dst [][2]int, i int) [][2]int {
	add := func(lo, hi int) {
		if lo, hi = max(lo, fr.lo), min(hi, fr.hi); lo < hi {
			dst = append(dst, [2]int{lo, hi})
		}
	}
	first, next, n := fr.p.first(i), fr.p.next(i), fr.p.Len()
	switch fr.f.Exclude {
	case ExcludeRow:
		add(0, i)
		add(i+1, n)
	case ExcludeGroup:
		add(0, first)
		add(next, n)
	case ExcludeTies:
		add(0, first)
		add(i, i+1)
		add(next, n)
	default:
		add(0, n)
	}
	return dst
}
