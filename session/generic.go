package session

import (
	"slices"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// genericPlan is a plan for all texts that differ in some literals alone: these are parameters in it. It is used while it is known to be the plan
// that each of the texts would have, and for literals that are values of the parameters' types: everything else, errors among it, is up to a plan
// of the text itself, so that nobody can tell the difference.
type genericPlan struct {
	prepared
	types    []types.Type // that the literals have by themselves
	computed []expr.Expr  // of literals alone: must not fail
	unfit    bool         // for this catalog and these settings
}

// instanceRun is the run of a text that has a generic statement.
func (s *Session) instanceRun(in *parser.Instance) *run {
	return &run{prepared: &prepared{stmt: &in.Statement, simple: true}, instance: in}
}

// planRun makes sure that r's plan fits, and has the values of the literals that are its parameters.
func (s *Session) planRun(r *run, sn *engine.Snapshot) error {
	in, told := r.instance, r.columns
	if in == nil {
		return s.planFor(r.prepared, sn, r.w)
	}
	if !s.planGeneric(r, sn) {
		p, err := s.prepareSimple(in.Specific())
		if err != nil {
			return err
		}
		r.instance, r.prepared = nil, p
		if err := s.planFor(p, sn, r.w); err != nil {
			return err
		}
	}
	if told != nil && !sameColumns(told, r.columns) {
		return changedResult()
	}
	return nil
}

// planGeneric gives r the generic plan and its values, if it has one.
func (s *Session) planGeneric(r *run, sn *engine.Snapshot) bool {
	in := r.instance
	if in.Own > 0 || s.txn != nil && len(s.txn.ddl) > 0 {
		return false
	}
	literals := make([]*expr.Const, len(in.Literals))
	for i, l := range in.Literals {
		var err error
		if literals[i], err = planner.Literal(l.Kind, l.Text); err != nil {
			return false
		}
	}
	g := s.genericPlan(in.Generic, literals)
	if expand := s.expander(sn.Catalog); expand != nil && (g.plan == nil || anyOf(g.reads, expand)) {
		return false // such a plan is of this moment only
	}
	if g.stmt == nil || g.catalog != sn.Catalog.Version || g.settings != s.vars.version {
		s.makeGeneric(g, in, literals, sn)
	}
	if g.unfit {
		return false
	}
	values, ok := s.literalValues(g, literals)
	if !ok {
		return false
	}
	r.prepared, r.values = &g.prepared, values
	return true
}

// genericPlan finds the one for literals of these types.
func (s *Session) genericPlan(of *parser.Generic, literals []*expr.Const) *genericPlan {
	for _, g := range s.plans.generic[of] {
		if slices.EqualFunc(g.types, literals, func(t types.Type, k *expr.Const) bool { return t == k.T }) {
			return g
		}
	}
	if s.plans.generic == nil || len(s.plans.generic) >= planCacheSize {
		s.plans.generic = make(map[*parser.Generic][]*genericPlan, planCacheSize)
	}
	g := &genericPlan{types: make([]types.Type, len(literals))}
	for i, k := range literals {
		g.types[i] = k.T
	}
	const maxTypes = 8
	list := s.plans.generic[of]
	if len(list) >= maxTypes {
		list = nil
	}
	s.plans.generic[of] = append(list, g)
	return g
}

// makeGeneric plans the statement with parameters, and with the literals of an instance: the one plan must be the other.
func (s *Session) makeGeneric(g *genericPlan, in *parser.Instance, literals []*expr.Const, sn *engine.Snapshot) {
	g.prepared = prepared{stmt: &in.Statement, given: slices.Clone(g.types)}
	g.catalog, g.settings, g.unfit, g.computed = sn.Catalog.Version, s.vars.version, true, nil
	specific := unplanned(in.Specific())
	told := false
	for _, p := range []*prepared{specific, &g.prepared} {
		env := s.env(sn.Catalog, p.given, nil)
		env.NoParams, env.Notice = p == specific, func(*sqlerr.Error) { told = true }
		if s.makePlan(p, env) != nil || told {
			g.plan = nil
			return
		}
	}
	values, ok := s.literalValues(g, literals)
	if !ok {
		return
	}
	g.computed, ok = planner.Generic(specific.plan, g.plan, in.Own, values)
	g.unfit = !ok
}

// literalValues converts literals to the types of their parameters. false: one is no value of its type, or something computed of them fails.
func (s *Session) literalValues(g *genericPlan, literals []*expr.Const) ([]types.Datum, bool) {
	values := make([]types.Datum, len(literals))
	var cfg *types.Config
	for i, k := range literals {
		t := g.params[i]
		if !k.T.Is(types.Unknown) || t.Is(types.Text) {
			values[i] = k.D
			continue
		}
		if cfg == nil {
			cfg = s.statementConfig()
		}
		var err error
		if values[i], err = types.ParseText(cfg, t, k.D.String()); err != nil {
			return nil, false
		}
	}
	if len(g.computed) > 0 {
		c := &expr.Ctx{Config: s.statementConfig(), Params: values}
		for _, e := range g.computed {
			if _, err := expr.EvalRow(c, e, nil); err != nil {
				return nil, false
			}
		}
	}
	return values, true
}
