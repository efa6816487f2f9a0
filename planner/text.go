package planner

import (
	"strconv"

	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
)

func itoa(n int) string { return strconv.Itoa(n) }

func unsupportedAt(pos ast.Pos, what string) error { return sqlerr.Unsupported(int(pos), "%s", what) }
