package session

import (
	"slices"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// comment is COMMENT ON.
func (d *definer) comment(x *ast.Comment) error {
	o, err := d.relation(x.Name, x.Pos)
	if err != nil {
		return err
	}
	c := &catalog.Comment{On: o.ObjectID(), Column: -1, Text: x.Text}
	var columns []catalog.Column
	switch o := o.(type) {
	case *catalog.Table:
		columns = o.Columns
	case *catalog.View:
		columns = o.Columns
	}
	switch kind := kindOf(o); {
	case x.Column == "" && kind != x.Kind:
		return sqlerr.New(sqlerr.WrongObjectType, "%q is not %s", x.Name.Last(), article(x.Kind))
	case x.Column != "" && columns == nil:
		return sqlerr.New(sqlerr.WrongObjectType, "cannot set comment on relation %q", x.Name.Last()).
			WithDetail("This operation is not supported for %s.", map[string]string{"index": "indexes", "sequence": "sequences"}[kind])
	case x.Column != "":
		c.Column = slices.IndexFunc(columns, func(c catalog.Column) bool { return c.Name == x.Column && c.Visible() })
		if c.Column < 0 {
			return sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", x.Column, x.Name.Last())
		}
	}
	d.add(engine.DDL{Comment: c})
	return nil
}

// description is the comment on a relation, or "oid,column" on a column of it, counted from 1; NULL: none.
func description(c *catalog.Catalog, arg string) types.Datum {
	number, column, _ := strings.Cut(arg, ",")
	oid, _ := strconv.ParseUint(number, 10, 32)
	at, err := strconv.Atoi(column)
	if err != nil {
		at = 0
	}
	if text := c.CommentOn(catalog.ID(oid), at-1); text != "" {
		return types.NewString(text)
	}
	return types.Null
}
