package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// copyFormat is how COPY writes rows.
type copyFormat struct {
	csv       bool
	binary    bool
	delimiter byte
	null      string
	header    bool
	quote     byte
	escape    byte
	// batch is how many rows COPY ... WITH (batch n) commits at a time; 0: all or nothing.
	batch int64
}

func copyOptions(options []ast.Option) (*copyFormat, error) {
	f := &copyFormat{delimiter: '\t', null: `\N`, quote: '"'}
	for _, o := range options {
		if o.Name != "format" {
			continue
		}
		switch v := optionText(o); v {
		case "text":
		case "csv":
			f.csv, f.delimiter, f.null = true, ',', ""
		case "binary":
			f.binary = true
		default:
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "COPY format %q not recognized", v).At(int(o.Pos)).WithHint("Use text, csv or binary.")
		}
	}
	for _, o := range options {
		if err := f.option(o); err != nil {
			return nil, err
		}
	}
	if f.binary && len(options) > 1 && f.batch == 0 {
		return nil, sqlerr.New(sqlerr.SyntaxError, "COPY options for text are not allowed in BINARY mode").At(int(options[0].Pos))
	}
	if f.escape == 0 {
		f.escape = f.quote
	}
	return f, nil
}

func (f *copyFormat) option(o ast.Option) error {
	v := optionText(o)
	one := func(dst *byte) error {
		if len(v) != 1 || v == "\n" || v == "\r" {
			return sqlerr.New(sqlerr.FeatureNotSupported, "COPY %s must be a single one-byte character", o.Name).At(int(o.Pos))
		}
		*dst = v[0]
		return nil
	}
	switch o.Name {
	case "format":
	case "delimiter":
		return one(&f.delimiter)
	case "null":
		f.null = v
	case "header":
		switch strings.ToLower(v) {
		case "", "true", "on", "1":
			f.header = true
		case "false", "off", "0":
			f.header = false
		case "match":
			return sqlerr.Unsupported(int(o.Pos), "COPY HEADER MATCH")
		default:
			return sqlerr.New(sqlerr.SyntaxError, `header requires a Boolean value or "match"`)
		}
	case "quote", "escape":
		if !f.csv {
			return sqlerr.New(sqlerr.FeatureNotSupported, "COPY %s available only in CSV mode", o.Name).At(int(o.Pos))
		}
		if o.Name == "quote" {
			return one(&f.quote)
		}
		return one(&f.escape)
	case "encoding":
		_, err := utf8Only(v)
		if err != nil {
			return sqlerr.Unsupported(int(o.Pos), fmt.Sprintf("COPY encoding %q", v))
		}
	case "batch":
		n, err := optionInt(o)
		if err != nil || n == nil || *n <= 0 {
			return sqlerr.New(sqlerr.InvalidParameterValue, "COPY batch must be a positive number of rows").At(int(o.Pos))
		}
		f.batch = *n
	case "freeze": // rows are visible when COPY is committed, frozen or not
	case "force_quote", "force_null", "force_not_null":
		return sqlerr.Unsupported(int(o.Pos), fmt.Sprintf("COPY option %q", o.Name))
	default:
		return sqlerr.New(sqlerr.SyntaxError, "option %q not recognized", o.Name).At(int(o.Pos))
	}
	return nil
}

func optionText(o ast.Option) string {
	switch v := o.Value.(type) {
	case *ast.Const:
		return v.S
	case *ast.ColRef:
		return strings.Join(v.Parts, ".")
	}
	return ""
}

func (s *Session) executeCopy(ctx context.Context, r *run, x *ast.Copy) error {
	if x.File != "" {
		return sqlerr.New(sqlerr.InsufficientPrivilege, "COPY to or from a file of the server is not allowed").At(int(x.Pos)).
			WithHint("Use COPY ... FROM STDIN or TO STDOUT, or psql's \\copy.")
	}
	f, err := copyOptions(x.Options)
	if err != nil {
		return err
	}
	if !x.From {
		return s.copyTo(ctx, r, x, f)
	}
	if x.Where != nil {
		return sqlerr.Unsupported(int(x.Where.Position()), "COPY FROM ... WHERE")
	}
	if f.batch > 0 && s.txn != nil && s.txn.explicit {
		return sqlerr.New(sqlerr.ActiveTransaction, "COPY WITH (batch) cannot run inside a transaction block")
	}
	// COPY does not run again when it lost a race: its data are gone. It inserts only, so that the race is for a key: 23505.
	if _, err := s.open(); err != nil {
		return err
	}
	n, err := s.copyFrom(ctx, r, x, f)
	if err != nil {
		return err
	}
	if r.final && !s.txn.explicit {
		if err := s.commit(ctx, nil); err != nil {
			return err
		}
	}
	return r.w.Complete(fmt.Sprintf("COPY %d", n))
}

// copier is a COPY FROM under way.
type copier struct {
	*writer
	format  *copyFormat
	name    string
	columns []int
	target  []types.Type
	pending *batch.Batch
	defined []expr.Expr // defaults by column
	given   []bool
	plain   bool // nothing but the given columns has to be computed or checked
	line    int64
	rows    int64
}

// copyRows is how many rows COPY buffers before they go into the transaction.
const copyRows = 4096

func (s *Session) copyFrom(ctx context.Context, r *run, x *ast.Copy, f *copyFormat) (int64, error) {
	if err := s.mayWrite("COPY FROM"); err != nil {
		return 0, err
	}
	sn, err := s.snapshot()
	if err != nil {
		return 0, err
	}
	defer sn.Close()
	c, err := s.newCopier(ctx, r, x, f, sn)
	if err != nil {
		return 0, err
	}
	in, err := r.w.CopyIn(len(c.columns), f.binary)
	if err != nil {
		return 0, err
	}
	mark := c.buffer.Mark()
	if f.binary {
		err = c.runBinary(&tupleReader{next: in.Next})
	} else {
		err = c.run(&lineReader{next: in.Next, csv: f.csv, quote: f.quote, escape: f.escape})
	}
	end := drain(in)
	if err == nil && !errors.Is(end, io.EOF) {
		err = c.where(end, "")
	}
	if err != nil {
		c.buffer.Cut(mark)
		return 0, err
	}
	return c.rows, nil
}

// drain reads what the client still sends, after an error or after \., so that the connection is usable afterwards. It says what ended it:
// io.EOF where the client has sent all.
func drain(in interface{ Next() ([]byte, error) }) error {
	for {
		if _, err := in.Next(); err != nil {
			return err
		}
	}
}

func (s *Session) newCopier(ctx context.Context, r *run, x *ast.Copy, f *copyFormat, sn *engine.Snapshot) (*copier, error) {
	d := &definer{Session: s, run: r, catalog: sn.Catalog, sn: sn}
	o, err := d.relation(x.Table.Name, x.Table.Pos)
	if err != nil {
		return nil, err
	}
	t, ok := o.(*catalog.Table)
	if !ok {
		return nil, sqlerr.New(sqlerr.WrongObjectType, "cannot copy to %s %q", kindOf(o), x.Table.Name.Last())
	}
	// The plan of an INSERT of these columns has the defaults and checks.
	ins := &ast.Insert{Pos: x.Pos, Table: x.Table, Cols: x.Cols}
	st, err := planner.PlanStatement(s.env(sn.Catalog, nil, r.w), ins)
	if err != nil {
		return nil, err
	}
	p := st.(*planner.Insert)
	c := &copier{format: f, name: t.Name, defined: p.Defaults, given: make([]bool, len(t.Columns))}
	c.writer = &writer{changing: s.changing(ctx, r, sn)}
	c.begin(t, &planner.Write{Checks: p.Checks})
	if c.columns, err = copyColumns(t.Columns, x.Cols); err != nil {
		return nil, err
	}
	c.plain = len(p.Checks) == 0 && !s.txn.explicit
	for _, i := range c.columns {
		c.given[i] = true
		c.target = append(c.target, t.Columns[i].Type)
	}
	for i, col := range t.Columns {
		c.plain = c.plain && (c.given[i] || col.Hidden || p.Defaults[i] == nil && !col.NotNull)
	}
	c.pending = batch.New(columnTypes(t.Columns), copyRows)
	return c, nil
}

// copyColumns are the numbers of the named columns; of all that COPY moves if none is named.
func copyColumns(all []catalog.Column, named []ast.ColName) ([]int, error) {
	var out []int
	if len(named) == 0 {
		for i, c := range all {
			if !c.Hidden && !c.Generated && !c.Dropped {
				out = append(out, i)
			}
		}
		return out, nil
	}
	for _, n := range named {
		i, err := findColumn(all, n.Name, n.Pos)
		if err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return out, nil
}

func (c *copier) run(in *lineReader) error {
	var fields []field
	for header := c.format.header; ; header = false {
		line, err := in.line()
		if errors.Is(err, io.EOF) {
			break
		}
		c.line = in.number
		if err != nil {
			return c.where(err, string(line))
		}
		if !utf8.Valid(line) || bytes.IndexByte(line, 0) >= 0 {
			return c.where(types.CheckText(string(line)), "")
		}
		if header {
			continue
		}
		if string(line) == `\.` { // PostgreSQL 15 ends at it in csv, too: psql sends it
			break
		}
		if fields, err = c.format.split(fields[:0], line, in); err != nil {
			return c.where(err, string(line))
		}
		if err := c.add(fields, line); err != nil {
			return err
		}
	}
	return c.flush()
}

// add parses the fields of a line into the pending batch.
func (c *copier) add(fields []field, line []byte) error {
	if len(fields) < len(c.columns) {
		return c.where(sqlerr.New(sqlerr.BadCopyFileFormat, "missing data for column %q", c.table.Columns[c.columns[len(fields)]].Name), string(line))
	}
	if len(fields) > len(c.columns) {
		return c.where(sqlerr.New(sqlerr.BadCopyFileFormat, "extra data after last expected column"), string(line))
	}
	row := make([]types.Datum, len(c.table.Columns))
	for k, i := range c.columns {
		if fields[k].null {
			continue
		}
		v, err := types.ParseText(c.eval.Config, c.target[k], string(fields[k].text))
		if err != nil {
			e := c.where(err, "")
			e.Where += fmt.Sprintf(`, column %s: "%s"`, c.table.Columns[i].Name, cut(string(fields[k].text)))
			return e
		}
		row[i] = v
	}
	return c.addRow(row, line)
}

// addRow completes and checks a row and adds it to the pending batch.
func (c *copier) addRow(row []types.Datum, line []byte) error {
	c.rows++
	if !c.plain {
		if err := c.defaults(row, c.given, c.defined); err != nil {
			return c.where(err, string(line))
		}
	}
	if err := c.check(row); err != nil {
		return c.where(err, string(line))
	}
	if c.session.txn.explicit {
		if err := c.unique(row); err != nil {
			return c.where(err, "")
		}
	}
	c.pending.AppendRow(row, 1)
	if c.pending.Len() < copyRows {
		return nil
	}
	return c.flush()
}

// flush moves the pending rows into the transaction; with batch n it commits every n rows.
func (c *copier) flush() error {
	if err := c.ctx.Err(); err != nil {
		return sqlerr.Canceled(c.ctx)
	}
	if c.pending.Len() == 0 {
		return nil
	}
	if err := c.buffer.InsertBatch(c.table, c.pending); err != nil {
		return c.where(err, "")
	}
	c.affected += int64(c.pending.Len())
	c.pending.Reset()
	if c.format.batch == 0 || c.affected < c.format.batch {
		return nil
	}
	s := c.session
	if err := s.commit(c.ctx, nil); err != nil {
		return c.where(err, "")
	}
	c.affected = 0
	if _, err := s.open(); err != nil {
		return err
	}
	c.buffer = s.buffer(c.reading.Snapshot)
	return nil
}

// where adds the line to an error.
func (c *copier) where(err error, line string) *sqlerr.Error {
	e := *sqlerr.From(err)
	e.Where = fmt.Sprintf("COPY %s, line %d", c.name, c.line)
	if line != "" {
		e.Where += fmt.Sprintf(`: "%s"`, cut(line))
	}
	return &e
}

// cut limits what an error shows of the data.
func cut(s string) string {
	const shown = 100
	if len(s) <= shown {
		return s
	}
	n := shown
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "..."
}

// copyTo sends a relation's or a query's rows.
func (s *Session) copyTo(ctx context.Context, r *run, x *ast.Copy, f *copyFormat) error {
	if _, err := s.open(); err != nil {
		return err
	}
	sn, err := s.snapshot()
	if err != nil {
		return err
	}
	defer sn.Close()
	query := x.Query
	if query == nil {
		query = copyQuery(x)
	}
	env := s.env(sn.Catalog, nil, r.w)
	env.Expand = s.expander(sn.Catalog)
	q, err := planner.PlanQuery(env, query)
	if err != nil {
		return err
	}
	rows, err := s.query(ctx, sn, q, r)
	if err != nil {
		return err
	}
	defer rows.Close()
	if err := r.w.CopyOut(len(q.Columns), f.binary); err != nil {
		return err
	}
	var n int64
	out := f.appendHeader(make([]byte, 0, 1<<10), q.Columns)
	cfg := s.Config()
	if len(out) > 0 && !f.binary {
		if err := r.w.CopyData(out); err != nil {
			return err
		}
		out = out[:0]
	}
	for {
		b, err := rows.Next(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return sqlerr.Canceled(ctx)
			}
			return err
		}
		if b == nil {
			break
		}
		n += count(b)
		for i := range b.Len() {
			for range b.W[i] {
				// A message is a row, as clients expect; the binary header goes with the first.
				out = f.appendRow(out, cfg, b, i)
				if err := r.w.CopyData(out); err != nil {
					return err
				}
				out = out[:0]
			}
		}
	}
	if f.binary {
		out = append(out, 0xff, 0xff)
	}
	if len(out) > 0 {
		if err := r.w.CopyData(out); err != nil {
			return err
		}
	}
	if err := r.w.CopyDone(); err != nil {
		return err
	}
	return r.w.Complete(fmt.Sprintf("COPY %d", n))
}

// copyQuery is COPY t (a, b) TO as a query.
func copyQuery(x *ast.Copy) *ast.Query {
	sel := &ast.Select{Pos: x.Pos, From: []ast.From{x.Table}}
	for _, c := range x.Cols {
		sel.Targets = append(sel.Targets, &ast.Target{Pos: c.Pos, Expr: &ast.ColRef{Pos: c.Pos, Parts: []string{c.Name}}})
	}
	if len(x.Cols) == 0 {
		sel.Targets = []*ast.Target{{Pos: x.Pos, Expr: &ast.Star{Pos: x.Pos}}}
	}
	return &ast.Query{Pos: x.Pos, Body: sel}
}
