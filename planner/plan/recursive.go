package plan

// Recursive is a query of WITH RECURSIVE: the rows of Init, then those of Step over the rows that came last, until none come; without All only
// rows that are new. It is a leaf to the rules: its parts, which refer to nothing around them, are rewritten by themselves. In a view, Working and Step
// have the round as their last column.
type Recursive struct {
	Name       string
	IDs        []int
	Init, Step Part
	All        bool
	// Level is in how many steps of other recursive queries this one stands.
	Level int
}

// Part is a plan with its columns of interest.
type Part struct {
	Node Node
	Cols []int
}

// Working is what the step of the recursive query at a level reads: the rows that came last.
type Working struct {
	Name  string
	IDs   []int
	Level int
}

func (n *Recursive) Cols() []int            { return n.IDs }
func (n *Recursive) Inputs() []Node         { return nil }
func (n *Recursive) WithInputs([]Node) Node { return n }
func (n *Working) Cols() []int              { return n.IDs }
func (n *Working) Inputs() []Node           { return nil }
func (n *Working) WithInputs([]Node) Node   { return n }
