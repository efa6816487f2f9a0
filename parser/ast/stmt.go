package ast

type (
	Insert struct {
		Pos
		With       []*CTE
		Recursive  bool
		Table      *Rel
		Cols       []ColName // empty: all
		Overriding string    // "", "user", "system"
		Source     *Query    // nil: DEFAULT VALUES; a VALUES source may hold *Default
		Conflict   *OnConflict
		Returning  []*Target
	}
	ColName struct {
		Pos
		Name string
	}
	OnConflict struct {
		Pos
		Cols        []Expr // conflict target, usually *ColRef
		Where       Expr   // of the target
		Constraint  string
		Update      []*Assign // nil: DO NOTHING
		UpdateWhere Expr
	}
	Assign struct { // one column = value; or (a, b) = row or subquery
		Pos
		Cols  []ColName
		Multi bool
		Value Expr
	}
	Update struct {
		Pos
		With      []*CTE
		Recursive bool
		Table     *Rel
		Set       []*Assign
		From      []From
		Where     Expr
		Returning []*Target
	}
	Delete struct {
		Pos
		With      []*CTE
		Recursive bool
		Table     *Rel
		Using     []From
		Where     Expr
		Returning []*Target
	}
)

func (*Insert) stmt() {}
func (*Update) stmt() {}
func (*Delete) stmt() {}
