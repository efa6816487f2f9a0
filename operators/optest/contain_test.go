package optest

import (
	"errors"
	"math/rand"
	"testing"

	"github.com/streamsql/streamsql/batch"
)

// TestContainment lets one of two views over the same relations fail, by an error or a panic in the middle of what its operators emit: the
// other one stays right, and nothing stays held.
func TestContainment(t *testing.T) {
	failed := 0
	for s := int64(1); s <= 400; s++ {
		r := rand.New(rand.NewSource(s))
		c := &checker{g: NewGen(r), now: map[int]*Rel{}, state: NewState(nil), arrange: 2, lazy: true}
		for _, b := range c.g.Bases {
			c.now[b.ID] = NewRel(b.Cols)
		}
		c.plan = c.g.Plan(1 + r.Intn(3))
		c.standing = c.choose()
		if err := c.build(2); err != nil {
			t.Fatal(err)
		}
		c.graph.Contain = true
		bad, left := c.views[0], r.Intn(20)
		bad.Sink = func(*batch.Batch) error {
			if left--; left > 0 {
				return nil
			}
			if s%2 == 0 {
				panic("sink")
			}
			return errors.New("sink")
		}
		for range 12 {
			changes := c.change()
			for id, b := range changes {
				c.now[id].Add(b)
			}
			if err := c.state.Tick(func() error { return c.graph.Tick(changes) }); err != nil {
				t.Fatalf("seed %d: %v", s, err)
			}
			good := c.views[1]
			if good.Failed != nil {
				t.Fatalf("seed %d: the other view failed: %v", s, good.Failed)
			}
			if !good.Done() {
				continue
			}
			if d := Diff(good.Output(), Eval(c.plan, func(id int) *Rel { return c.now[id] })); d != "" {
				t.Fatalf("seed %d: %s\nplan:\n%s", s, d, Explain(c.plan))
			}
		}
		if bad.Failed != nil {
			failed++
		}
	}
	if failed < 100 {
		t.Errorf("only %d views failed", failed)
	}
}
