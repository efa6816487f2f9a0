package optest

import (
	"fmt"
	"math/rand"
	"runtime/debug"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/storage"
)

// Check runs plan make(g), added once before there are data or in between, and once more later, through random ticks, and compares with Eval
// after each one in which the views are complete. Now and then the process restarts. In the end all rows go, and no state may
// remain. Everything follows from the seed.
func Check(seed int64, plan func(g *Gen) Plan) (err error) {
	r := rand.New(rand.NewSource(seed))
	c := &checker{g: NewGen(r), now: map[int]*Rel{}, state: NewState(nil)}
	if r.Intn(3) == 0 {
		store := storage.NewTemp(nil)
		defer store.Close()
		c.state = NewState(store)
	}
	for _, b := range c.g.Bases {
		c.now[b.ID] = NewRel(b.Cols)
	}
	c.plan = plan(c.g)
	c.arrange, c.lazy = r.Intn(3), r.Intn(4) > 0
	c.standing = c.choose()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
		if err != nil {
			err = fmt.Errorf("seed %d, tick %d: %w\nplan:\n%s", seed, c.ticks, err, Explain(c.plan))
		}
	}()
	return c.run()
}

type checker struct {
	g        *Gen
	plan     Plan
	graph    *Graph
	views    []*View
	state    *State
	now      map[int]*Rel
	arrange  int // 0: no arrangements of join keys stand, 1: some, 2: all
	standing []arrangement
	lazy     bool
	ticks    int
}

type arrangement struct {
	b   *Base
	key []int
}

// choose picks the arrangements that stand before the views.
func (c *checker) choose() (list []arrangement) {
	seen := map[Plan]bool{}
	var walk func(p Plan)
	walk = func(p Plan) {
		if seen[p] {
			return
		}
		seen[p] = true
		if j, ok := p.(*Join); ok {
			for _, in := range []struct {
				p   Plan
				key []int
			}{{j.L, j.LK}, {j.R, j.RK}} {
				if b, ok := in.p.(*Base); ok && c.g.Intn(2) < c.arrange {
					list = append(list, arrangement{b, in.key})
				}
			}
		}
		if m, ok := p.(*Many); ok {
			for _, path := range m.Paths {
				for _, s := range path.Steps {
					if c.g.Intn(2) < c.arrange {
						list = append(list, arrangement{m.Tables[s.Table], s.By})
					}
				}
			}
		}
		for _, in := range p.Inputs() {
			walk(in)
		}
	}
	walk(c.plan)
	return list
}

// build makes the graph with the first n views.
func (c *checker) build(n int) error {
	was := c.views
	c.views = nil
	c.state.Restart()
	return c.state.Tick(func() error {
		c.graph = NewGraph(c.state.Maps, c.g.Bases)
		c.graph.Rand, c.graph.Lazy = c.g.Rand, c.lazy
		c.graph.Rate = func() int { return 1 + c.g.Intn(4) }
		for _, a := range c.standing {
			c.graph.Arrange(a.b, a.key)
		}
		for i := range n {
			v := c.graph.Add(c.plan)
			if i < len(was) {
				v.root.acc = was[i].root.acc
			}
			c.views = append(c.views, v)
		}
		return nil
	})
}

func (c *checker) run() error {
	r := c.g.Rand
	if err := c.build(0); err != nil {
		return err
	}
	for _, n := range [...]int{r.Intn(3), r.Intn(5), 4 + r.Intn(8)} {
		for range n {
			if err := c.tick(c.change()); err != nil {
				return err
			}
		}
		if len(c.views) < 2 {
			if err := c.build(len(c.views) + 1); err != nil {
				return err
			}
		}
	}
	for i := range c.views { // by number: a restart makes the views anew
		for n := 0; !c.views[i].Done(); n++ {
			if n > 10000 {
				return fmt.Errorf("a scan does not end")
			}
			if err := c.tick(nil); err != nil {
				return err
			}
		}
	}
	for range 3 {
		if err := c.tick(c.change()); err != nil {
			return err
		}
	}
	return c.empty()
}

func (c *checker) change() map[int]*batch.Batch {
	changes := map[int]*batch.Batch{}
	for _, b := range c.g.Bases {
		if c.g.chance(60) {
			changes[b.ID] = c.g.Change(b, c.now[b.ID], c.g.Intn(7))
		}
	}
	return changes
}

// tick makes a tick, after a restart now and then, and compares.
func (c *checker) tick(changes map[int]*batch.Batch) error {
	c.ticks++
	if c.g.chance(10) {
		if err := c.build(len(c.views)); err != nil {
			return err
		}
	}
	for id, b := range changes {
		c.now[id].Add(b)
	}
	if err := c.state.Tick(func() error { return c.graph.Tick(changes) }); err != nil {
		return err
	}
	var want *Rel
	for i, v := range c.views {
		if !v.Done() {
			continue
		}
		if want == nil {
			want = Eval(c.plan, func(id int) *Rel { return c.now[id] })
		}
		if d := Diff(v.Output(), want); d != "" {
			return fmt.Errorf("view %d differs; %s", i, d)
		}
	}
	return nil
}

// empty takes everything away, in two ticks, and looks for what remains.
func (c *checker) empty() error {
	for _, share := range []int{50, 100} {
		changes := map[int]*batch.Batch{}
		for id, rel := range c.now {
			out := NewRel(rel.Types)
			for _, row := range rel.Rows {
				if c.g.chance(share) {
					out.Rows = append(out.Rows, Row{row.D, -row.W})
				}
			}
			for _, e := range rel.Errs {
				if c.g.chance(share) {
					e.W = -e.W
					out.Errs = append(out.Errs, e)
				}
			}
			changes[id] = out.Batch()
		}
		if err := c.tick(changes); err != nil {
			return err
		}
	}
	if left := c.state.Left(); left != "" && !speaksAlone(c.plan) {
		return fmt.Errorf("state remains:\n%s", left)
	}
	if s := c.state.store; s != nil {
		return s.Check()
	}
	return nil
}

// speaksAlone tells whether a plan has rows over empty base relations.
func speaksAlone(p Plan) bool {
	switch p := p.(type) {
	case *Constant:
		return true
	case *Reduce:
		if p.Scalar {
			return true
		}
	}
	for _, in := range p.Inputs() {
		if speaksAlone(in) {
			return true
		}
	}
	return false
}
