// Package judge runs the files of sqllogictest corpora against streamsql with a real PostgreSQL 15 beside it, which says what is right.
//
// plain.go runs a file as it is written; view.go makes its queries materialized views before its data arrive (restart mode: with crashes in
// between), flow.go is how the data come, verdict.go what an answer is worth, report.go what docs/CONFORMANCE.md says.
package judge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/servertest"
	"github.com/streamsql/streamsql/internal/sqltest"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// null is how answers show NULL: no text of a corpus is that.
const null = "\x00"

// limit is how long a statement may take.
const limit = 30 * time.Second

// Answer is what a text of statements gave: the last rows and tag, or an error.
type Answer struct {
	Columns []string
	Types   []uint32
	Rows    [][]string
	Tag     string
	Code    string // SQLSTATE; "" is success
	Message string
}

func (a *Answer) failed() bool { return a.Code != "" }

// refused says that the feature is not there.
func (a *Answer) refused() bool { return a.Code == string(sqlerr.FeatureNotSupported) }

// database is one of the two sides. Sessions are made when they are first named.
type database interface {
	exec(session, sql string) Answer
	// crash ends the database as kill -9 does, and opens it again: its sessions are new.
	crash() error
	close() error
}

// wireDatabase speaks the protocol; PostgreSQL, or our server in a process of its own.
type wireDatabase struct {
	dsn      string
	sessions map[string]*pgconn.PgConn
	server   *servertest.Server // nil: PostgreSQL
	setup    string             // run first in each session
}

func (d *wireDatabase) session(name string) (*pgconn.PgConn, error) {
	if c := d.sessions[name]; c != nil && !c.IsClosed() {
		return c, nil
	}
	c, err := pgconn.Connect(context.Background(), d.dsn)
	if err != nil {
		return nil, err
	}
	if d.setup != "" {
		if _, err := c.Exec(context.Background(), d.setup).ReadAll(); err != nil {
			return nil, err
		}
	}
	d.sessions[name] = c
	return c, nil
}

func (d *wireDatabase) exec(session, sql string) Answer {
	c, err := d.session(session)
	if err != nil {
		return failure(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil {
		return failure(err)
	}
	var a Answer
	for _, r := range results {
		a.Tag = r.CommandTag.String()
		if len(r.FieldDescriptions) == 0 {
			continue
		}
		a.Columns, a.Types, a.Rows = nil, nil, nil
		for _, f := range r.FieldDescriptions {
			a.Columns, a.Types = append(a.Columns, f.Name), append(a.Types, rowType(f.DataTypeOID))
		}
		for _, row := range r.Rows {
			cells := make([]string, len(row))
			for i, v := range row {
				cells[i] = null
				if v != nil {
					cells[i] = string(v)
				}
			}
			a.Rows = append(a.Rows, cells)
		}
	}
	return a
}

// failure is an error as an answer; one of the transport, or no answer in time, has a code that no server sends.
func failure(err error) Answer {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return Answer{Code: pe.Code, Message: pe.Message}
	}
	return Answer{Code: "-----", Message: err.Error()}
}

func (d *wireDatabase) crash() error {
	d.disconnect()
	d.server.Kill()
	return d.start(d.server.Data)
}

func (d *wireDatabase) start(dir string) error {
	s, err := servertest.Start(dir)
	if err != nil {
		return err
	}
	d.server, d.dsn = s, s.DSN()
	return nil
}

func (d *wireDatabase) disconnect() {
	for _, c := range d.sessions {
		_ = c.Close(context.Background()) // the server may be gone
	}
	clear(d.sessions)
}

func (d *wireDatabase) close() error {
	d.disconnect()
	if d.server == nil {
		return nil
	}
	_, err := d.server.Stop()
	return err
}

// processDatabase is an engine in this process.
type processDatabase struct {
	dir      string
	engine   *engine.Engine
	sessions map[string]*sqltest.Client
}

func (d *processDatabase) open() (err error) {
	d.engine, err = engine.Open(context.Background(), sqltest.Options(d.dir))
	d.sessions = map[string]*sqltest.Client{}
	return err
}

func (d *processDatabase) exec(session, sql string) Answer {
	c := d.sessions[session]
	if c == nil {
		var err error
		if c, err = sqltest.NewClient(d.engine); err != nil {
			return failure(err)
		}
		c.Null = null
		d.sessions[session] = c
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	r, err := c.ExecContext(ctx, sql)
	if err != nil {
		e := sqlerr.From(err)
		if ctx.Err() != nil {
			return Answer{Code: "-----", Message: fmt.Sprintf("no answer in %v", limit)}
		}
		return Answer{Code: string(e.Code), Message: e.Message}
	}
	a := Answer{Columns: r.Columns, Rows: r.Rows}
	for _, t := range r.Types {
		a.Types = append(a.Types, t.OID())
	}
	if len(r.Tags) > 0 {
		a.Tag = r.Tags[len(r.Tags)-1]
	}
	return a
}

func (d *processDatabase) crash() error {
	d.endSessions()
	d.engine.Crash()
	return d.open()
}

func (d *processDatabase) endSessions() {
	for _, c := range d.sessions {
		c.Close()
	}
	clear(d.sessions)
}

func (d *processDatabase) close() error {
	d.endSessions()
	return d.engine.Close()
}

// quote is a text as an SQL literal.
func quote(s string) string {
	q := strings.ReplaceAll(s, "'", "''")
	if strings.Contains(q, `\`) {
		return " E'" + strings.ReplaceAll(q, `\`, `\\`) + "'"
	}
	return "'" + q + "'"
}

// inTransaction says that a session, or with "" any, is in a transaction block.
func (d *wireDatabase) inTransaction(session string) bool {
	for name, c := range d.sessions {
		if (session == "" || name == session) && c.TxStatus() != 'I' {
			return true
		}
	}
	return false
}

// rowType is a type, record for those that users make: they are of the rows of relations, which are plain records here.
func rowType(oid uint32) uint32 {
	const firstOfUsers = 16384
	if oid >= firstOfUsers {
		return types.Of(types.Record).OID()
	}
	return oid
}
