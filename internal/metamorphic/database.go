package metamorphic

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/sqltest"
	"github.com/streamsql/streamsql/sqlerr"
)

// database is an engine in this process. One without a folder cannot crash.
type database struct {
	dir    string
	engine *engine.Engine
	client *sqltest.Client
}

// null is how rows show NULL: no text of a case is that.
const null = "\x00"

// crash is the step that is no statement.
const crash = "-- crash"

func open(dir string) (*database, error) {
	d := &database{dir: dir}
	return d, d.start()
}

func (d *database) start() (err error) {
	if d.engine, err = engine.Open(context.Background(), sqltest.Options(d.dir)); err != nil {
		return err
	}
	if d.client, err = sqltest.NewClient(d.engine); err != nil {
		return err
	}
	d.client.Null = null
	return nil
}

func (d *database) close() error {
	d.client.Close()
	return d.engine.Close()
}

// do takes a step; what fails changes nothing.
func (d *database) do(step string) error {
	if step == crash {
		d.client.Close()
		d.engine.Crash()
		return d.start()
	}
	_, err := d.client.Exec(step)
	return err
}

// answer is the rows of queries, in the order of their text, or the SQLSTATE of the one that failed.
type answer struct {
	rows []string
	code sqlerr.Code
}

func (a answer) equal(b answer) bool {
	return (a.code != "") == (b.code != "") && slices.Equal(a.rows, b.rows)
}

func (a answer) String() string {
	if a.code != "" {
		return "error " + string(a.code)
	}
	return fmt.Sprintf("%d rows%s", len(a.rows), strings.ReplaceAll(strings.Join(append([]string{""}, a.rows...), "\n--   "), null, "NULL"))
}

// ask takes the rows of all queries together.
func (d *database) ask(queries []string) (a answer) {
	for _, q := range queries {
		r, err := d.client.Exec(q)
		if err != nil {
			return answer{code: sqlerr.CodeOf(err)}
		}
		a.rows = append(a.rows, r.Sorted()...)
	}
	slices.Sort(a.rows)
	return a
}

// refill are the statements that give tables the rows that they have, in another order and in other transactions.
func (d *database) refill(tables []string, shuffle func(n int, swap func(i, k int)), size func() int) (steps []string, err error) {
	var inserts []string
	for _, t := range tables {
		r, err := d.client.Exec("SELECT * FROM " + t)
		if err != nil {
			return nil, err
		}
		for _, row := range r.Rows {
			values := make([]string, len(row))
			for i, v := range row {
				values[i] = "NULL"
				if v != null {
					values[i] = "'" + strings.ReplaceAll(v, "'", "''") + "'"
				}
			}
			inserts = append(inserts, fmt.Sprintf("INSERT INTO %s VALUES (%s)", t, strings.Join(values, ", ")))
		}
		steps = append(steps, "DELETE FROM "+t)
	}
	shuffle(len(inserts), func(i, k int) { inserts[i], inserts[k] = inserts[k], inserts[i] })
	return append(steps, merged(inserts, size)...), nil
}

// merged puts some statements into each transaction.
func merged(statements []string, size func() int) (steps []string) {
	for len(statements) > 0 {
		n := min(size(), len(statements))
		steps = append(steps, strings.Join(statements[:n], "; "))
		statements = statements[n:]
	}
	return steps
}
