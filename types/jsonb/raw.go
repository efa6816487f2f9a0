package jsonb

import "bytes"

// Type json keeps its text, so that its parts are pieces of the text as it was written.

// RawMember is a member of a JSON text: Key is empty for an element of an array. Value is its text without blanks
// around.
type RawMember struct {
	Key   []byte
	Value []byte
}

// RawKind is what a checked JSON text is.
func RawKind(s []byte) Kind {
	s = bytes.TrimLeft(s, " \t\n\r")
	if len(s) == 0 {
		return Null
	}
	switch s[0] {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't':
		return True
	case 'f':
		return False
	case 'n':
		return Null
	}
	return Number
}

// RawMembers are the members of an object or the elements of an array in a JSON text, in their order, repeated keys
// too; none for a scalar. The pieces alias s.
func RawMembers(s []byte) ([]RawMember, error) {
	p := parser{s: s}
	p.blanks()
	kind := RawKind(s)
	if kind != Object && kind != Array {
		return nil, Validate(s)
	}
	p.i++
	var out []RawMember
	for {
		p.blanks()
		if p.at('}') || p.at(']') {
			return out, nil
		}
		var m RawMember
		if kind == Object {
			q := parser{s: s, i: p.i, build: true}
			if !p.at('"') {
				return nil, p.unexpected("Expected string, but found")
			}
			var err error
			if m.Key, err = q.str(); err != nil {
				return nil, err
			}
			p.i = q.i
			if p.blanks(); !p.at(':') {
				return nil, p.unexpected(`Expected ":", but found`)
			}
			p.i++
		}
		p.blanks()
		start := p.i
		if _, err := p.value(); err != nil {
			return nil, err
		}
		m.Value = s[start:p.i]
		out = append(out, m)
		if p.blanks(); p.at(',') {
			p.i++
		} else if !p.at('}') && !p.at(']') {
			return nil, p.unexpected("Expected end of input, but found")
		}
	}
}

// RawGet is json -> key: the last member of that name.
func RawGet(s, key []byte) ([]byte, bool, error) {
	if RawKind(s) != Object {
		return nil, false, nil
	}
	ms, err := RawMembers(s)
	for i := len(ms) - 1; i >= 0; i-- {
		if bytes.Equal(ms[i].Key, key) {
			return ms[i].Value, true, nil
		}
	}
	return nil, false, err
}

// RawIndex is json -> i, negative ones counted from the end.
func RawIndex(s []byte, i int) ([]byte, bool, error) {
	if RawKind(s) != Array {
		return nil, false, nil
	}
	ms, err := RawMembers(s)
	if i < 0 {
		i += len(ms)
	}
	if err != nil || i < 0 || i >= len(ms) {
		return nil, false, err
	}
	return ms[i].Value, true, nil
}

// RawUnquoted is what json ->> gives of a part: a string's content, other values as written; false for null.
func RawUnquoted(s []byte) ([]byte, bool, error) {
	switch RawKind(s) {
	case Null:
		return nil, false, nil
	case String:
		p := parser{s: s, build: true}
		p.blanks()
		b, err := p.str()
		return b, err == nil, err
	}
	return s, true, nil
}
