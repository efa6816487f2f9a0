package types

import "github.com/streamsql/streamsql/types/key"

// SkipKey gives what follows the key of one value of t, made by AppendKey with desc, at the front of b; nil if b does
// not begin with such a key.
func SkipKey(b []byte, t Type, desc bool) []byte {
	s := keySkipper{b: b}
	if desc {
		s.mask = 0xFF
	}
	s.value(t)
	if s.bad {
		return nil
	}
	return s.b
}

// CutIntKey decodes the key of a value with integer representation at the front of b, made by AppendKey with desc, and gives what follows it; ok is
// false where b does not begin with one.
func CutIntKey(b []byte, desc bool) (d Datum, rest []byte, ok bool) {
	if len(b) > 0 && (b[0] == keyNullFirst || b[0] == keyNullLast) {
		return Null, b[1:], true
	}
	var mask byte
	if desc {
		mask = 0xFF
	}
	v, n := key.Int(b, mask)
	return NewInt(v), b[n:], n > 0
}

// keySkipper walks over keys; mask is what the bytes are XORed with. The tags are those of numeric.AppendKey and
// jsonb.AppendKey; TestKeyOrder holds them together.
type keySkipper struct {
	b    []byte
	mask byte
	bad  bool
}

func (s *keySkipper) peek() byte {
	if len(s.b) == 0 {
		s.bad = true
		return 0
	}
	return s.b[0] ^ s.mask
}

func (s *keySkipper) skip(n int) {
	if n < 0 || n > len(s.b) {
		s.bad, n = true, len(s.b)
	}
	s.b = s.b[n:]
}

// integer skips an integer and gives its value where that is small.
func (s *keySkipper) integer() int {
	v, n := key.IntSize(s.peek())
	s.bad = s.bad || n == 0
	s.skip(n)
	return v
}

func (s *keySkipper) str() {
	n := key.BytesSize(s.b, s.mask)
	s.skip(n)
}

func (s *keySkipper) value(t Type) {
	if len(s.b) > 0 && (s.b[0] == keyNullFirst || s.b[0] == keyNullLast) {
		s.skip(1)
		return
	}
	if t.Array {
		s.array(t.Elem())
		return
	}
	switch t.Rep() {
	case RepInt:
		s.integer()
		return
	case RepFloat:
		s.skip(9)
		return
	}
	switch t.Kind {
	case Numeric:
		s.numeric()
	case Interval:
		s.integer()
		s.integer()
	case UUID:
		s.skip(17)
	case JSONB:
		s.json()
	default:
		s.str()
	}
}

// numeric skips a class, and for numbers but zero an exponent and digits up to a 0; a negative one is complemented.
func (s *keySkipper) numeric() {
	class := s.peek()
	s.skip(1)
	switch class {
	case 0x20:
		s.mask ^= 0xFF
		defer func() { s.mask ^= 0xFF }()
	case 0x40:
	default:
		return
	}
	s.integer()
	for !s.bad && s.peek() != 0 {
		s.skip(1)
	}
	s.skip(1)
}

func (s *keySkipper) json() {
	tag := s.peek()
	s.skip(1)
	switch tag {
	case 0x20:
		s.str()
	case 0x30:
		s.numeric()
	case 0x50, 0x60:
		for n := s.count(); n > 0 && !s.bad; n-- {
			if tag == 0x60 {
				s.str()
			}
			s.json()
		}
	}
}

// count skips an integer that is not negative and gives its value.
func (s *keySkipper) count() int {
	before := s.b
	n := s.integer()
	if n >= 0 || s.bad {
		return max(n, 0)
	}
	v := 0
	for _, c := range before[1 : len(before)-len(s.b)] {
		v = v<<8 | int(c^s.mask)
	}
	return v
}

func (s *keySkipper) array(elem Type) {
	s.skip(1)
	for !s.bad && s.peek() != 0 {
		// Elements are keyed NULLS LAST in the array's own direction.
		if s.peek() == keyNullLast {
			s.skip(1)
			continue
		}
		s.value(elem)
	}
	s.skip(1)
	for n := 2 * s.count(); n > 0 && !s.bad; n-- {
		s.integer()
	}
}
