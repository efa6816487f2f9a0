package catalog

import "slices"

// Comment is COMMENT ON an object, or on a column of it, -1: on itself.
type Comment struct {
	On     ID
	Column int
	Text   string
}

// WithComment is the catalog with a comment on an object; as it is, if there is no such object.
func (c *Catalog) WithComment(x *Comment) *Catalog {
	o, own, cols := commented(c.Object(x.On))
	switch {
	case o == nil:
		return c
	case x.Column < 0:
		*own = x.Text
	default:
		*cols = slices.Clone(*cols)
		(*cols)[x.Column].Comment = x.Text
	}
	return c.With(o)
}

// CommentOn is the comment on an object, or on a column of it, -1: on itself; empty where there is none.
func (c *Catalog) CommentOn(id ID, column int) string {
	o, own, cols := commented(c.Object(id))
	switch {
	case o == nil:
		return ""
	case column < 0:
		return *own
	case cols != nil && column < len(*cols):
		return (*cols)[column].Comment
	}
	return ""
}

// commented is a copy of an object, where its comment is, and where its columns with theirs are, nil if it has none of its own.
func commented(o Object) (Object, *string, *[]Column) {
	switch o := o.(type) {
	case *Table:
		t := *o
		return &t, &t.Comment, &t.Columns
	case *View:
		v := *o
		return &v, &v.Comment, &v.Columns
	case *Index:
		x := *o
		return &x, &x.Comment, nil
	case *Sequence:
		q := *o
		return &q, &q.Comment, nil
	}
	return nil, nil, nil
}
