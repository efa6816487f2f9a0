package numeric

import (
	"encoding/binary"
	"math/big"

	"github.com/streamsql/streamsql/sqlerr"
)

// The wire form is int16 ndigits, int16 weight, uint16 sign, uint16 scale and ndigits digits of base 10000.
const (
	wirePositive = 0x0000
	wireNegative = 0x4000
	wireNaN      = 0xC000
	wirePosInf   = 0xD000
	wireNegInf   = 0xF000
)

// AppendBinary appends the binary wire form.
func (d Decimal) AppendBinary(dst []byte) []byte {
	head := func(n, weight int, sign uint16, scale int) {
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
		dst = binary.BigEndian.AppendUint16(dst, uint16(weight))
		dst = binary.BigEndian.AppendUint16(dst, sign)
		dst = binary.BigEndian.AppendUint16(dst, uint16(scale))
	}
	switch d.form {
	case nan:
		head(0, 0, wireNaN, 0)
		return dst
	case posInf:
		head(0, 0, wirePosInf, 0x20)
		return dst
	case negInf:
		head(0, 0, wireNegInf, 0x20)
		return dst
	}
	if d.Sign() == 0 {
		head(0, 0, wirePositive, int(d.scale))
		return dst
	}
	var buf [40]byte
	var text []byte
	if d.big == nil {
		text = appendUint(buf[:0], absU(d.small))
	} else {
		text = new(big.Int).Abs(d.big).Append(buf[:0], 10)
	}
	p := len(text) - int(d.scale) - 1 // decimal weight of the first digit
	weight := p >> 2
	// Digit groups end where the weight is a multiple of four.
	group := func(g int) int {
		v := 0
		for k := 0; k < 4; k++ {
			i := g*4 + k - (3 - (p - 4*weight))
			v *= 10
			if i >= 0 && i < len(text) {
				v += int(text[i] - '0')
			}
		}
		return v
	}
	n := (len(text) + (3 - (p - 4*weight)) + 3) / 4
	for n > 0 && group(n-1) == 0 {
		n--
	}
	sign := uint16(wirePositive)
	if d.Sign() < 0 {
		sign = wireNegative
	}
	head(n, weight, sign, int(d.scale))
	for g := 0; g < n; g++ {
		dst = binary.BigEndian.AppendUint16(dst, uint16(group(g)))
	}
	return dst
}

// ParseBinary reads the binary wire form; 22P03 if it is none.
func ParseBinary(src []byte) (Decimal, error) {
	if len(src) < 8 {
		return Decimal{}, sqlerr.New(sqlerr.ProtocolViolation, "insufficient data left in message")
	}
	n := int(binary.BigEndian.Uint16(src))
	weight := int(int16(binary.BigEndian.Uint16(src[2:])))
	sign := binary.BigEndian.Uint16(src[4:])
	scale := int(binary.BigEndian.Uint16(src[6:]))
	digits := src[8:]
	switch sign {
	case wirePositive, wireNegative:
	case wireNaN:
		return NaN, nil
	case wirePosInf:
		return PosInf, nil
	case wireNegInf:
		return NegInf, nil
	default:
		return Decimal{}, sqlerr.New(sqlerr.InvalidBinaryRepresentation, `invalid sign in external "numeric" value`)
	}
	if scale > MaxScale {
		return Decimal{}, sqlerr.New(sqlerr.InvalidBinaryRepresentation, `invalid scale in external "numeric" value`)
	}
	if len(digits) < 2*n {
		return Decimal{}, sqlerr.New(sqlerr.ProtocolViolation, "insufficient data left in message")
	}
	if len(digits) > 2*n {
		return Decimal{}, sqlerr.New(sqlerr.InvalidBinaryRepresentation, "incorrect binary data format")
	}
	text := make([]byte, 0, 4*n)
	for g := 0; g < n; g++ {
		v := binary.BigEndian.Uint16(digits[2*g:])
		if v > 9999 {
			return Decimal{}, sqlerr.New(sqlerr.InvalidBinaryRepresentation, `invalid digit in external "numeric" value`)
		}
		text = append(text, '0'+byte(v/1000), '0'+byte(v/100%10), '0'+byte(v/10%10), '0'+byte(v%10))
	}
	shown := 4 * (n - 1 - weight)
	if cut := shown - scale; cut > 0 { // digits beyond the scale are cut, as PostgreSQL does
		text = text[:max(len(text)-cut, 0)]
		shown = scale
	}
	d, err := assemble(text, shown, sign == wireNegative)
	if err != nil {
		return d, err
	}
	return d.roundTo(scale), nil
}
