package session

import (
	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/parser/ast"
)

// planCache keeps the plans of a session's simple-protocol statements: by their text, and, where literals alone differ, by their generic statement.
// It is emptied when full: a session that never repeats itself gains nothing from anything cleverer.
type planCache struct {
	byText  map[string]*prepared
	generic map[*parser.Generic][]*genericPlan
}

// planCacheSize is how many statements' plans a session keeps; planCacheText is the longest text worth keeping.
const (
	planCacheSize = 256
	planCacheText = 4096
)

// prepareSimple prepares a statement of the simple protocol, or finds it.
func (s *Session) prepareSimple(stmt *parser.Statement) (*prepared, error) {
	switch stmt.Stmt.(type) {
	case *ast.Query, *ast.Insert, *ast.Update, *ast.Delete:
	default:
		return s.prepare(stmt, nil)
	}
	if p, ok := s.plans.byText[stmt.Text]; ok && p.stmt.Start == stmt.Start {
		return p, nil
	}
	p := unplanned(stmt)
	if len(stmt.Text) <= planCacheText {
		if s.plans.byText == nil || len(s.plans.byText) >= planCacheSize {
			s.plans.byText = make(map[string]*prepared, planCacheSize)
		}
		s.plans.byText[stmt.Text] = p
	}
	return p, nil
}

// unplanned is a statement of the simple protocol. It is planned when it runs, against the snapshot that it runs on.
func unplanned(stmt *parser.Statement) *prepared { return &prepared{stmt: stmt, simple: true} }
