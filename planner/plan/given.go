package plan

// Given is the rows that an earlier part of the statement has made: of a data-modifying WITH query what it RETURNS. Slot counts these parts.
type Given struct {
	Name string
	IDs  []int
	Slot int
}

func (n *Given) Cols() []int            { return n.IDs }
func (n *Given) Inputs() []Node         { return nil }
func (n *Given) WithInputs([]Node) Node { return n }
