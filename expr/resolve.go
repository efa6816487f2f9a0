package expr

import (
	"slices"
	"strings"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Lookup finds a function or operator by name and argument types, by PostgreSQL's rules of overload resolution (exact
// match, preferred types, implicit casts, unknown literals; parse_func.c and parse_oper.c). The result says how to coerce
// each argument: to the type at its place, Any for "whatever it is, but known", the zero Type for "as it is". Polymorphic types are
// resolved in fn, coerce and ret. Errors: 42883 with PostgreSQL's message and hint, 42725 ambiguous.
func Lookup(name string, operator bool, args []types.Type) (fn *Func, coerce []types.Type, ret types.Type, err error) {
	var found []candidate
	for i, f := range overloads()[name] {
		if f.IsOperator() == operator || name == "[]" || name == "[:]" {
			if c, ok := expand(f.Args, f.Variadic, len(args)); ok {
				found = append(found, candidate{index: i, args: c, variadic: f.Variadic})
			}
		}
	}
	args = bases(args)
	c, err := choose(name, operator, visible(found), args)
	if err != nil {
		return nil, nil, ret, err
	}
	f := overloads()[name][c.index]
	p := polymorph{}
	if err := p.unify(c.args, args); err != nil {
		return nil, nil, ret, err
	}
	concrete := make([]types.Type, len(c.args))
	for i, t := range c.args {
		concrete[i] = p.resolve(t)
	}
	ret = p.resolve(f.Ret)
	if f.bind != nil {
		seen := make([]types.Type, len(concrete))
		for i, t := range concrete {
			seen[i] = t
			if t.Kind == types.Any {
				seen[i] = known(args[i])
			}
		}
		g := *f
		g.Args, g.Ret, g.Variadic = seen, ret, false
		g.Row = f.bind(seen, ret)
		f = &g
	}
	return f, coercions(concrete, args), ret, nil
}

// known is the type that an unknown literal gets where any will do.
func known(t types.Type) types.Type {
	if t.Is(types.Unknown) {
		return types.Of(types.Text)
	}
	return t
}

func bases(ts []types.Type) []types.Type {
	out := make([]types.Type, len(ts))
	for i, t := range ts {
		out[i] = t.Base()
	}
	return out
}

// coercions leaves what fits as it is.
func coercions(want, have []types.Type) []types.Type {
	out := make([]types.Type, len(want))
	for i, t := range want {
		if t != have[i] {
			out[i] = t
		}
	}
	return out
}

// candidate is an overload with its variadic argument repeated as often as the call needs.
type candidate struct {
	index    int
	args     []types.Type
	variadic bool
}

func expand(args []types.Type, variadic bool, n int) ([]types.Type, bool) {
	if !variadic {
		return args, len(args) == n
	}
	if n < len(args) {
		return nil, false
	}
	out := append(make([]types.Type, 0, n), args...)
	for len(out) < n {
		out = append(out, args[len(args)-1])
	}
	return out, true
}

// visible leaves out variadic candidates that take the same arguments as one that is not (namespace.c, FuncnameGetCandidates).
func visible(found []candidate) []candidate {
	hidden := func(c candidate) bool {
		return c.variadic && slices.ContainsFunc(found, func(o candidate) bool { return !o.variadic && equalTypes(o.args, c.args) })
	}
	if !slices.ContainsFunc(found, hidden) {
		return found
	}
	return slices.DeleteFunc(slices.Clone(found), hidden)
}

func choose(name string, operator bool, found []candidate, args []types.Type) (candidate, error) {
	if c, ok := exact(found, args, operator); ok {
		return c, nil
	}
	fits := found[:0:0]
	for _, c := range found {
		if coercible(args, c.args) {
			fits = append(fits, c)
		}
	}
	switch len(fits) {
	case 0:
		return candidate{}, undefined(name, operator, args)
	case 1:
		return fits[0], nil
	}
	if c, ok := selectCandidate(args, fits); ok {
		return c, nil
	}
	return candidate{}, ambiguous(name, operator, args)
}

// exact matches the types as they are; an operator's unknown operand is taken for the other one's type.
func exact(found []candidate, args []types.Type, operator bool) (candidate, bool) {
	want := args
	if operator && len(args) == 2 {
		switch l, r := args[0].Is(types.Unknown), args[1].Is(types.Unknown); {
		case l && !r:
			want = []types.Type{args[1], args[1]}
		case r && !l:
			want = []types.Type{args[0], args[0]}
		}
	}
	for _, c := range found {
		if equalTypes(c.args, want) {
			return c, true
		}
	}
	return candidate{}, false
}

func equalTypes(a, b []types.Type) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

// coercible tells whether a call with have fits want by implicit casts.
func coercible(have, want []types.Type) bool {
	generic := false
	for i, t := range want {
		h := have[i]
		switch {
		case h == t, t.Is(types.Any):
		case isPolymorphic(t):
			generic = true
		case h.Is(types.Unknown):
		default:
			if c := types.FindCast(h, t); c == nil || c.Context != types.Implicit {
				return false
			}
		}
	}
	if generic {
		p := polymorph{}
		return p.unify(want, have) == nil || allUnknown(want, have)
	}
	return true
}

// allUnknown: polymorphic arguments given only unknown literals match, and fail later with a better message.
func allUnknown(want, have []types.Type) bool {
	for i, t := range want {
		if isPolymorphic(t) && !have[i].Is(types.Unknown) {
			return false
		}
	}
	return true
}

// keepBest filters candidates to those with the highest score.
func keepBest(cs []candidate, score func(candidate) int) []candidate {
	best, kept := -1, cs[:0:0]
	for _, c := range cs {
		switch s := score(c); {
		case s > best:
			best, kept = s, append(kept[:0], c)
		case s == best:
			kept = append(kept, c)
		}
	}
	return kept
}

// selectCandidate is func_select_candidate.
func selectCandidate(args []types.Type, cs []candidate) (candidate, bool) {
	unknowns := 0
	for _, t := range args {
		if t.Is(types.Unknown) {
			unknowns++
		}
	}
	cs = keepBest(cs, func(c candidate) (n int) {
		for i, t := range args {
			if !t.Is(types.Unknown) && c.args[i] == t {
				n++
			}
		}
		return n
	})
	if len(cs) == 1 {
		return cs[0], true
	}
	cs = keepBest(cs, func(c candidate) (n int) {
		for i, t := range args {
			if !t.Is(types.Unknown) && (c.args[i] == t || c.args[i].Preferred() && c.args[i].Category() == t.Category()) {
				n++
			}
		}
		return n
	})
	if len(cs) == 1 || unknowns == 0 {
		return cs[0], len(cs) == 1
	}
	if kept, ok := byUnknownCategory(args, cs); ok && len(kept) > 0 {
		cs = kept
		if len(cs) == 1 {
			return cs[0], true
		}
	}
	return byKnownType(args, cs, unknowns)
}

// byUnknownCategory decides a category for each unknown literal: string if some candidate takes one there, else what all
// candidates agree on; and keeps the candidates that accept it, with its preferred type where one does.
func byUnknownCategory(args []types.Type, cs []candidate) ([]candidate, bool) {
	category := make([]byte, len(args))
	preferred := make([]bool, len(args))
	for i, t := range args {
		if !t.Is(types.Unknown) {
			continue
		}
		conflict := false
		for _, c := range cs {
			cat, pref := c.args[i].Category(), c.args[i].Preferred()
			switch {
			case category[i] == 0:
				category[i], preferred[i] = cat, pref
			case cat == category[i]:
				preferred[i] = preferred[i] || pref
			case cat == 'S':
				category[i], preferred[i] = cat, pref
			default:
				conflict = true
			}
		}
		if conflict && category[i] != 'S' {
			return nil, false
		}
	}
	kept := cs[:0:0]
next:
	for _, c := range cs {
		for i, t := range args {
			if !t.Is(types.Unknown) {
				continue
			}
			if c.args[i].Category() != category[i] || preferred[i] && !c.args[i].Preferred() {
				continue next
			}
		}
		kept = append(kept, c)
	}
	return kept, true
}

// byKnownType is the last resort: if all known arguments have one type, the unknown ones are taken for it.
func byKnownType(args []types.Type, cs []candidate, unknowns int) (candidate, bool) {
	if unknowns == len(args) {
		return candidate{}, false
	}
	var t types.Type
	for _, a := range args {
		if a.Is(types.Unknown) {
			continue
		}
		if t != (types.Type{}) && t != a {
			return candidate{}, false
		}
		t = a
	}
	same := make([]types.Type, len(args))
	for i := range same {
		same[i] = t
	}
	fits := cs[:0:0]
	for _, c := range cs {
		if coercible(same, c.args) {
			fits = append(fits, c)
		}
	}
	if len(fits) != 1 {
		return candidate{}, false
	}
	return fits[0], true
}

// Signature is "name(argument types)".
func Signature(name string, args []types.Type) string {
	s := make([]string, len(args))
	for i, t := range args {
		s[i] = t.String()
	}
	return name + "(" + strings.Join(s, ", ") + ")"
}

// opSignature is an operator with its operands' types, as PostgreSQL's messages show it.
func opSignature(name string, args []types.Type) string {
	if len(args) == 1 {
		return name + " " + args[0].String()
	}
	return args[0].String() + " " + name + " " + args[len(args)-1].String()
}

func undefined(name string, operator bool, args []types.Type) error {
	if operator && len(args) > 0 {
		e := sqlerr.New(sqlerr.UndefinedFunction, "operator does not exist: %s", opSignature(name, args))
		if len(args) == 1 {
			return e.WithHint("No operator matches the given name and argument type. You might need to add an explicit type cast.")
		}
		return e.WithHint("No operator matches the given name and argument types. You might need to add explicit type casts.")
	}
	if absent(name) {
		return sqlerr.New(sqlerr.FeatureNotSupported, "function %s is not supported", Signature(name, args))
	}
	return sqlerr.New(sqlerr.UndefinedFunction, "function %s does not exist", Signature(name, args)).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

func ambiguous(name string, operator bool, args []types.Type) error {
	if operator {
		return sqlerr.New(sqlerr.AmbiguousFunction, "operator is not unique: %s", opSignature(name, args)).
			WithHint("Could not choose a best candidate operator. You might need to add explicit type casts.")
	}
	return sqlerr.New(sqlerr.AmbiguousFunction, "function %s is not unique", Signature(name, args)).
		WithHint("Could not choose a best candidate function. You might need to add explicit type casts.")
}
