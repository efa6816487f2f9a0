// Package optest checks that incremental operators equal recomputing from scratch.
//
// A Plan is a tree of relational operators over base relations. Eval computes it naively, without the operators; Graph
// runs it with them, tick by tick. Check does both over random plans and random changes, with retractions, merged and
// split ticks, views that come late (hydration) and errors, and compares. Whoever turns another plan into a Plan (the
// engine's tests) can use Eval as the oracle of a whole view.
package optest
