package engine

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/planner/physical"
)

// filling is an arrangement that stores what it is given as it comes, as nobody reads it before it is complete: a large one is never held
// outside of its pages.
type filling struct {
	*operators.Arrangement
	a     *adhoc
	rows  int
	bytes int
}

func (f *filling) Step(port int, in *batch.Batch, out operators.Out) error {
	if err := f.Arrangement.Step(port, in, out); err != nil {
		return err
	}
	f.rows, f.bytes = f.rows+in.Len(), f.bytes+in.Size()
	if f.rows < 2*sliceRows && f.bytes < 2*readBytes {
		return nil
	}
	f.rows, f.bytes = 0, 0
	if err := f.Finish(out); err != nil {
		return err
	}
	f.EndTick()
	return f.a.check()
}

// findDrivers finds the left inputs of joins that need not be complete before they are joined: nobody else reads them, and the join outputs
// nothing that a later row could retract.
func (a *adhoc) findDrivers(root physical.Node) {
	a.drives = map[*physical.Arrange]*physical.Arrange{}
	joins := map[*physical.Arrange]*physical.Arrange{}
	readers := map[string]int{}
	seen := map[string]bool{}
	var walk func(n physical.Node)
	walk = func(n physical.Node) {
		text := a.b.texts.Of(n)
		if seen[text] {
			return
		}
		seen[text] = true
		if j, ok := n.(*physical.Join); ok {
			readers[a.b.texts.Of(j.L)]++
			readers[a.b.texts.Of(j.R)]++
			if j.Kind != physical.Full {
				joins[j.L] = j.R
			}
		}
		for _, in := range n.Inputs() {
			walk(in)
		}
	}
	walk(root)
	for l, r := range joins {
		if readers[a.b.texts.Of(l)] == 1 {
			a.drives[l] = r
		}
	}
}

// joinDrivers tells driving arrangements which join reads them.
func (a *adhoc) joinDrivers() {
	for _, n := range a.b.nodes {
		for _, s := range n.sides {
			for _, d := range a.b.nodes {
				if x, ok := d.op.(*driving); ok && s.A == &x.Arranged {
					x.join = n
				}
			}
		}
	}
}

// driving is an arrangement that its join reads slice by slice, as it comes, each slice a tick of the two: a join over a join emits rows
// before the lower one has come to its end.
type driving struct {
	*operators.Arrangement
	a     *adhoc
	after int // nodes that must have run: the other side of the join is complete
	join  *node
	rows  int
	held  int64
}

func (d *driving) Step(port int, in *batch.Batch, out operators.Out) error {
	if err := d.Arrangement.Step(port, in, out); err != nil {
		return err
	}
	n := int64(in.Size())
	d.held += n
	d.a.held += n
	// Few rows at first, so that a LIMIT finds them soon.
	if d.rows += in.Len(); d.rows < d.a.slice && d.held < readBytes || d.a.ran < d.after {
		return nil
	}
	return d.Finish(out)
}

func (d *driving) Finish(out operators.Out) error {
	if err := d.Arrangement.Finish(out); err != nil {
		return err
	}
	d.a.held -= d.held
	d.rows, d.held = 0, 0
	if err := d.join.op.Finish(d.join.emit); err != nil {
		return err
	}
	d.EndTick()
	return d.a.check()
}
