package judge

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/internal/sqltest/slt"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/datetime"
)

// Outcome is what an answer is worth.
type Outcome uint8

// The outcomes. What PostgreSQL itself does not answer as the file wants is not counted: it means another system.
const (
	Uncounted Outcome = iota
	Right
	Refused
	Wanted // differs, by intent
	Wrong
)

// Verdict is the outcome of a record.
type Verdict struct {
	Record  *slt.Record
	Outcome Outcome
	Reason  string // of a refusal our message; why a difference is wanted
	Detail  string // of a wrong answer: got and want
}

// accepts says whether PostgreSQL answers as the file wants.
func accepts(r *slt.Record, want *Answer) bool {
	if r.Kind == slt.Unsaid {
		return true
	}
	if r.Fails() || want.failed() {
		return r.Fails() && want.failed()
	}
	return r.Kind != slt.Query || r.Matches(want.Columns, want.Rows, null)
}

var (
	explains   = regexp.MustCompile(`(?i)^\s*(explain|describe)\b`)
	catalogs   = regexp.MustCompile(`(?i)\b(information_schema|rw_catalog|crdb_internal)\b|\bpg_(catalog|class|attribute|type|namespace|index|indexes|constraint|database|tables|views|settings|roles|user|shadow|description|proc|am|locks|stat\w*|sequence\w*|enum|cast|collation|conversion|opclass|operator|attrdef)\b|\b(version|current_database|current_schema|has_\w+_privilege|pg_\w+_size|pg_get_\w+)\s*\(`)
	choosing   = regexp.MustCompile(`(?i)\b(limit|fetch|offset|on\s*\(|array_agg|string_agg|json_agg|jsonb_agg|json_object_agg|jsonb_object_agg|row_number|first_value|last_value|array)\b`)
	comparable = regexp.MustCompile(`^(INSERT|UPDATE|DELETE|SELECT) `)
)

// judged compares answers to the same text; want is PostgreSQL's. "" is right.
func (p *pair) judged(sql string, want, got *Answer) string {
	switch {
	case want.failed() && got.Code == want.Code:
		return ""
	case want.failed():
		return fmt.Sprintf("got  %s\nwant ERROR %s: %s", show(got), want.Code, want.Message)
	case got.failed():
		return fmt.Sprintf("got  %s\nwant %s", show(got), show(want))
	case len(want.Columns) == 0:
		if comparable.MatchString(want.Tag) && got.Tag != want.Tag {
			return fmt.Sprintf("got  %s\nwant %s", got.Tag, want.Tag)
		}
		return ""
	case !slices.Equal(got.Columns, want.Columns):
		return fmt.Sprintf("got  columns %q\nwant columns %q", got.Columns, want.Columns)
	case !slices.Equal(got.Types, want.Types):
		return fmt.Sprintf("got  types %s\nwant types %s", typeNames(got.Types), typeNames(want.Types))
	}
	ordered := orderBy(sql) >= 0 && !returning.MatchString(sql)
	if sameRows(want, got, ordered && !distinct.MatchString(sql)) || ordered && sameButTies(sql, want, got) {
		return ""
	}
	if choosing.MatchString(sql) || ordered && sameRows(want, got, false) {
		if tied := p.pg.exec(p.session, breakTies(sql, len(want.Columns))); !tied.failed() && sameRows(&tied, got, ordered) {
			return ""
		}
	}
	return fmt.Sprintf("got  %s\nwant %s", show(got), show(want))
}

// sameRows compares rows: in order, or as bags; floats to twelve digits, as sums of them depend on the order of their rows in PostgreSQL, and
// of equal numerics any.
func sameRows(want, got *Answer, ordered bool) bool {
	if len(want.Rows) != len(got.Rows) {
		return false
	}
	g, w := rowTexts(got, false), rowTexts(want, false)
	if !ordered {
		slices.Sort(g)
		slices.Sort(w)
	}
	if slices.Equal(g, w) {
		return true
	}
	g, w = rowTexts(got, true), rowTexts(want, true)
	if !ordered {
		slices.Sort(g)
		slices.Sort(w)
	}
	return slices.Equal(g, w)
}

func rowTexts(a *Answer, loose bool) []string {
	out := make([]string, len(a.Rows))
	for i, row := range a.Rows {
		cells := slices.Clone(row)
		for k, v := range cells {
			if loose {
				v = normal(v, a.Types[k])
			}
			cells[k] = strconv.Quote(v)
		}
		out[i] = strings.Join(cells, ",")
	}
	return out
}

// normal is one text for the images of a value that may stand for each other.
func normal(v string, oid uint32) string {
	switch {
	case v == null:
	case oid == types.Of(types.Float8).OID() || oid == types.Of(types.Float4).OID():
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return strconv.FormatFloat(f+0, 'g', 12, 64)
		}
	case oid == types.Of(types.Interval).OID():
		if i, err := datetime.ParseInterval(v, datetime.AllFields, "postgres"); err == nil {
			return fmt.Sprint((int64(i.Months)*30+int64(i.Days))*86_400_000_000 + i.Micros)
		}
	case oid == types.Of(types.Numeric).OID() && strings.Contains(v, "."):
		return strings.TrimSuffix(strings.TrimRight(v, "0"), ".")
	}
	return v
}

// orderBy is where a query's own ORDER BY stands, outside all parentheses; -1 if it has none.
func orderBy(sql string) int { return topLevel(sql, "order by") }

// topLevel finds words in a query outside parentheses and quotes.
func topLevel(sql, words string) int {
	depth, found := 0, -1
	var quoted byte
	for i := range len(sql) {
		c := sql[i]
		switch {
		case quoted != 0:
			if c == quoted {
				quoted = 0
			}
		case c == '\'' || c == '"':
			quoted = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && i+len(words) <= len(sql) && strings.EqualFold(sql[i:i+len(words)], words):
			found = i
		}
	}
	return found
}

// breakTies lets the output's columns decide where ORDER BY does not, as we promise.
func breakTies(sql string, columns int) string {
	end := limitAt(sql)
	var keys []string
	for i := range columns {
		keys = append(keys, strconv.Itoa(i+1))
	}
	by := " ORDER BY "
	if orderBy(sql) >= 0 {
		by = ", "
	}
	return sql[:end] + by + strings.Join(keys, ", ") + " " + sql[end:]
}

func typeNames(oids []uint32) string {
	var out []string
	for _, o := range oids {
		name := fmt.Sprint(o)
		if t, ok := types.FromOID(o); ok {
			name = t.String()
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// show prints an answer, of many rows the first.
func show(a *Answer) string {
	if a.failed() {
		return fmt.Sprintf("ERROR %s: %s", a.Code, a.Message)
	}
	if len(a.Columns) == 0 {
		return a.Tag
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d rows", len(a.Rows))
	for i, row := range a.Rows {
		if i == 20 {
			b.WriteString(" ...")
			break
		}
		fmt.Fprintf(&b, " (%s)", strings.ReplaceAll(strings.Join(row, ", "), null, "NULL"))
	}
	return b.String()
}
