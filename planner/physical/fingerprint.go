package physical

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/expr"
)

// Fingerprint is a canonical text of the whole subplan n. It names relations by id, columns by position and functions by name and argument
// types, so that it is the same in every process.
func Fingerprint(n Node) string { return Texts{}.Of(n) }

// Texts are the fingerprints of a plan's nodes, each made once: a node's holds its inputs', so that who asks for those of all nodes would make
// most of them many times over. The plan stays as it is meanwhile.
type Texts map[Node]string

// Of is the fingerprint of n.
func (t Texts) Of(n Node) string {
	text, ok := t[n]
	if !ok {
		text = n.text(t)
		t[n] = text
	}
	return text
}

func (n *Scan) text(Texts) string { return "scan(" + strconv.Itoa(int(n.Relation)) + ")" }

func (n *Recursive) text(t Texts) string {
	return "recursive(" + strconv.Itoa(n.Level) + "," + strconv.FormatBool(n.All) + "," + t.Of(n.Init) + "," + t.Of(n.Step) + ")"
}

func (n *Working) text(Texts) string { return "working(" + strconv.Itoa(n.Level) + ")" }

func (n *Given) text(Texts) string { return "given(" + strconv.Itoa(n.Slot) + ")" }

func (n *Constant) text(Texts) string {
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

func (n *Filter) text(texts Texts) string {
	return "filter(" + n.Pred.String() + "," + texts.Of(n.In) + ")"
}

func (n *Project) text(texts Texts) string {
	return "project(" + exprList(n.Exprs) + "," + texts.Of(n.In) + ")"
}

func (n *FlatMap) text(texts Texts) string {
	return fmt.Sprintf("flatmap(%s(%s)%s,%s)", n.Fn.Name, exprList(n.Args), flags("ordinality", n.Ordinality, "outer", n.Outer), texts.Of(n.In))
}

func (n *Arrange) text(texts Texts) string {
	name := "arrange("
	if n.Thin {
		name = "thin("
	}
	return name + ints(n.Key) + "," + texts.Of(n.In) + ")"
}

func (n *Join) text(texts Texts) string {
	res := ""
	if n.Residual != nil {
		res = "," + n.Residual.String()
	}
	return n.Kind.String() + "join" + strconv.Itoa(n.Keys) + "(" + texts.Of(n.L) + "," + texts.Of(n.R) + res + ")"
}

func (n *Delta) text(texts Texts) string {
	var b strings.Builder
	b.WriteString("delta(")
	where := func(e expr.Expr) {
		if e != nil {
			b.WriteString(" where " + e.String())
		}
	}
	for i, t := range n.Tables {
		b.WriteString(texts.Of(t))
		where(n.Paths[i].Where)
		for _, s := range n.Paths[i].Steps {
			fmt.Fprintf(&b, " %d=%s", s.Table, ints(s.Key)+texts.Of(s.In))
			where(s.Where)
		}
		b.WriteByte(';')
	}
	return b.String() + ")"
}

func (n *Reduce) text(texts Texts) string {
	parts := make([]string, len(n.Aggs))
	for i, a := range n.Aggs {
		parts[i] = AggString(a)
	}
	return "reduce(" + ints(n.Keys) + "[" + strings.Join(parts, ",") + "]" + flags("scalar", n.Scalar) + "," + texts.Of(n.In) + ")"
}

func (n *Distinct) text(texts Texts) string { return "distinct(" + texts.Of(n.In) + ")" }

func (n *TopK) text(texts Texts) string {
	return fmt.Sprintf("topk(%s%s,%d,%d%s,%s)", ints(n.Partition), orderString(n.Order), n.Limit, n.Offset, flags("ties", n.WithTies), texts.Of(n.In))
}

func (n *Window) text(texts Texts) string {
	parts := make([]string, len(n.Calls))
	for i, c := range n.Calls {
		parts[i] = windowString(c)
	}
	return "window(" + ints(n.Partition) + orderString(n.Order) + "[" + strings.Join(parts, ",") + "]," + texts.Of(n.In) + ")"
}

// windowString is a canonical text of a window function.
func windowString(c *expr.WindowCall) string {
	args := ""
	for _, t := range c.Fn.Args {
		args += " " + t.String()
	}
	return c.Text(expr.Expr.String) + args
}

func (n *Union) text(texts Texts) string {
	parts := make([]string, len(n.Ins))
	for i, in := range n.Ins {
		parts[i] = texts.Of(in)
	}
	return "union(" + strings.Join(parts, ",") + ")"
}

func (n *SetOp) text(texts Texts) string {
	return "setop(" + flags("except", n.Except, "all", n.All) + "," + texts.Of(n.L) + "," + texts.Of(n.R) + ")"
}

func (n *Single) text(texts Texts) string {
	return "single(" + ints(n.Key) + "," + texts.Of(n.In) + ")"
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
