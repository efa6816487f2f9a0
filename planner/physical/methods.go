package physical

import "github.com/streamsql/streamsql/types"

func (n *Scan) Types() []types.Type      { return n.Cols }
func (n *Constant) Types() []types.Type  { return n.Cols }
func (n *Recursive) Types() []types.Type { return n.Init.Types() }
func (n *Working) Types() []types.Type   { return n.Cols }
func (n *Given) Types() []types.Type     { return n.Cols }
func (n *Filter) Types() []types.Type    { return n.In.Types() }
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

// Inputs are none: the parts run by themselves.
func (n *Recursive) Inputs() []Node { return nil }
func (n *Working) Inputs() []Node   { return nil }
func (n *Given) Inputs() []Node     { return nil }

// AppendSlots appends the slots whose rows a plan reads.
func AppendSlots(dst []int, n Node) []int {
	switch n := n.(type) {
	case *Given:
		return append(dst, n.Slot)
	case *Recursive:
		return AppendSlots(AppendSlots(dst, n.Init), n.Step)
	}
	for _, in := range n.Inputs() {
		dst = AppendSlots(dst, in)
	}
	return dst
}
func (n *Filter) Inputs() []Node  { return []Node{n.In} }
func (n *Project) Inputs() []Node { return []Node{n.In} }
func (n *FlatMap) Inputs() []Node { return []Node{n.In} }
func (n *Arrange) Inputs() []Node { return []Node{n.In} }
func (n *Join) Inputs() []Node    { return []Node{n.L, n.R} }

// Inputs are the arrangements, each once.
func (n *Delta) Inputs() (out []Node) {
	texts, seen := Texts{}, map[string]bool{}
	for _, p := range n.Paths {
		for _, s := range p.Steps {
			if text := texts.Of(s.In); !seen[text] {
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
