package judge

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// pair is a database of each kind that are given the same statements.
type pair struct {
	pg      *wireDatabase
	ours    database
	session string
	lost    map[string]string // relations that our side was refused, and why
	dirty   bool              // the tables may differ, as ours refused a change
	set     []string          // settings of our session, which a crash ends
}

// newPair takes a database of PostgreSQL's and one of ours, which it closes.
func newPair(dsn string, ours database) *pair {
	return &pair{ours: ours, lost: map[string]string{}, pg: &wireDatabase{
		dsn:      dsn,
		sessions: map[string]*pgconn.PgConn{},
		setup:    "SET statement_timeout = '20s'",
	}}
}

func (p *pair) close() error { return errors.Join(p.pg.close(), p.ours.close()) }

// created are what a DDL statement makes or changes.
var created = regexp.MustCompile(`(?is)^\s*(?:create|alter|drop|comment\s+on)\s+(?:or\s+replace\s+)?(?:temp\s+|temporary\s+|unlogged\s+)?(?:unique\s+)?` +
	`(?:materialized\s+view|view|table|sequence|type|schema|function|index|domain|aggregate|user|role|database)\s+(?:concurrently\s+)?(?:if\s+(?:not\s+)?exists\s+)?([\w."]+)`)

// remember keeps what a refused DDL statement was about: what reads it later cannot be judged.
func (p *pair) remember(sql, reason string) {
	if m := created.FindStringSubmatch(sql); m != nil {
		name := m[1]
		if i := strings.LastIndexByte(name, '.'); i >= 0 {
			name = name[i+1:]
		}
		p.lost[strings.ToLower(strings.Trim(name, `"`))] = reason
	}
}

// forget is its opposite: the relation was made, or both sides dropped it.
func (p *pair) forget(sql string) {
	if m := created.FindStringSubmatch(sql); m != nil {
		delete(p.lost, strings.ToLower(strings.Trim(m[1], `"`)))
	}
}

// needsLost says why a statement cannot be judged: it names what was refused.
func (p *pair) needsLost(sql string) (string, bool) {
	if len(p.lost) == 0 {
		return "", false
	}
	for _, w := range word.FindAllString(strings.ToLower(sql), -1) {
		if reason, ok := p.lost[w]; ok {
			return reason, true
		}
	}
	return "", false
}

var word = regexp.MustCompile(`[\w]+`)

// row is a table's row as text.
type row []string

func (r row) key() string { return strings.Join(r, "\x01") }

// table is a PostgreSQL table of a case.
type table struct {
	name    string // quoted, with its schema
	columns []string
}

// tables are the base tables of the PostgreSQL side, in the order of their names.
func (p *pair) tables() []table {
	a := p.pg.exec("", `SELECT CASE WHEN n.oid = pg_my_temp_schema() THEN 'pg_temp' ELSE quote_ident(n.nspname) END||'.'||quote_ident(c.relname), quote_ident(a.attname)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND (n.nspname NOT LIKE 'pg_temp%' OR n.oid = pg_my_temp_schema()) ORDER BY 1, a.attnum`)
	var out []table
	for _, r := range a.Rows {
		if len(out) == 0 || out[len(out)-1].name != r[0] {
			out = append(out, table{name: r[0]})
		}
		t := &out[len(out)-1]
		t.columns = append(t.columns, r[1])
	}
	return out
}

// contents are a table's rows on a side.
func (t *table) contents(d database) ([]row, *Answer) {
	if len(t.columns) == 0 {
		return nil, &Answer{Code: "no columns"}
	}
	a := d.exec("", "SELECT "+strings.Join(t.columns, "::text, ")+"::text FROM "+t.name)
	if a.failed() {
		return nil, &a
	}
	rows := make([]row, len(a.Rows))
	for i, r := range a.Rows {
		rows[i] = r
	}
	slices.SortFunc(rows, func(a, b row) int { return slices.Compare(a, b) })
	return rows, nil
}

// deletion removes all copies of a row.
func (t *table) deletion(r row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "DELETE FROM %s WHERE ", t.name)
	for i, v := range r {
		if i > 0 {
			b.WriteString(" AND ")
		}
		if v == null {
			b.WriteString(t.columns[i] + " IS NULL")
		} else {
			b.WriteString(t.columns[i] + "::text = " + quote(v))
		}
	}
	return b.String()
}

func (t *table) insertion(rows []row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES ", t.name, strings.Join(t.columns, ", "))
	for i, r := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(")
		for k, v := range r {
			if k > 0 {
				b.WriteString(", ")
			}
			if v == null {
				b.WriteString("NULL")
			} else {
				b.WriteString(quote(v))
			}
		}
		b.WriteString(")")
	}
	return b.String()
}

// difference are the statements that turn rows into others: deletions first.
func (t *table) difference(from, to []row) []string {
	count := map[string]int{}
	kept := map[string]row{}
	for _, r := range from {
		count[r.key()]--
		kept[r.key()] = r
	}
	have := map[string]int{}
	for _, r := range to {
		count[r.key()]++
		have[r.key()]++
		kept[r.key()] = r
	}
	var out []string
	var missing []row
	for _, k := range sortedKeys(count) {
		n := count[k]
		if n < 0 {
			out = append(out, t.deletion(kept[k]))
			n = have[k]
		}
		for range n {
			missing = append(missing, kept[k])
		}
	}
	for chunk := range slices.Chunk(missing, 64) {
		out = append(out, t.insertion(chunk))
	}
	return out
}

// synchronize gives our tables the rows of PostgreSQL's, after a change that ours refused; tables that cannot take them are lost.
func (p *pair) synchronize() {
	for _, t := range p.tables() {
		want, _ := t.contents(p.pg)
		got, failed := t.contents(p.ours)
		name := strings.ToLower(strings.Trim(t.name[strings.LastIndexByte(t.name, '.')+1:], `"`))
		if failed != nil {
			if _, known := p.lost[name]; !known && !p.invisible(failed) {
				continue
			}
			p.lost[name] = "its table: " + failed.Message
			continue
		}
		for _, sql := range t.difference(got, want) {
			if a := p.ours.exec("", sql); a.failed() {
				p.lost[name] = "its rows: " + a.Message
				break
			}
		}
	}
	p.dirty = false
}

// invisible says that a relation is not there.
func (p *pair) invisible(a *Answer) bool {
	return a.Code == "42P01" || a.Code == "3F000" || a.refused()
}
