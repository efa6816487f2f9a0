package engine

import (
	"context"
	"testing"

	"github.com/streamsql/streamsql/catalog"
)

// TestAdvanceAfterDrop reserves numbers of a sequence that is dropped by the time that the reservation is made: nothing of it comes back.
func TestAdvanceAfterDrop(t *testing.T) {
	e, err := open(context.Background(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.store.Close()
	q := &catalog.Sequence{ID: 20000, Schema: "public", Name: "s", Next: 33, Increment: 1, Min: 1, Max: 1000}
	e.store.Begin(e.store.LastTick() + 1)
	for _, x := range []*definition{{CreateSequence: q}, {Advance: q}, {Drop: []catalog.ID{q.ID}}, {Advance: q}} {
		e.flow.define(x, nil)
	}
	e.flow.finish()
	e.store.Publish(e.store.Seal())
	e.flow.advanceSequences()
	if len(e.flow.sequences) > 0 || e.flow.catalog.Object(q.ID) != nil {
		t.Fatalf("left: %v, %v", e.flow.sequences, e.flow.catalog.Object(q.ID))
	}
}
