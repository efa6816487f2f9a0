package session

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/planner/bind"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// executeUtility runs what neither reads nor changes the database.
func (s *Session) executeUtility(ctx context.Context, r *run) error {
	switch x := r.stmt.Stmt.(type) {
	case *ast.Set:
		return s.executeSet(x, r)
	case *ast.Reset:
		if err := s.vars.reset(x.Name); err != nil {
			return err
		}
		return r.w.Complete("RESET")
	case *ast.Show:
		return s.executeShow(x, r)
	case *ast.Prepare:
		return s.executePrepare(x, r)
	case *ast.Execute:
		return s.executeExecute(ctx, x, r)
	case *ast.Deallocate:
		return s.executeDeallocate(x, r)
	case *ast.Discard:
		return s.executeDiscard(x, r)
	case *ast.Explain:
		return s.executeExplain(ctx, x, r)
	case *ast.Declare:
		return s.executeDeclare(ctx, x, r)
	case *ast.Fetch:
		return s.executeFetch(ctx, x, r)
	case *ast.CloseCursor:
		return s.executeClose(x, r)
	case *ast.Ignored:
		if x.Tag == "CHECKPOINT" {
			if err := s.server.engine.Checkpoint(ctx); err != nil {
				return err
			}
		}
		return r.w.Complete(x.Tag)
	}
	return sqlerr.Unsupported(int(r.stmt.Position()), "this statement")
}

// utilityColumns are the columns of a utility statement's rows; nil if it returns none.
func (s *Session) utilityColumns(stmt ast.Stmt) ([]result.Column, error) {
	switch x := stmt.(type) {
	case *ast.Show:
		if x.Name == "all" {
			return textColumns("name", "setting", "description"), nil
		}
		name := x.Name
		if d := findSetting(name); d != nil {
			name = d.name
		}
		return textColumns(name), nil
	case *ast.Explain:
		return textColumns("QUERY PLAN"), nil
	case *ast.Execute:
		p, err := s.find(x.Name)
		if err != nil {
			return nil, err
		}
		return p.columns, nil
	case *ast.Fetch:
		if p, ok := s.portals[x.Cursor]; ok && !x.Move {
			return p.columns, nil
		}
	}
	return nil, nil
}

func textColumns(names ...string) []result.Column {
	cols := make([]result.Column, len(names))
	for i, n := range names {
		cols[i] = result.Column{Name: n, Type: types.Of(types.Text)}
	}
	return cols
}

// rowsOfText sends rows of text.
func (r *run) rowsOfText(tag string, rows ...[]string) error {
	if r.announce {
		if err := r.w.Columns(r.columns); err != nil {
			return err
		}
	}
	ts := make([]types.Type, len(r.columns))
	for i := range ts {
		ts[i] = types.Of(types.Text)
	}
	b := batch.New(ts, len(rows))
	for _, row := range rows {
		for i, v := range row {
			b.Cols[i].AppendBytes([]byte(v))
		}
		b.W = append(b.W, 1)
	}
	if err := r.w.Rows(b); err != nil {
		return err
	}
	return r.w.Complete(tag)
}

func (s *Session) executeSet(x *ast.Set, r *run) error {
	if x.Local && (s.txn == nil || !s.txn.explicit) {
		if err := r.w.Notice(sqlerr.New(sqlerr.NoActiveTransaction, "SET LOCAL can only be used in transaction blocks")); err != nil {
			return err
		}
		return r.w.Complete("SET")
	}
	before, known := s.vars.values[canonical(x.Name)]
	if len(x.Values) == 0 {
		if err := s.vars.reset(x.Name); err != nil {
			return err
		}
	} else {
		words := make([]string, len(x.Values))
		for i, v := range x.Values {
			w, err := settingWord(x.Name, v)
			if err != nil {
				return err
			}
			words[i] = w
		}
		if err := s.vars.set(x.Name, strings.Join(words, ", ")); err != nil {
			return err
		}
	}
	if x.Local && known {
		s.vars.local(canonical(x.Name), before)
	}
	return r.w.Complete("SET")
}

func canonical(name string) string {
	if d := findSetting(name); d != nil {
		return d.name
	}
	return strings.ToLower(name)
}

// settingWord is a value of SET as text; in a list such as search_path, names that need quotes keep them.
func settingWord(name string, e ast.Expr) (string, error) {
	switch x := e.(type) {
	case *ast.Const:
		if x.Kind == ast.StringConst && strings.EqualFold(name, "search_path") && x.S != strings.ToLower(x.S) {
			return `"` + strings.ReplaceAll(x.S, `"`, `""`) + `"`, nil
		}
		return x.S, nil
	case *ast.ColRef:
		return strings.Join(x.Parts, "."), nil
	case *ast.Op:
		if x.L == nil && x.Name == "-" {
			w, err := settingWord(name, x.R)
			return "-" + w, err
		}
	}
	return "", sqlerr.New(sqlerr.SyntaxError, "invalid value for parameter %q", name).At(int(e.Position()))
}

func (s *Session) executeShow(x *ast.Show, r *run) error {
	if x.Name != "all" {
		v, err := s.vars.get(x.Name)
		if err != nil {
			return err
		}
		return r.rowsOfText("SHOW", []string{v})
	}
	var rows [][]string
	for _, name := range s.vars.names() {
		v, err := s.vars.get(name)
		if err != nil {
			return err
		}
		rows = append(rows, []string{name, v, ""})
	}
	return r.rowsOfText("SHOW", rows...)
}

func (s *Session) executePrepare(x *ast.Prepare, r *run) error {
	if _, exists := s.prepared[x.Name]; exists {
		return sqlerr.New(sqlerr.DuplicatePreparedStatement, "prepared statement %q already exists", x.Name)
	}
	given := make([]types.Type, len(x.Types))
	for i, t := range x.Types {
		var err error
		if given[i], err = bind.ResolveType(nil, t); err != nil {
			return err
		}
	}
	p, err := s.prepare(&parser.Statement{Stmt: x.Stmt, Text: x.Text, Start: r.stmt.Start}, given)
	if err != nil {
		return err
	}
	s.prepared[x.Name] = p
	return r.w.Complete("PREPARE")
}

func (s *Session) executeExecute(ctx context.Context, x *ast.Execute, r *run) error {
	p, err := s.find(x.Name)
	if err != nil {
		return err
	}
	if len(x.Args) != len(p.params) {
		return sqlerr.New(sqlerr.SyntaxError, "wrong number of parameters for prepared statement %q", x.Name).
			WithDetail("Expected %d parameters but got %d.", len(p.params), len(x.Args))
	}
	sn, err := s.statementSnapshot()
	if err != nil {
		return err
	}
	env := s.env(sn.Catalog, nil, r.w)
	sn.Close()
	values := make([]types.Datum, len(x.Args))
	eval := s.exprContext(ctx, r.values)
	for i, a := range x.Args {
		e, err := planner.BindScalar(env, a, nil, p.params[i])
		if err != nil {
			return err
		}
		if values[i], err = expr.EvalRow(eval, e, nil); err != nil {
			return err
		}
	}
	return s.execute(ctx, &run{prepared: p, values: values, w: r.w, announce: r.announce, final: r.final})
}

func (s *Session) executeDeallocate(x *ast.Deallocate, r *run) error {
	if x.Name == "" {
		clear(s.prepared)
		return r.w.Complete("DEALLOCATE ALL")
	}
	if _, err := s.find(x.Name); err != nil {
		return err
	}
	delete(s.prepared, x.Name)
	return r.w.Complete("DEALLOCATE")
}

func (s *Session) executeDiscard(x *ast.Discard, r *run) error {
	what := strings.ToUpper(x.What)
	if what == "ALL" {
		if s.txn != nil && s.txn.explicit {
			return sqlerr.New(sqlerr.ActiveTransaction, "DISCARD ALL cannot run inside a transaction block")
		}
		clear(s.prepared)
		s.dropPortals()
		s.sequence = sequenceState{}
		if err := s.vars.reset("all"); err != nil {
			return err
		}
	}
	s.plans = planCache{}
	return r.w.Complete("DISCARD " + what)
}

// executeDeclare opens a cursor: a portal that lives until the transaction ends.
func (s *Session) executeDeclare(ctx context.Context, x *ast.Declare, r *run) error {
	switch {
	case x.Hold:
		return sqlerr.Unsupported(int(x.Pos), "a cursor WITH HOLD")
	case s.txn == nil || !s.txn.explicit:
		return sqlerr.New(sqlerr.NoActiveTransaction, "DECLARE CURSOR can only be used in transaction blocks")
	case x.Binary:
		return sqlerr.Unsupported(int(x.Pos), "a BINARY cursor")
	case x.Scroll:
		return sqlerr.Unsupported(int(x.Pos), "a SCROLL cursor")
	}
	if _, exists := s.portals[x.Name]; exists {
		return sqlerr.New(sqlerr.DuplicateCursor, "cursor %q already exists", x.Name)
	}
	p, err := s.prepare(&parser.Statement{Stmt: x.Query, Text: r.stmt.Text, Start: r.stmt.Start}, nil)
	switch {
	case err != nil:
		return err
	case p.plan != nil && planner.Changes(p.plan):
		return sqlerr.New(sqlerr.FeatureNotSupported, "DECLARE CURSOR must not contain data-modifying statements in WITH")
	}
	c := &portal{prepared: p}
	if err := s.openCursor(context.WithoutCancel(ctx), c, r.w); err != nil {
		return err
	}
	s.portals[x.Name] = c
	return r.w.Complete("DECLARE CURSOR")
}

func (s *Session) executeFetch(ctx context.Context, x *ast.Fetch, r *run) error {
	p, ok := s.portals[x.Cursor]
	if !ok || p.cursor == nil {
		return sqlerr.New(sqlerr.InvalidCursorName, "cursor %q does not exist", x.Cursor)
	}
	switch x.Direction {
	case "", "next", "forward":
	default:
		return sqlerr.New(sqlerr.ObjectNotInPrerequisiteState, "cursor can only scan forward").WithHint("Declare it with SCROLL option to enable backward scan.")
	}
	max := x.Count
	if max < 0 {
		max = 0
	} else if max == 0 {
		return sqlerr.Unsupported(int(x.Pos), "FETCH 0")
	}
	write := r.w.Rows
	tag := "FETCH"
	if x.Move {
		tag, write = "MOVE", func(*batch.Batch) error { return nil }
	} else if r.announce {
		if err := r.w.Columns(p.columns); err != nil {
			return err
		}
	}
	n, _, err := p.cursor.take(ctx, max, write)
	if err != nil {
		return err
	}
	return r.w.Complete(tag + " " + strconv.FormatInt(n, 10))
}

func (s *Session) executeClose(x *ast.CloseCursor, r *run) error {
	if x.Name == "" {
		for name, p := range s.portals {
			if p.cursor != nil {
				s.dropPortal(name)
			}
		}
		return r.w.Complete("CLOSE CURSOR ALL")
	}
	if _, ok := s.portals[x.Name]; !ok {
		return sqlerr.New(sqlerr.InvalidCursorName, "cursor %q does not exist", x.Name)
	}
	s.dropPortal(x.Name)
	return r.w.Complete("CLOSE CURSOR")
}

// info answers functions that ask about the session.
func (s *Session) info(name string) (types.Datum, error) {
	switch name {
	case "current_user", "session_user", "user", "current_role":
		return types.NewString(s.user), nil
	case "current_database", "current_catalog":
		return types.NewString(Database), nil
	case "pg_backend_pid":
		return types.NewInt(int64(s.id)), nil
	case "version":
		return types.NewString("PostgreSQL " + ServerVersion + " (streamsql)"), nil
	}
	if setting, ok := strings.CutPrefix(name, "setting:"); ok {
		v, err := s.vars.get(setting)
		return types.NewString(v), err
	}
	if what, _, _ := strings.Cut(name, ":"); strings.HasPrefix(what, "pg_") && strings.HasSuffix(what, "_size") {
		return types.Null, nil // pages are shared: what one relation takes is not known
	}
	if d, ok, err := s.catalogInfo(name); ok {
		return d, err
	}
	what, arg, _ := strings.Cut(name, ":")
	switch what {
	case "random":
		if s.random == nil {
			s.random = expr.NewRandom(2*rand.Float64() - 1)
		}
		return types.NewFloat(s.random.Float64()), nil
	case "setseed":
		seed, err := strconv.ParseFloat(arg, 64)
		s.random = expr.NewRandom(seed)
		return types.Null, err
	}
	if what == "set_config" || what == "set_config_local" {
		return s.setConfig(arg, what == "set_config_local")
	}
	return types.Null, sqlerr.New(sqlerr.FeatureNotSupported, "%s is not supported here", what)
}

// executeExplain shows a plan; with ANALYZE it runs it, too.
func (s *Session) executeExplain(ctx context.Context, x *ast.Explain, r *run) error {
	lines, err := s.explain(ctx, x, r)
	if err != nil {
		return err
	}
	rows := make([][]string, len(lines))
	for i, l := range lines {
		rows[i] = []string{l}
	}
	return r.rowsOfText("EXPLAIN", rows...)
}

func (s *Session) explain(ctx context.Context, x *ast.Explain, r *run) ([]string, error) {
	for _, o := range x.Options {
		switch o.Name {
		case "analyze", "verbose", "costs", "timing", "summary":
		default:
			return nil, sqlerr.Unsupported(int(o.Pos), fmt.Sprintf("EXPLAIN option %q", o.Name))
		}
	}
	sn, err := s.statementSnapshot()
	if err != nil {
		return nil, err
	}
	defer sn.Close()
	env := s.env(sn.Catalog, nil, r.w)
	env.Expand = s.expander(sn.Catalog)
	if stmt, ok := x.Stmt.(*ast.CreateView); ok {
		v, err := planner.PlanView(env, stmt)
		if err != nil {
			return nil, err
		}
		if v.Physical == nil {
			return nil, sqlerr.New(sqlerr.WrongObjectType, "a view that is not materialized has no plan of its own")
		}
		return planner.ExplainView(v.Physical, sn.Catalog, s.server.engine.Sharers), nil
	}
	switch x.Stmt.(type) {
	case *ast.Query, *ast.Insert, *ast.Update, *ast.Delete:
	default:
		return nil, sqlerr.Unsupported(int(x.Pos), "EXPLAIN of this statement")
	}
	plan, err := planner.PlanStatement(env, x.Stmt)
	if err != nil {
		return nil, err
	}
	lines := explainStatement(plan)
	if !x.Analyze {
		return lines, nil
	}
	q, ok := plan.(*planner.Query)
	if !ok || len(q.Stages)+len(q.Locks) > 0 {
		return nil, sqlerr.Unsupported(int(x.Pos), "EXPLAIN ANALYZE of a statement that writes or locks")
	}
	return s.analyze(ctx, lines, sn, q, r)
}
