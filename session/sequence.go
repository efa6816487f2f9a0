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

func (q *sequenceState) set(id uint32, v int64) {
	if q.current == nil {
		q.current = map[uint32]int64{}
	}
	q.current[id] = v
}

// sequenceFunc carries out nextval, currval, lastval, setval and restart for expressions.
func (s *Session) sequenceFunc(ctx context.Context) func(op string, id uint32, arg int64) (int64, error) {
	return func(op string, id uint32, arg int64) (int64, error) {
		switch op {
		case "nextval":
			v, err := s.nextval(ctx, catalog.ID(id))
			if err == nil {
				s.sequence.set(id, v)
				s.sequence.last = id
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
		case "setval", "restart":
			called := op == "setval"
			err := s.setval(catalog.ID(id), arg, called)
			if err == nil && called {
				s.sequence.set(id, arg)
			}
			return arg, err
		}
		return 0, sqlerr.New(sqlerr.FeatureNotSupported, "%s is not supported", op)
	}
}

// nextval takes the next number of a sequence; one that the open transaction has made is counted in its definition.
func (s *Session) nextval(ctx context.Context, id catalog.ID) (int64, error) {
	made := s.madeSequence(id)
	if made == nil {
		return s.server.engine.Nextval(ctx, id)
	}
	after, v, err := (*made).Take(1)
	if err == nil {
		*made = after
	}
	return v, err
}

// setval lets a sequence go on at v, or after v where that counts as called.
func (s *Session) setval(id catalog.ID, v int64, called bool) error {
	made := s.madeSequence(id)
	if made == nil {
		return s.server.engine.Setval(id, v, called)
	}
	after, err := (*made).Set(v, called)
	if err == nil {
		*made = after
	}
	return err
}

// madeSequence is where the open transaction has the definition of a sequence that it made; nil if it did not.
func (s *Session) madeSequence(id catalog.ID) **catalog.Sequence {
	if s.txn == nil {
		return nil
	}
	for i := range s.txn.ddl {
		if q := s.txn.ddl[i].CreateSequence; q != nil && q.ID == id {
			return &s.txn.ddl[i].CreateSequence
		}
	}
	return nil
}
