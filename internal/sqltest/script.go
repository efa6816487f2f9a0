package sqltest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cockroachdb/datadriven"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/demo"
	"github.com/streamsql/streamsql/engine"
)

// Script runs a tick script: SQL in, and after each tick what changed in every materialized view. Directives:
//
//	schema   runs the DDL of a demo
//	sql      runs the statements; the rows of the last one, or the error, are the output
//	tick     runs the statements in one transaction; the output is the change of each view, a line a row: v +1 (1, 'ann')
//	restart  crashes the engine and opens it again; the output is every view that differs from before (nothing)
//
// After every directive each view must equal its query run from scratch.
type Script struct {
	dir    string
	engine *engine.Engine
	client *Client
	views  map[string]map[string]int // name -> row -> copies
}

// NewScript opens a database in dir.
func NewScript(dir string) (*Script, error) {
	s := &Script{dir: dir}
	return s, s.open()
}

func (s *Script) open() error {
	e, err := engine.Open(context.Background(), Options(s.dir))
	if err != nil {
		return err
	}
	s.engine = e
	s.client, err = NewClient(e)
	return err
}

// Close ends the database.
func (s *Script) Close() error {
	s.client.Close()
	return s.engine.Close()
}

// Run executes a directive.
func (s *Script) Run(d *datadriven.TestData) string {
	var out strings.Builder
	switch d.Cmd {
	case "sql":
		r, err := s.client.Exec(d.Input)
		if err != nil {
			return printError(err) + s.verify()
		}
		for _, n := range r.Notices {
			fmt.Fprintf(&out, "NOTICE: %s\n", n.Message)
		}
		for _, row := range r.Rows {
			fmt.Fprintf(&out, "(%s)\n", strings.Join(row, ", "))
		}
		s.views = s.contents()
	case "schema":
		schema, err := demo.Schema(d.CmdArgs[0].Key)
		if err != nil {
			return err.Error() + "\n"
		}
		if _, err := s.client.Exec(schema); err != nil {
			return printError(err)
		}
		s.views = s.contents()
	case "tick":
		before := s.contents()
		if _, err := s.client.Exec("BEGIN;" + d.Input + "\n;COMMIT"); err != nil {
			_, _ = s.client.Exec("ROLLBACK") // the error is what is reported
			return printError(err) + s.verify()
		}
		s.views = s.contents()
		out.WriteString(difference(before, s.views))
	case "restart":
		s.client.Close()
		s.engine.Crash()
		if err := s.open(); err != nil {
			return err.Error() + "\n"
		}
		after := s.contents()
		out.WriteString(difference(s.views, after))
	default:
		return "unknown directive " + d.Cmd + "\n"
	}
	return out.String() + s.verify()
}

func printError(err error) string { return "error: " + err.Error() + "\n" }

// materialized are the catalog's materialized views, in the order of creation.
func (s *Script) materialized() []*catalog.View {
	sn := s.engine.Snapshot()
	defer sn.Close()
	var out []*catalog.View
	for _, o := range sn.Catalog.Objects() {
		if v, ok := o.(*catalog.View); ok && v.Materialized {
			out = append(out, v)
		}
	}
	return out
}

// contents are the rows of every materialized view, and of one that fails its error.
func (s *Script) contents() map[string]map[string]int {
	all := map[string]map[string]int{}
	for _, v := range s.materialized() {
		all[v.Name] = s.rows(`SELECT * FROM "` + v.Name + `"`)
	}
	return all
}

func (s *Script) rows(sql string) map[string]int {
	rows := map[string]int{}
	r, err := s.client.Exec(sql)
	if err != nil {
		rows[err.Error()] = 1
		return rows
	}
	for _, line := range r.Sorted() {
		rows[line]++
	}
	return rows
}

// verify compares every view with its query; a parameterised view has no query to run without its values.
func (s *Script) verify() string {
	var out strings.Builder
	for _, v := range s.materialized() {
		if v.Params > 0 {
			continue
		}
		got, want := s.rows(`SELECT * FROM "`+v.Name+`"`), s.rows(v.Query)
		if !maps.Equal(got, want) {
			fmt.Fprintf(&out, "%s differs from its query: has %v, query gives %v\n", v.Name, got, want)
		}
	}
	return out.String()
}

// difference lists the rows whose number of copies changed.
func difference(before, after map[string]map[string]int) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		rows := maps.Clone(after[name])
		for row, n := range before[name] {
			if rows == nil {
				rows = map[string]int{}
			}
			rows[row] -= n
		}
		for _, row := range slices.Sorted(maps.Keys(rows)) {
			if n := rows[row]; n != 0 {
				lines = append(lines, fmt.Sprintf("%s %+d %s\n", name, n, row))
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b string) int { // retractions first, as they are read
		return strings.Compare(a[:strings.IndexByte(a, ' ')], b[:strings.IndexByte(b, ' ')])
	})
	return strings.Join(lines, "")
}

// Options are those of an engine in tests.
func Options(dir string) engine.Options { return engine.Options{Dir: dir} }
