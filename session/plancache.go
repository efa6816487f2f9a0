package session

import (
	"fmt"

	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/types"
)

// planCache keeps the plans of a session's statements that have no name: of the simple protocol by their text, of the extended one by text and types
// of the parameters, and, where literals alone differ, by their generic statement. It is emptied when full: a session that never repeats itself gains
// nothing from anything cleverer.
type planCache struct {
	byText  map[string]*prepared
	unnamed map[string]*prepared
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

// prepareUnnamed is prepare for a statement that a client may well send again, text and all.
func (s *Session) prepareUnnamed(stmt *parser.Statement, given []types.Type) (*prepared, error) {
	if len(stmt.Text) > planCacheText || s.inFailed(stmt) {
		return s.prepare(stmt, given)
	}
	key := stmt.Text
	if len(given) > 0 {
		key += fmt.Sprint("\x00", given)
	}
	if p := s.plans.unnamed[key]; p != nil {
		sn, err := s.statementSnapshot()
		if err != nil {
			return nil, err
		}
		defer sn.Close()
		if s.fits(p, sn) && s.expander(sn.Catalog) == nil {
			return p, nil
		}
	}
	p, err := s.prepare(stmt, given)
	if err != nil || p.clock || p.plan == nil {
		return p, err
	}
	if s.plans.unnamed == nil || len(s.plans.unnamed) >= planCacheSize {
		s.plans.unnamed = make(map[string]*prepared, planCacheSize)
	}
	s.plans.unnamed[key] = p
	return p, nil
}
