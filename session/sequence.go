package session

import (
	"context"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/sqlerr"
)

// sequenceState is what currval and lastval know.
type sequenceState struct {
	current map[uint32]int64
	last    uint32
}

// sequenceFunc carries out nextval, currval, lastval and setval for expressions.
func (s *Session) sequenceFunc(ctx context.Context) func(op string, id uint32, arg int64) (int64, error) {
	return func(op string, id uint32, _ int64) (int64, error) {
		switch op {
		case "nextval":
			v, err := s.nextval(ctx, catalog.ID(id))
			if err == nil {
				if s.sequence.current == nil {
					s.sequence.current = map[uint32]int64{}
				}
				s.sequence.current[id], s.sequence.last = v, id
			}
			return v, err
		case "currval":
			if v, ok := s.sequence.current[id]; ok {
				return v, nil
			}
			return 0, sqlerr.New(sqlerr.ObjectNotInPrerequisiteState, "currval of this sequence is not yet defined in this session")
		case "lastval":
			if v, ok := s.sequence.current[s.sequence.last]; ok {
				return v, nil
			}
			return 0, sqlerr.New(sqlerr.ObjectNotInPrerequisiteState, "lastval is not yet defined in this session")
		}
		return 0, sqlerr.New(sqlerr.FeatureNotSupported, "%s is not supported", op)
	}
}

// nextval takes the next number of a sequence; one that the open transaction has made is counted in its definition.
func (s *Session) nextval(ctx context.Context, id catalog.ID) (int64, error) {
	if s.txn != nil {
		for i := range s.txn.ddl {
			q := s.txn.ddl[i].CreateSequence
			if q == nil || q.ID != id {
				continue
			}
			n, v, err := q.Take(1)
			if err != nil {
				return 0, err
			}
			s.txn.ddl[i].CreateSequence = n
			return v, nil
		}
	}
	return s.server.engine.Nextval(ctx, id)
}
