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
	columns := func(cols []Column) []Column {
		cols = slices.Clone(cols)
		cols[x.Column].Comment = x.Text
		return cols
	}
	switch o := c.Object(x.On).(type) {
	case *Table:
		t := *o
		if x.Column < 0 {
			t.Comment = x.Text
		} else {
			t.Columns = columns(o.Columns)
		}
		return c.With(&t)
	case *View:
		v := *o
		if x.Column < 0 {
			v.Comment = x.Text
		} else {
			v.Columns = columns(o.Columns)
		}
		return c.With(&v)
	case *Index:
		i := *o
		i.Comment = x.Text
		return c.With(&i)
	case *Sequence:
		q := *o
		q.Comment = x.Text
		return c.With(&q)
	}
	return c
}

// CommentOn is the comment on an object, or on a column of it, -1: on itself.
func (c *Catalog) CommentOn(id ID, column int) string {
	var own string
	var cols []Column
	switch o := c.Object(id).(type) {
	case *Table:
		own, cols = o.Comment, o.Columns
	case *View:
		own, cols = o.Comment, o.Columns
	case *Index:
		own = o.Comment
	case *Sequence:
		own = o.Comment
	}
	switch {
	case column < 0:
		return own
	case column < len(cols):
		return cols[column].Comment
	}
	return ""
}
