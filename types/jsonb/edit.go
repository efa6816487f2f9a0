package jsonb

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/streamsql/streamsql/sqlerr"
)

func invalid(format string, args ...any) *sqlerr.Error {
	return sqlerr.New(sqlerr.InvalidParameterValue, format, args...)
}

// Concat is a || b: objects are merged, b's values winning; all else is joined as arrays, what is none as its element.
func Concat(a, b Value) Value {
	if a.Kind() == Object && b.Kind() == Object {
		return NewObject(append(a.Pairs(), b.Pairs()...))
	}
	items := func(v Value) []Value {
		if v.Kind() == Array {
			return v.Elems()
		}
		return []Value{v}
	}
	return NewArray(append(items(a), items(b)...))
}

// DeleteKeys is v - key, for each of the keys but nil ones: members of an object, strings of an array. 22023 for a scalar.
func (v Value) DeleteKeys(keys ...[]byte) (Value, error) {
	has := func(k []byte) bool {
		return slices.ContainsFunc(keys, func(x []byte) bool { return x != nil && bytes.Equal(x, k) })
	}
	switch v.Kind() {
	case Object:
		return NewObject(slices.DeleteFunc(v.Pairs(), func(p Pair) bool { return has(p.Key) })), nil
	case Array:
		return NewArray(slices.DeleteFunc(v.Elems(), func(e Value) bool { return e.Kind() == String && has(e.Text()) })), nil
	}
	return nil, invalid("cannot delete from scalar")
}

// DeleteIndex is v - i: an array without element i, negative ones counted from the end.
func (v Value) DeleteIndex(i int) (Value, error) {
	switch v.Kind() {
	case Object:
		return nil, invalid("cannot delete from object using integer index")
	case Array:
		elems := v.Elems()
		if i < 0 {
			i += len(elems)
		}
		if i >= 0 && i < len(elems) {
			elems = slices.Delete(elems, i, i+1)
		}
		return NewArray(elems), nil
	}
	return nil, invalid("cannot delete from scalar")
}

// pathIndex reads a path element as an index, as C does: blanks may stand before.
func pathIndex(s []byte) (int, bool) {
	n, err := strconv.ParseInt(string(bytes.TrimLeft(s, " \t\n\v\f\r")), 10, 32)
	return int(n), err == nil
}

// Path is v #> path; false if it leads nowhere.
func (v Value) Path(path [][]byte) (Value, bool) {
	for _, k := range path {
		var ok bool
		switch v.Kind() {
		case Object:
			v, ok = v.Get(k)
		case Array:
			var i int
			if i, ok = pathIndex(k); ok {
				v, ok = v.Index(i)
			}
		}
		if !ok {
			return nil, false
		}
	}
	return v, true
}

type editMode uint8

const (
	setOnly editMode = iota
	setOrCreate
	insertBefore
	insertAfter
	remove
)

// Set is jsonb_set: the value at path replaced; with create also added where only the last step is missing.
func (v Value) Set(path [][]byte, to Value, create bool) (Value, error) {
	mode := setOnly
	if create {
		mode = setOrCreate
	}
	return v.edit(path, to, mode, "cannot set path in scalar")
}

// Insert is jsonb_insert: a value put into an array before or after the place that path names, or into an object
// under a key that it does not have.
func (v Value) Insert(path [][]byte, to Value, after bool) (Value, error) {
	mode := insertBefore
	if after {
		mode = insertAfter
	}
	return v.edit(path, to, mode, "cannot set path in scalar")
}

// DeletePath is v #- path.
func (v Value) DeletePath(path [][]byte) (Value, error) {
	return v.edit(path, nil, remove, "cannot delete path in scalar")
}

func (v Value) edit(path [][]byte, to Value, mode editMode, scalar string) (Value, error) {
	if v.IsScalar() {
		return nil, invalid("%s", scalar)
	}
	if len(path) == 0 || v.Len() == 0 && (mode == setOnly || mode == remove) {
		return v, nil
	}
	return v.editAt(path, 0, to, mode)
}

// editAt edits below step level of the path. A nil step, a NULL, is an error if the path gets that far.
func (v Value) editAt(path [][]byte, level int, to Value, mode editMode) (Value, error) {
	if path[level] == nil {
		return nil, sqlerr.New(sqlerr.NullValueNotAllowed, "path element at position %d is null", level+1)
	}
	switch v.Kind() {
	case Object:
		return v.editObject(path, level, to, mode)
	case Array:
		return v.editArray(path, level, to, mode)
	}
	return v, nil
}

func (v Value) editObject(path [][]byte, level int, to Value, mode editMode) (Value, error) {
	key, last := path[level], level == len(path)-1
	pairs := v.Pairs()
	i := slices.IndexFunc(pairs, func(p Pair) bool { return bytes.Equal(p.Key, key) })
	switch {
	case i < 0 && (!last || mode == setOnly || mode == remove):
		return v, nil
	case i < 0:
		pairs = append(pairs, Pair{key, to})
	case last && mode == remove:
		pairs = slices.Delete(pairs, i, i+1)
	case last && mode >= insertBefore:
		return nil, invalid("cannot replace existing key").
			WithHint("Try using the function jsonb_set to replace key value.")
	case last:
		pairs[i].Value = to
	default:
		var err error
		if pairs[i].Value, err = pairs[i].Value.editAt(path, level+1, to, mode); err != nil {
			return nil, err
		}
	}
	return NewObject(pairs), nil
}

func (v Value) editArray(path [][]byte, level int, to Value, mode editMode) (Value, error) {
	last := level == len(path)-1
	i, ok := pathIndex(path[level])
	if !ok {
		return nil, sqlerr.New(sqlerr.InvalidTextRepresentation, `path element at position %d is not an integer: "%s"`,
			level+1, path[level])
	}
	elems := v.Elems()
	before := i < 0 && -i > len(elems)
	if i < 0 {
		i += len(elems)
	}
	switch {
	case before || i >= len(elems):
		if !last || mode == setOnly || mode == remove {
			return v, nil
		}
		if before {
			elems = slices.Insert(elems, 0, to)
		} else {
			elems = append(elems, to)
		}
	case !last:
		var err error
		if elems[i], err = elems[i].editAt(path, level+1, to, mode); err != nil {
			return nil, err
		}
	case mode == remove:
		elems = slices.Delete(elems, i, i+1)
	case mode == insertBefore:
		elems = slices.Insert(elems, i, to)
	case mode == insertAfter:
		elems = slices.Insert(elems, i+1, to)
	default:
		elems[i] = to
	}
	return NewArray(elems), nil
}

// StripNulls is jsonb_strip_nulls: objects without their null members, at every depth.
func (v Value) StripNulls() Value {
	switch v.Kind() {
	case Object:
		pairs := slices.DeleteFunc(v.Pairs(), func(p Pair) bool { return p.Value.Kind() == Null })
		for i := range pairs {
			pairs[i].Value = pairs[i].Value.StripNulls()
		}
		return NewObject(pairs)
	case Array:
		elems := v.Elems()
		for i := range elems {
			elems[i] = elems[i].StripNulls()
		}
		return NewArray(elems)
	}
	return v
}
