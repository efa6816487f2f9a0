package operators

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Recursive is a recursive query X = init UNION [ALL] body(X). Within it each row carries the round in which it came:
//
//	X = {(t, 0): t in init} + {(t', l+1): t' in body(t), (t, l) in X}
//
// What the body makes of a round follows from the rows of that round alone. So a tick works the rounds off in ascending order: when it comes to one,
// all before it are final, the change of its rows goes through the body, and what comes of that is of the next. UNION shows t in its first round
// alone (reachedRows), whence what held itself up by going round falls apart, as its rounds would ascend for ever: no count goes to infinity.
//
//	init a, edges ab bc cb:  a@0 b@1 c@2; b@3 is derived, too, and does not show
//	-ab:                     -b@1: b's next round is 3; -c@2: -b@3 is derived, so that b has no round left
//
// The body has other inputs. A tick's changes of these meet X as it was, once, before the first round: d(X x E) = X_old x dE + dX x E_new. (The method
// is that of differential dataflow: McSherry et al., CIDR 2013.) Errors are not iterated; of what they are it is not known.
type Recursive struct {
	spec    RecursiveSpec
	n       int // columns
	cols    []int
	rounds  rounds
	reached *reachedRows // of UNION; nil: UNION ALL
	change  *batch.Batch // of a round: the columns, then the round
	part    *batch.Batch // the columns of change
	out     *batch.Batch
}

// RecursiveSpec describes a recursive query.
type RecursiveSpec struct {
	Name  string // in errors
	Types []types.Type
	All   bool // UNION ALL
	Body  Body
}

// Body is the operators between the rows of a recursive query and its port 1. Their rows have the round as their last column, which passes through. All
// that they keep apart from each other by rows, they keep apart by rounds.
type Body interface {
	// Step takes a slice of the change of X, valid during the call.
	Step(b *batch.Batch) error
	// Finish ends a round. first: the body's other inputs show the tick's change; in all rounds that follow, none.
	Finish(first bool) error
	// EndTick comes after the last round of a tick.
	EndTick()
}

const (
	// mostRounds bounds the rounds of a tick, and with it how long a query without an end holds up the others: UNION has an end unless values grow, UNION
	// ALL only where rows do not go round in a circle.
	mostRounds    = 1 << 20
	mostRoundsAll = 1 << 17
	// MostCopies bounds the copies of a row, which are counted, not kept: they would never exceed memory.
	MostCopies = 1 << 40
)

// NewRecursive makes the operator; port 0 takes the rows of init, port 1 those of the body, with the round of what they were made of. Role, of UNION:
// rows.
func NewRecursive(s RecursiveSpec, maps Maps) *Recursive {
	n := len(s.Types)
	r := &Recursive{spec: s, n: n, cols: allCols(n), out: batch.New(s.Types, 0)}
	r.change = batch.New(append(append([]types.Type{}, s.Types...), types.Of(types.Int8)), 0)
	r.part = &batch.Batch{Cols: r.change.Cols[:n]}
	if !s.All {
		r.reached = &reachedRows{m: maps("rows", specRows), key: Ascending(r.cols)}
	}
	return r
}

func (r *Recursive) Name() string { return "recursive" }

func (r *Recursive) Step(port int, in *batch.Batch, out Out) error {
	for i, w := range in.W {
		l := int64(0)
		if port == 1 {
			l = in.Cols[r.n].Ints[i] + 1
		}
		d := &r.rounds.at(l).derived
		off, klen := len(d.buf), 0
		if r.reached != nil {
			d.buf = in.AppendOrderKey(d.buf, i, r.reached.key)
			klen = len(d.buf) - off
			d.buf = types.AppendIntKey(d.buf, l)
		}
		d.buf = in.AppendImage(d.buf, i, r.cols)
		d.push(off, klen, w)
	}
	return passErrsOf(&batch.Batch{Cols: in.Cols[:r.n], Errs: in.Errs}, nil, out)
}

func (r *Recursive) Finish(out Out) error {
	body := r.spec.Body
	defer body.EndTick()
	if err := body.Finish(true); err != nil {
		return err
	}
	most := int64(mostRounds)
	if r.spec.All {
		most = mostRoundsAll
	}
	for l, now := r.rounds.next(); now != nil; l, now = r.rounds.next() {
		if l >= most {
			return r.endless(sqlerr.ProgramLimitExceeded, "does not end within %d rounds", most)
		}
		err := r.work(l, now, out)
		if r.spec.All && sqlerr.CodeOf(err) == sqlerr.OutOfMemory {
			return r.endless(sqlerr.OutOfMemory, "ran out of memory in round %d", l)
		}
		if err != nil {
			return err
		}
	}
	if r.reached != nil {
		if err := r.reached.end(func(image []byte, w int64) error { return appendBounded(r.out, image, w, out) }); err != nil {
			return err
		}
	}
	return flush(r.out, out)
}

// work does what there is to do in a round, and what comes of it is noted for the next.
func (r *Recursive) work(l int64, now *round, out Out) error {
	emitted, err := r.round(l, now, out)
	if err != nil {
		return err
	}
	r.rounds.free(now)
	if !emitted {
		return nil
	}
	return r.spec.Body.Finish(false)
}

// round puts the change of a round through the body's first operators. emitted: there is one.
func (r *Recursive) round(l int64, now *round, out Out) (emitted bool, err error) {
	emit := func(image []byte, w int64) error {
		emitted = true
		return r.emit(l, image, w)
	}
	now.derived.seal()
	if r.reached != nil {
		err = r.reached.round(l, now, &r.rounds, emit)
	} else {
		err = r.all(&now.derived, emit, out)
	}
	if err == nil {
		err = flush(r.change, r.toBody)
	}
	return emitted, err
}

// all is a round of UNION ALL: what was derived is the change.
func (r *Recursive) all(d *delta, emit func([]byte, int64) error, out Out) error {
	for i := range d.ents {
		w := d.weight(i)
		if w > MostCopies || w < -MostCopies {
			return r.endless(sqlerr.ProgramLimitExceeded, "has too many rows")
		}
		if err := emit(d.image(i), w); err != nil {
			return err
		}
		if err := appendBounded(r.out, d.image(i), w, out); err != nil {
			return err
		}
	}
	return nil
}

func (r *Recursive) emit(l int64, image []byte, w int64) error {
	if _, err := r.part.AppendFromImage(image, w); err != nil {
		return err
	}
	r.part.W = r.part.W[:0]
	r.change.Cols[r.n].AppendInt(l)
	r.change.W = append(r.change.W, w)
	if full(r.change) {
		return flush(r.change, r.toBody)
	}
	return nil
}

func (r *Recursive) toBody(b *batch.Batch) error { return r.spec.Body.Step(b) }

func (r *Recursive) endless(code sqlerr.Code, format string, args ...any) error {
	err := sqlerr.New(code, "recursive query %q "+format, append([]any{r.spec.Name}, args...)...)
	if r.spec.All {
		err = err.WithHint("Where rows go round in a circle, UNION ALL has no end; UNION has.")
	}
	return err
}
