package operators

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// Constant is a fixed relation: its first tick emits the rows, and no other one anything. That it did is state, so that a restart
// does not emit them again.
type Constant struct {
	rows *batch.Batch
	said storage.Map
	done bool
}

// NewConstant makes the operator for rows of types ts. It has no inputs; its Finish must be called at the tick that begins
// it. Role: said.
func NewConstant(ts []types.Type, rows [][]types.Datum, maps Maps) *Constant {
	c := &Constant{rows: batch.New(ts, len(rows)), said: maps("said", specHash)}
	for _, r := range rows {
		c.rows.AppendRow(r, 1)
	}
	return c
}

func (c *Constant) Name() string                      { return "constant" }
func (c *Constant) Step(int, *batch.Batch, Out) error { return nil }

func (c *Constant) Finish(out Out) error {
	if c.done {
		return nil
	}
	c.done = true
	if _, _, ok := c.said.Get(cursorKey); ok {
		return nil
	}
	var ch storage.Changes
	ch.Add(cursorKey, nil, 1)
	c.said.Apply(&ch)
	if c.rows.Empty() {
		return nil
	}
	return out(c.rows)
}
