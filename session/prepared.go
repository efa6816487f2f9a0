package session

import (
	"context"
	"time"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// prepared is a statement ready to be run. Its plan is made against a catalog and settings, and made again when
// either has changed.
type prepared struct {
	stmt     *parser.Statement
	instance *parser.Instance // not nil: it runs by a generic plan, see planRun
	simple   bool             // of the simple protocol, which has no parameters
	given    []types.Type     // parameter types that the client gave
	params   []types.Type
	columns  []result.Column // nil: returns no rows
	reads    []catalog.ID

	plan     planner.Statement // nil: a utility statement, or not planned yet
	clock    bool              // the plan depends on when it was made
	catalog  uint64
	settings int
}

// Prepare implements the Parse message.
func (s *Session) Prepare(ctx context.Context, name, sql string, paramOIDs []uint32) (err error) {
	defer s.recoverPanic(&err)
	defer s.failOn(&err)
	if _, exists := s.prepared[name]; exists && name != "" {
		return sqlerr.New(sqlerr.DuplicatePreparedStatement, "prepared statement %q already exists", name)
	}
	in, stmts, err := s.server.parses.ParseGeneric(sql)
	if err != nil {
		return err
	}
	if in != nil {
		if name == "" && len(paramOIDs) == 0 && s.prepareInstance(in) {
			return nil
		}
		stmts = []parser.Statement{*in.Specific()}
	}
	if len(stmts) > 1 {
		return sqlerr.New(sqlerr.SyntaxError, "cannot insert multiple commands into a prepared statement")
	}
	if len(stmts) == 0 {
		s.prepared[name] = &prepared{}
		return nil
	}
	given := make([]types.Type, len(paramOIDs))
	for i, oid := range paramOIDs {
		t, ok := types.FromOID(oid)
		if oid != 0 && !ok {
			return sqlerr.New(sqlerr.UndefinedObject, "type with OID %d does not exist", oid)
		}
		if ok {
			given[i] = t
		}
	}
	prepare := s.prepare
	if name == "" {
		prepare = s.prepareUnnamed
	}
	p, err := prepare(&stmts[0], given)
	if err != nil {
		return err
	}
	s.prepared[name] = p
	return nil
}

// prepareInstance makes the unnamed statement of a text that has a generic plan. A statement with a name is worth a plan of its own.
func (s *Session) prepareInstance(in *parser.Instance) bool {
	if s.inFailed(&in.Statement) {
		return false
	}
	sn, err := s.statementSnapshot()
	if err != nil {
		return false
	}
	defer sn.Close()
	r := s.instanceRun(in)
	if !s.planGeneric(r, sn) {
		return false
	}
	s.prepared[""] = &prepared{stmt: r.stmt, instance: in, columns: r.columns}
	return true
}

// prepare plans a statement against the newest catalog.
func (s *Session) prepare(stmt *parser.Statement, given []types.Type) (*prepared, error) {
	p := &prepared{stmt: stmt, given: given}
	if s.inFailed(stmt) {
		return nil, sqlerr.New(sqlerr.InFailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")
	}
	switch stmt.Stmt.(type) {
	case *ast.Query, *ast.Insert, *ast.Update, *ast.Delete:
		sn, err := s.statementSnapshot()
		if err != nil {
			return nil, err
		}
		defer sn.Close()
		return p, s.planFor(p, sn, nil)
	}
	columns, err := s.utilityColumns(stmt.Stmt)
	p.columns = columns
	if _, own := stmt.Stmt.(*ast.Prepare); stmt.NumParams > 0 && !own && err == nil {
		err = sqlerr.New(sqlerr.UndefinedParameter, "there is no parameter $1")
	}
	return p, err
}

// statementSnapshot is the snapshot of a statement, also of one outside any transaction.
func (s *Session) statementSnapshot() (*engine.Snapshot, error) {
	if s.txn == nil {
		return s.server.engine.Snapshot(), nil
	}
	return s.snapshot()
}

// inFailed tells whether a statement is refused for the transaction has failed.
func (s *Session) inFailed(stmt *parser.Statement) bool {
	return s.txn != nil && s.txn.failed && !endsFailed(stmt.Stmt)
}

// fits tells whether p's plan is of the snapshot's catalog and the settings.
func (s *Session) fits(p *prepared, sn *engine.Snapshot) bool {
	return p.plan != nil && p.catalog == sn.Catalog.Version && p.settings == s.vars.version
}

// planFor makes sure that p's plan fits the snapshot's catalog, the settings and what the transaction has written.
func (s *Session) planFor(p *prepared, sn *engine.Snapshot, w result.Writer) error {
	expand := s.expander(sn.Catalog)
	if s.fits(p, sn) && (expand == nil || !anyOf(p.reads, expand)) {
		return nil
	}
	env := s.env(sn.Catalog, p.given, w)
	env.Expand, env.NoParams = expand, p.simple
	before := p.columns
	if err := s.makePlan(p, env); err != nil {
		return err
	}
	if !p.simple && before != nil && !sameColumns(before, p.columns) {
		p.plan = nil
		return changedResult()
	}
	p.catalog, p.settings = sn.Catalog.Version, s.vars.version
	if expand != nil || s.txn != nil && len(s.txn.ddl) > 0 || p.simple && p.clock {
		p.catalog = 0 // such a plan is of this moment only
	}
	return nil
}

func changedResult() error {
	return sqlerr.New(sqlerr.FeatureNotSupported, "cached plan must not change result type")
}

func (s *Session) makePlan(p *prepared, env *planner.Env) error {
	plan, err := planner.PlanStatement(env, p.stmt.Stmt)
	if err != nil {
		return err
	}
	h := planner.HeadOf(plan)
	p.plan, p.params, p.reads, p.clock, p.columns = plan, h.Params, h.Reads, h.Clock, h.Columns
	return nil
}

func sameColumns(a, b []result.Column) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Type != b[i].Type || a[i].Name != b[i].Name {
			return false
		}
	}
	return true
}

func anyOf(ids []catalog.ID, f func(catalog.ID) bool) bool {
	for _, id := range ids {
		if f(id) {
			return true
		}
	}
	return false
}

// env is what planning depends on.
func (s *Session) env(c *catalog.Catalog, given []types.Type, w result.Writer) *planner.Env {
	env := &planner.Env{
		Catalog:    c,
		Config:     s.statementConfig(),
		SearchPath: s.path(),
		Temporary:  s.temp,
		ParamTypes: given,
		Virtual:    s.virtual(c),
	}
	env.Notice = func(n *sqlerr.Error) {
		if w != nil {
			_ = w.Notice(n) // a client that is gone shows at the next write
		}
	}
	return env
}

// statementConfig is the settings with the clock of the transaction.
func (s *Session) statementConfig() *types.Config {
	c := *s.vars.config()
	if s.txn != nil {
		c.Now = s.txn.started
	} else {
		c.Now = time.Now()
	}
	return &c
}

// exprContext is what expressions are evaluated in.
func (s *Session) exprContext(ctx context.Context, values []types.Datum) *expr.Ctx {
	return &expr.Ctx{Context: ctx, Config: s.statementConfig(), Params: values, SessionInfo: s.info, Sequence: s.sequenceFunc(ctx)}
}

// expander tells of a materialized view whether it must be evaluated by its definition, because the open transaction has
// written to what it is derived from, or has made the view itself. nil: none must.
func (s *Session) expander(c *catalog.Catalog) func(catalog.ID) bool {
	t := s.txn
	if t == nil || (t.writes == nil || t.writes.Empty()) && len(t.ddl) == 0 {
		return nil
	}
	made := map[catalog.ID]bool{}
	for _, d := range t.ddl {
		if d.CreateView != nil {
			made[d.CreateView.ID] = true
		}
	}
	var stale func(id catalog.ID) bool
	stale = func(id catalog.ID) bool {
		switch o := c.Object(id).(type) {
		case *catalog.Table:
			return t.writes != nil && t.writes.Touches(id)
		case *catalog.View:
			return made[id] || anyOf(o.DependsOn, stale)
		}
		return false
	}
	return func(id catalog.ID) bool {
		_, isView := c.Object(id).(*catalog.View)
		return isView && stale(id)
	}
}

// find is a prepared statement by name.
func (s *Session) find(name string) (*prepared, error) {
	p, ok := s.prepared[name]
	if !ok {
		if name == "" {
			return nil, sqlerr.New(sqlerr.InvalidStatementName, "unnamed prepared statement does not exist")
		}
		return nil, sqlerr.New(sqlerr.InvalidStatementName, "prepared statement %q does not exist", name)
	}
	return p, nil
}

// DescribeStatement implements Describe of a statement.
func (s *Session) DescribeStatement(_ context.Context, name string) (_ result.Statement, err error) {
	defer s.failOn(&err)
	p, err := s.find(name)
	if err != nil {
		return result.Statement{}, err
	}
	return result.Statement{Params: p.params, Columns: p.columns}, nil
}

// ParamTypes are the parameters of a prepared statement.
func (s *Session) ParamTypes(name string) (_ []types.Type, err error) {
	defer s.failOn(&err)
	p, err := s.find(name)
	if err != nil {
		return nil, err
	}
	return p.params, nil
}

// CloseStatement forgets a prepared statement; one that does not exist is no error.
func (s *Session) CloseStatement(name string) { delete(s.prepared, name) }

// failOn marks the transaction as failed when a call fails.
func (s *Session) failOn(err *error) {
	if *err != nil {
		s.fail()
	}
}
