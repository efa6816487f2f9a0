package pgwire_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/pgwire"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// fakeBackend makes sessions that speak a language of their own, with a word for each thing that the protocol must carry:
//
//	echo T, T...: V | V ...   a row of values of these types; prepared without values, these are parameters
//	series N                  rows 1..N          insert        a command without rows
//	fail CODE POS MESSAGE     an error           notice CODE M a notice
//	wait                      until cancelled    panic         a bug
//	copyin  copyout N         COPY               set N V       a reported setting
//	begin  commit  rollback                      lazy          an error that comes with Sync
type fakeBackend struct {
	opened, closed atomic.Int64
	ended          chan struct{} // gets a value when a session is closed, until it is full
	waiting        chan struct{} // gets a value when "wait" waits
	release        chan struct{} // lets a "wait" go
}

func newFakeBackend() *fakeBackend {
	return &fakeBackend{ended: make(chan struct{}, 10), waiting: make(chan struct{}, 100), release: make(chan struct{})}
}

func (b *fakeBackend) Open(_ context.Context, params map[string]string) (pgwire.Session, error) {
	if params["user"] == "nobody" {
		return nil, sqlerr.New(sqlerr.InvalidAuthorization, "role %q does not exist", "nobody")
	}
	b.opened.Add(1)
	return &fakeSession{
		backend: b, params: params, status: 'I', cfg: types.DefaultConfig(),
		statements: map[string]*fakeStatement{}, portals: map[string]*fakePortal{},
	}, nil
}

type fakeSession struct {
	backend    *fakeBackend
	params     map[string]string
	status     byte
	cfg        *types.Config
	statements map[string]*fakeStatement
	portals    map[string]*fakePortal
	lazy       bool
}

type fakeStatement struct {
	verb, arg string
	params    []types.Type
	values    []types.Datum // of echo in the simple protocol
	cols      []result.Column
}

type fakePortal struct {
	*fakeStatement
	values []types.Datum
	next   int64
}

func (s *fakeSession) parse(sql string) (*fakeStatement, error) {
	verb, arg, _ := strings.Cut(strings.TrimSpace(sql), " ")
	st := &fakeStatement{verb: verb, arg: arg}
	switch verb {
	case "echo":
		return st, s.parseEcho(st)
	case "series":
		st.cols = []result.Column{{Name: "n", Type: types.Of(types.Int4), TableOID: 77, Attnum: 1}}
	case "fail", "notice", "insert", "wait", "panic", "copyin", "copyout", "set", "begin", "commit", "rollback", "lazy", "":
	default:
		return nil, sqlerr.New(sqlerr.SyntaxError, "syntax error at or near \"%s\"", verb).At(strings.Index(sql, verb))
	}
	return st, nil
}

func (s *fakeSession) parseEcho(st *fakeStatement) error {
	names, values, given := strings.Cut(st.arg, ":")
	for i, name := range strings.Split(names, ",") {
		name, isArray := strings.CutSuffix(strings.TrimSpace(name), "[]")
		t, err := types.FromName(name, nil, map[bool]int{true: 1}[isArray])
		if err != nil {
			return err
		}
		st.params = append(st.params, t)
		st.cols = append(st.cols, result.Column{Name: fmt.Sprint("c", i+1), Type: t})
	}
	if !given {
		return nil
	}
	for i, v := range strings.Split(values, "|") {
		d, err := types.ParseText(s.cfg, st.params[i], strings.TrimSpace(v))
		if err != nil {
			return err
		}
		st.values = append(st.values, d)
	}
	st.params = nil
	return nil
}

func (s *fakeSession) Query(ctx context.Context, sql string, w result.Writer) error {
	if strings.TrimSpace(sql) == "" {
		return w.Empty()
	}
	for _, one := range strings.Split(sql, ";") {
		st, err := s.parse(one)
		if err != nil {
			return s.fail(err)
		}
		if st.cols != nil {
			if err := w.Columns(st.cols); err != nil {
				return err
			}
		}
		p := &fakePortal{fakeStatement: st, values: st.values}
		if _, err := s.run(ctx, p, 0, w); err != nil {
			return s.fail(err)
		}
	}
	return nil
}

func (s *fakeSession) fail(err error) error {
	if s.status == 'T' {
		s.status = 'E'
	}
	return err
}

// run executes p; it is the fake's whole engine.
func (s *fakeSession) run(ctx context.Context, p *fakePortal, max int64, w result.Writer) (suspended bool, err error) {
	switch p.verb {
	case "":
		return false, w.Empty()
	case "echo":
		b := batch.New(columnTypes(p.cols), 1)
		b.AppendRow(p.values, 1)
		return false, errors.Join(w.Rows(b), w.Complete("SELECT 1"))
	case "series":
		return p.series(max, w)
	case "fail":
		f := strings.SplitN(p.arg, " ", 3)
		e := sqlerr.New(sqlerr.Code(f[0]), "%s", f[2])
		e.Position, _ = strconv.Atoi(f[1])
		return false, e
	case "notice":
		code, text, _ := strings.Cut(p.arg, " ")
		return false, errors.Join(w.Notice(sqlerr.New(sqlerr.Code(code), "%s", text)), w.Complete("NOTICE"))
	case "insert":
		return false, w.Complete("INSERT 0 1")
	case "lazy":
		s.lazy = true
		return false, w.Complete("INSERT 0 1")
	case "wait":
		s.backend.waiting <- struct{}{}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-s.backend.release:
			return false, w.Complete("WAIT")
		}
	case "panic":
		panic("the fake's bug")
	case "copyin":
		return false, copyIn(w)
	case "copyout":
		return false, copyOut(p.arg, w)
	case "set":
		name, value, _ := strings.Cut(p.arg, " ")
		return false, errors.Join(w.Parameter(name, value), w.Complete("SET"))
	case "begin":
		s.status = 'T'
	case "commit", "rollback":
		s.status = 'I'
	}
	return false, w.Complete(strings.ToUpper(p.verb))
}

func (p *fakePortal) series(max int64, w result.Writer) (bool, error) {
	n, err := strconv.ParseInt(p.arg, 10, 64)
	if err != nil {
		return false, sqlerr.New(sqlerr.InvalidTextRepresentation, "not a number: %s", p.arg)
	}
	written := int64(0)
	for p.next < n && (max == 0 || written < max) {
		b := batch.New(columnTypes(p.cols), 0)
		for p.next < n && (max == 0 || written < max) && b.Len() < 1000 {
			p.next++
			written++
			b.AppendRow([]types.Datum{types.NewInt(p.next)}, 1)
		}
		if err := w.Rows(b); err != nil {
			return false, err
		}
	}
	if max > 0 && written == max {
		return true, nil
	}
	return false, w.Complete(fmt.Sprintf("SELECT %d", written))
}

func copyIn(w result.Writer) error {
	r, err := w.CopyIn(2, false)
	if err != nil {
		return err
	}
	lines := 0
	for {
		p, err := r.Next()
		if err == io.EOF {
			return w.Complete(fmt.Sprintf("COPY %d", lines))
		}
		if err != nil {
			return err
		}
		if strings.HasPrefix(string(p), "bad") {
			return sqlerr.New(sqlerr.BadCopyFileFormat, "bad line").WithWhere("COPY t, line %d", lines+1)
		}
		lines += strings.Count(string(p), "\n")
	}
}

func copyOut(arg string, w result.Writer) error {
	n, _ := strconv.Atoi(arg)
	if err := w.CopyOut(1, false); err != nil {
		return err
	}
	for i := range n {
		if err := w.CopyData([]byte(fmt.Sprintf("row %d\n", i+1))); err != nil {
			return err
		}
	}
	return errors.Join(w.CopyDone(), w.Complete("COPY "+arg))
}

func columnTypes(cols []result.Column) (ts []types.Type) {
	for _, c := range cols {
		ts = append(ts, c.Type)
	}
	return ts
}

func (s *fakeSession) Prepare(_ context.Context, name, sql string, _ []uint32) error {
	if _, ok := s.statements[name]; ok && name != "" {
		return sqlerr.New(sqlerr.DuplicatePreparedStatement, "prepared statement \"%s\" already exists", name)
	}
	st, err := s.parse(sql)
	if err != nil {
		return s.fail(err)
	}
	s.statements[name] = st
	return nil
}

func (s *fakeSession) statement(name string) (*fakeStatement, error) {
	if st := s.statements[name]; st != nil {
		return st, nil
	}
	return nil, s.fail(sqlerr.New(sqlerr.InvalidStatementName, "prepared statement \"%s\" does not exist", name))
}

func (s *fakeSession) portal(name string) (*fakePortal, error) {
	if p := s.portals[name]; p != nil {
		return p, nil
	}
	return nil, s.fail(sqlerr.New(sqlerr.InvalidCursorName, "portal \"%s\" does not exist", name))
}

func (s *fakeSession) DescribeStatement(_ context.Context, name string) (result.Statement, error) {
	st, err := s.statement(name)
	if err != nil {
		return result.Statement{}, err
	}
	return result.Statement{Params: st.params, Columns: st.cols}, nil
}

func (s *fakeSession) ParamTypes(name string) ([]types.Type, error) {
	st, err := s.statement(name)
	if err != nil {
		return nil, err
	}
	return st.params, nil
}

func (s *fakeSession) Bind(_ context.Context, portal, statement string, params []types.Datum) error {
	st, err := s.statement(statement)
	if err != nil {
		return err
	}
	values := st.values
	if st.params != nil {
		values = params
	}
	s.portals[portal] = &fakePortal{fakeStatement: st, values: values}
	return nil
}

func (s *fakeSession) DescribePortal(_ context.Context, name string) ([]result.Column, error) {
	p, err := s.portal(name)
	if err != nil {
		return nil, err
	}
	return p.cols, nil
}

func (s *fakeSession) Execute(ctx context.Context, name string, max int64, _ bool, w result.Writer) (bool, error) {
	p, err := s.portal(name)
	if err != nil {
		return false, err
	}
	suspended, err := s.run(ctx, p, max, w)
	if err != nil {
		s.fail(err)
	}
	return suspended, err
}

func (s *fakeSession) CloseStatement(name string) { delete(s.statements, name) }
func (s *fakeSession) ClosePortal(name string)    { delete(s.portals, name) }

func (s *fakeSession) Sync(_ context.Context, failed bool) error {
	if s.status == 'I' {
		clear(s.portals)
	}
	if s.lazy && !failed {
		s.lazy = false
		return sqlerr.New(sqlerr.SerializationFailure, "could not serialize access due to concurrent update")
	}
	s.lazy = false
	return nil
}

func (s *fakeSession) Status() byte          { return s.status }
func (s *fakeSession) Config() *types.Config { return s.cfg }

func (s *fakeSession) Close() {
	s.backend.closed.Add(1)
	select {
	case s.backend.ended <- struct{}{}:
	default:
	}
}
func (s *fakeSession) Parameters() map[string]string {
	ps := map[string]string{"server_version": "15.0"}
	if s.params["timezone"] != "" {
		maps.Copy(ps, map[string]string{"TimeZone": s.params["timezone"]})
	}
	return ps
}
