package parser

import (
	"fmt"
	"io"
	"sync"

	"github.com/pingcap/tidb/pkg/parser"
	tidb "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/format"
	"github.com/pingcap/tidb/pkg/parser/mysql"

	"github.com/streamsql/streamsql/sqlerr"
)

type tidbExpr = tidb.ExprNode

// tidbParsers holds idle parsers: one is not safe for concurrent use, and costs some hundred microseconds to make.
var tidbParsers = sync.Pool{New: func() any { return newTiDB() }}

// maxPooledText is the longest core text after which a parser, whose stacks grew with it, is kept.
const maxPooledText = 1 << 20

// newTiDB makes a parser for the core dialect. Window functions are off: their words would be reserved, and the core
// dialect writes them as reserved calls.
func newTiDB() *parser.Parser {
	installLiterals()
	p := parser.New()
	p.SetParserConfig(parser.ParserConfig{EnableWindowFunction: false, EnableStrictDoubleTypeCheck: false})
	p.SetSQLMode(mysql.ModeANSIQuotes | mysql.ModeNoBackslashEscapes)
	return p
}

// parseCore lets TiDB's parser read a core text. A rejection is a bug of the translator, hence XX000. The tree is good until release is called: a
// parser's next use overwrites its result, and begins by setting positions in nodes that the last one left on its stack.
func parseCore(t *coreText) (stmt tidb.StmtNode, release func(), err error) {
	p := tidbParsers.Get().(*parser.Parser)
	release = func() {
		if len(t.sql) <= maxPooledText {
			tidbParsers.Put(p)
		}
	}
	stmts, _, err := p.ParseSQL(t.sql)
	if err != nil || len(stmts) != 1 {
		return nil, func() {}, sqlerr.New(sqlerr.InternalError, "the core dialect was rejected: %v", err).
			WithDetail("%.1000s", t.sql)
	}
	return stmts[0], release, nil
}

// literal is the node that TiDB's parser makes of a literal. TiDB's own drivers keep decimals in a type that panics past
// 81 digits and booleans as integers, so that ORDER BY true would be ORDER BY 1; this one keeps what was written.
type literal struct {
	tidb.TexprNode
	v      any // nil, bool, int64, uint64, string, numericText
	offset int
}

// numericText is a literal of a kind that the core dialect never has.
type numericText string

// paramMarker is a '?', which the core dialect never has; the parser's interface wants a type for it.
type paramMarker struct{ literal }

var literalsOnce sync.Once

// installLiterals gives TiDB's parser our literal node, through the hooks that it has for that.
func installLiterals() {
	literalsOnce.Do(func() {
		tidb.NewValueExpr = func(v any, _, _ string) tidb.ValueExpr {
			if l, ok := v.(*literal); ok {
				return l
			}
			return &literal{v: v, offset: -1}
		}
		tidb.NewParamMarkerExpr = func(int) tidb.ParamMarkerExpr { return &paramMarker{} }
		tidb.NewDecimal = func(s string) (any, error) { return numericText(s), nil }
		tidb.NewHexLiteral = func(s string) (any, error) { return numericText(s), nil }
		tidb.NewBitLiteral = func(s string) (any, error) { return numericText(s), nil }
	})
}

func (l *literal) SetValue(v any)            { l.v = v }
func (l *literal) GetValue() any             { return l.v }
func (l *literal) GetString() string         { s, _ := l.v.(string); return s }
func (l *literal) GetDatumString() string    { return l.GetString() }
func (l *literal) GetProjectionOffset() int  { return l.offset }
func (l *literal) SetProjectionOffset(o int) { l.offset = o }
func (l *literal) Format(w io.Writer)        { fmt.Fprint(w, l.v) }

func (l *literal) Restore(c *format.RestoreCtx) error {
	c.WritePlain(fmt.Sprint(l.v))
	return nil
}

func (l *literal) Accept(v tidb.Visitor) (tidb.Node, bool) {
	n, _ := v.Enter(l)
	return v.Leave(n)
}

func (m *paramMarker) SetOrder(int) {}

func (m *paramMarker) Accept(v tidb.Visitor) (tidb.Node, bool) {
	n, _ := v.Enter(m)
	return v.Leave(n)
}
