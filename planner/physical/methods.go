package physical

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

func (n *Scan) Types() []types.Type     { return n.Cols }
func (n *Constant) Types() []types.Type { return n.Cols }
func (n *Filter) Types() []types.Type   { return n.In.Types() }
func (n *Project) Types() []types.Type {
	out := make([]types.Type, len(n.Exprs))
	for i, e := range n.Exprs {
		out[i] = e.Type()
	}
	return out
}
func (n *FlatMap) Types() []types.Type {
	in := n.In.Types()
	out := append(make([]types.Type, 0, len(in)+len(n.Fn.Cols)+1), in...)
	for _, c := range n.Fn.Cols {
		out = append(out, c.T)
	}
	if n.Ordinality {
		out = append(out, types.Of(types.Int8))
	}
	return out
}
func (n *Arrange) Types() []types.Type { return n.In.Types() }
func (n *Join) Types() []types.Type {
	l := n.L.Types()
	if n.Kind == Semi || n.Kind == Anti || n.Kind == AntiNull {
		return l
	}
	return append(append([]types.Type(nil), l...), n.R.Types()...)
}
func (n *Delta) Types() (out []types.Type) {
	for _, t := range n.Tables {
		out = append(out, t.Cols...)
	}
	return out
}
func (n *Reduce) Types() []types.Type {
	in := n.In.Types()
	out := make([]types.Type, 0, len(n.Keys)+len(n.Aggs))
	for _, k := range n.Keys {
		out = append(out, in[k])
	}
	for _, a := range n.Aggs {
		out = append(out, a.T)
	}
	return out
}
func (n *Distinct) Types() []types.Type { return n.In.Types() }
func (n *TopK) Types() []types.Type     { return n.In.Types() }
func (n *Window) Types() []types.Type {
	in := n.In.Types()
	out := append(make([]types.Type, 0, len(in)+len(n.Calls)), in...)
	for _, c := range n.Calls {
		out = append(out, c.T)
	}
	return out
}
func (n *Union) Types() []types.Type  { return n.Ins[0].Types() }
func (n *SetOp) Types() []types.Type  { return n.L.Types() }
func (n *Single) Types() []types.Type { return n.In.Types() }

func (n *Scan) Inputs() []Node     { return nil }
func (n *Constant) Inputs() []Node { return nil }
func (n *Filter) Inputs() []Node   { return []Node{n.In} }
func (n *Project) Inputs() []Node  { return []Node{n.In} }
func (n *FlatMap) Inputs() []Node  { return []Node{n.In} }
func (n *Arrange) Inputs() []Node  { return []Node{n.In} }
func (n *Join) Inputs() []Node     { return []Node{n.L, n.R} }

// Inputs are the arrangements, each once.
func (n *Delta) Inputs() (out []Node) {
	seen := map[string]bool{}
	for _, p := range n.Paths {
		for _, s := range p.Steps {
			if text := s.In.Fingerprint(); !seen[text] {
				seen[text], out = true, append(out, s.In)
			}
		}
	}
	return out
}
func (n *Reduce) Inputs() []Node   { return []Node{n.In} }
func (n *Distinct) Inputs() []Node { return []Node{n.In} }
func (n *TopK) Inputs() []Node     { return []Node{n.In} }
func (n *Window) Inputs() []Node   { return []Node{n.In} }
func (n *Union) Inputs() []Node    { return n.Ins }
func (n *SetOp) Inputs() []Node    { return []Node{n.L, n.R} }
func (n *Single) Inputs() []Node   { return []Node{n.In} }

// The fingerprints below name relations by id, columns by position and functions by name and argument types, so that they are the same in
// every process. They nest: a node's text holds its inputs'.

func (n *Scan) Fingerprint() string { return "scan(" + strconv.Itoa(int(n.Relation)) + ")" }

func (n *Constant) Fingerprint() string {
	var b strings.Builder
	b.WriteString("constant(")
	for i, t := range n.Cols {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(t.String())
	}
	for _, r := range n.Rows {
		b.WriteByte(';')
		for i, d := range r {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString((&expr.Const{D: d, T: n.Cols[i]}).String())
		}
	}
	return b.String() + ")"
}

func (n *Filter) Fingerprint() string {
	return "filter(" + n.Pred.String() + "," + n.In.Fingerprint() + ")"
}

func (n *Project) Fingerprint() string {
	return "project(" + exprList(n.Exprs) + "," + n.In.Fingerprint() + ")"
}

func (n *FlatMap) Fingerprint() string {
	return fmt.Sprintf("flatmap(%s(%s)%s,%s)", n.Fn.Name, exprList(n.Args), flags("ordinality", n.Ordinality, "outer", n.Outer), n.In.Fingerprint())
}

func (n *Arrange) Fingerprint() string {
	name := "arrange("
	if n.Thin {
		name = "thin("
	}
	return name + ints(n.Key) + "," + n.In.Fingerprint() + ")"
}

func (n *Join) Fingerprint() string {
	res := ""
	if n.Residual != nil {
		res = "," + n.Residual.String()
	}
	return n.Kind.String() + "join(" + n.L.Fingerprint() + "," + n.R.Fingerprint() + res + ")"
}

func (n *Delta) Fingerprint() string {
	var b strings.Builder
	b.WriteString("delta(")
	where := func(e expr.Expr) {
		if e != nil {
			b.WriteString(" where " + e.String())
		}
	}
	for i, t := range n.Tables {
		b.WriteString(t.Fingerprint())
		where(n.Paths[i].Where)
		for _, s := range n.Paths[i].Steps {
			fmt.Fprintf(&b, " %d=%s", s.Table, ints(s.Key)+s.In.Fingerprint())
			where(s.Where)
		}
		b.WriteByte(';')
	}
	return b.String() + ")"
}

func (n *Reduce) Fingerprint() string {
	parts := make([]string, len(n.Aggs))
	for i, a := range n.Aggs {
		parts[i] = AggString(a)
	}
	return "reduce(" + ints(n.Keys) + "[" + strings.Join(parts, ",") + "]" + flags("scalar", n.Scalar) + "," + n.In.Fingerprint() + ")"
}

func (n *Distinct) Fingerprint() string { return "distinct(" + n.In.Fingerprint() + ")" }

func (n *TopK) Fingerprint() string {
	return fmt.Sprintf("topk(%s%s,%d,%d%s,%s)", ints(n.Partition), orderString(n.Order), n.Limit, n.Offset, flags("ties", n.WithTies), n.In.Fingerprint())
}

func (n *Window) Fingerprint() string {
	parts := make([]string, len(n.Calls))
	for i, c := range n.Calls {
		parts[i] = windowString(c)
	}
	return "window(" + ints(n.Partition) + orderString(n.Order) + "[" + strings.Join(parts, ",") + "]," + n.In.Fingerprint() + ")"
}

// windowString is a canonical text of a window function.
func windowString(c *expr.WindowCall) string {
	args := ""
	for _, t := range c.Fn.Args {
		args += " " + t.String()
	}
	return c.Text(expr.Expr.String) + args
}

func (n *Union) Fingerprint() string {
	parts := make([]string, len(n.Ins))
	for i, in := range n.Ins {
		parts[i] = in.Fingerprint()
	}
	return "union(" + strings.Join(parts, ",") + ")"
}

func (n *SetOp) Fingerprint() string {
	return "setop(" + flags("except", n.Except, "all", n.All) + "," + n.L.Fingerprint() + "," + n.R.Fingerprint() + ")"
}

func (n *Single) Fingerprint() string {
	return "single(" + ints(n.Key) + "," + n.In.Fingerprint() + ")"
}

func (k JoinKind) String() string {
	return [...]string{"inner", "left", "full", "semi", "anti", "antinull"}[k]
}

// AggString is a canonical text of an aggregate call.
func AggString(a *expr.AggCall) string {
	var b strings.Builder
	b.WriteString(a.Fn.Name + "(")
	for i, t := range a.Fn.Args {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.String())
	}
	b.WriteString(flags("distinct", a.Distinct, "desc", a.Fn.Ordered != nil && a.Fn.Desc) + ":" + exprList(a.Args))
	if a.Fn.Ordered != nil {
		b.WriteString(" direct " + exprList(a.Direct))
	}
	for _, k := range a.Order {
		b.WriteString(" order " + k.Expr.String() + flags("desc", k.Desc, "first", k.NullsFirst))
	}
	if a.Filter != nil {
		b.WriteString(" filter " + a.Filter.String())
	}
	return b.String() + ")"
}

func exprList(es []expr.Expr) string {
	parts := make([]string, len(es))
	for i, e := range es {
		parts[i] = e.String()
	}
	return "[" + strings.Join(parts, ",") + "]"
}

func ints(v []int) string {
	parts := make([]string, len(v))
	for i, n := range v {
		parts[i] = strconv.Itoa(n)
	}
	return "(" + strings.Join(parts, " ") + ")"
}

func orderString(o []OrderCol) string {
	parts := make([]string, len(o))
	for i, c := range o {
		parts[i] = strconv.Itoa(c.Col) + flags("desc", c.Desc, "first", c.NullsFirst)
	}
	return "(" + strings.Join(parts, " ") + ")"
}

// flags are the names of those that are set.
func flags(pairs ...any) string {
	s := ""
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1].(bool) {
			s += " " + pairs[i].(string)
		}
	}
	return s
}
