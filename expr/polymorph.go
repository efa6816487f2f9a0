package expr

import (
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// polymorph is what the polymorphic types of one call stand for: the anyelement family is one exact type, the
// anycompatible family the common type of its arguments.
type polymorph struct {
	elem   types.Type // zero: not yet known
	compat types.Type
}

func isPolymorphic(t types.Type) bool {
	switch t.Kind {
	case types.AnyElement, types.AnyArray, types.AnyNonArray, types.AnyCompatible, types.AnyCompatibleArray:
		return true
	}
	return false
}

// unify finds what want's polymorphic types stand for if the arguments are have.
func (p *polymorph) unify(want, have []types.Type) error {
	element, compatible := false, false
	var commons []types.Type
	for i, w := range want {
		h := have[i]
		switch w.Kind {
		case types.AnyElement, types.AnyNonArray, types.AnyArray:
			element = true
			if h.Is(types.Unknown) {
				continue
			}
			if err := p.unifyElement(w, h); err != nil {
				return err
			}
		case types.AnyCompatible, types.AnyCompatibleArray:
			compatible = true
			if h.Is(types.Unknown) {
				continue
			}
			if w.Kind == types.AnyCompatibleArray {
				if !h.Array {
					return sqlerr.New(sqlerr.DatatypeMismatch, "argument declared anycompatiblearray is not an array but type %s", h)
				}
				h = h.Elem()
			} else if h.Array && hasCompatibleArray(want) {
				return sqlerr.New(sqlerr.DatatypeMismatch, "argument declared anycompatible is an array")
			}
			commons = append(commons, h)
		}
	}
	if element && p.elem == (types.Type{}) {
		return sqlerr.New(sqlerr.DatatypeMismatch, "could not determine polymorphic type because input has type unknown")
	}
	if !compatible {
		return nil
	}
	p.compat = types.Of(types.Text)
	if len(commons) > 0 {
		t, ok := CommonType(commons)
		if !ok {
			return sqlerr.New(sqlerr.DatatypeMismatch, "arguments of anycompatible family cannot be cast to a common type")
		}
		p.compat = t
	}
	return nil
}

func hasCompatibleArray(ts []types.Type) bool {
	for _, t := range ts {
		if t.Kind == types.AnyCompatibleArray {
			return true
		}
	}
	return false
}

func (p *polymorph) unifyElement(w, h types.Type) error {
	switch {
	case w.Kind == types.AnyArray && !h.Array:
		return sqlerr.New(sqlerr.DatatypeMismatch, "argument declared anyarray is not an array but type %s", h)
	case w.Kind == types.AnyArray:
		h = h.Elem()
	case w.Kind == types.AnyNonArray && h.Array:
		return sqlerr.New(sqlerr.DatatypeMismatch, "type matched to anynonarray is an array type: %s", h)
	}
	if p.elem != (types.Type{}) && p.elem != h {
		return sqlerr.New(sqlerr.DatatypeMismatch, "arguments declared \"anyelement\" are not all alike").
			WithDetail("%s versus %s", p.elem, h)
	}
	p.elem = h
	return nil
}

// resolve puts in what unify found.
func (p *polymorph) resolve(t types.Type) types.Type {
	switch t.Kind {
	case types.AnyElement, types.AnyNonArray:
		return p.elem
	case types.AnyArray:
		return types.ArrayOf(p.elem)
	case types.AnyCompatible:
		return p.compat
	case types.AnyCompatibleArray:
		return types.ArrayOf(p.compat)
	}
	return t
}

// CommonType is the type that UNION, CASE, COALESCE, ARRAY[...] and GREATEST give their inputs (PostgreSQL's
// select_common_type): the preferred one of their category that all convert to implicitly. Unknown literals do not
// count; text if there is nothing else. false if the categories differ or a cast is missing.
func CommonType(ts []types.Type) (types.Type, bool) {
	var t types.Type
	for _, u := range ts {
		u = u.Base()
		switch {
		case u.Is(types.Unknown) || u == t:
		case t == (types.Type{}):
			t = u
		case u.Category() != t.Category():
			return t, false
		case !t.Preferred() && implicit(t, u) && !implicit(u, t):
			t = u
		}
	}
	if t == (types.Type{}) {
		return types.Of(types.Text), true
	}
	for _, u := range ts {
		if u = u.Base(); u != t && !u.Is(types.Unknown) && !implicit(u, t) {
			return t, false
		}
	}
	return t, true
}

func implicit(from, to types.Type) bool {
	c := types.FindCast(from, to)
	return c != nil && c.Context == types.Implicit
}
