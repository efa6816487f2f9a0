//go:build invariants

package rewrite

import (
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
)

// check verifies the plan's invariants after a phase: every column used is made below, no column is made twice.
func check(c *Ctx, phase string, n plan.Node) error {
	if err := plan.Check(n, c.Params); err != nil {
		return sqlerr.New(sqlerr.InternalError, "after phase %s: %v\n%s", phase, err, plan.Format(n, c.Meta))
	}
	return nil
}
