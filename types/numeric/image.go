package numeric

import (
	"encoding/binary"
	"math/big"
	"math/bits"

	"github.com/streamsql/streamsql/types/key"
)

// An image is one header byte and the coefficient. A header below imgSmallScales is the scale of a coefficient that
// fits an int64, which follows as the fewest bytes of two's complement (none for 0), high byte first. Each number and
// scale has exactly one image.
const (
	imgSmallScales = 0x40
	imgNaN         = 0x40
	imgPosInf      = 0x41
	imgNegInf      = 0x42
	imgBig         = 0x80 // a scale as uvarint and a magnitude follow
	imgBigNegative = 0x81
)

// AppendImage appends d's image, which keeps value and scale.
func (d Decimal) AppendImage(dst []byte) []byte {
	switch d.form {
	case nan:
		return append(dst, imgNaN)
	case posInf:
		return append(dst, imgPosInf)
	case negInf:
		return append(dst, imgNegInf)
	}
	if d.big == nil && d.scale < imgSmallScales {
		dst = append(dst, byte(d.scale))
		v, n := d.small, 0
		if v != 0 {
			n = (bits.Len64(uint64(v^v>>63)) + 8) >> 3
		}
		for i := n - 1; i >= 0; i-- {
			dst = append(dst, byte(v>>(8*i)))
		}
		return dst
	}
	head := byte(imgBig)
	if d.Sign() < 0 {
		head = imgBigNegative
	}
	dst = append(dst, head)
	dst = binary.AppendUvarint(dst, uint64(d.scale))
	return append(dst, d.Coef().Bytes()...)
}

// FromImage decodes an image; garbage yields NaN or a wrong number, never a panic.
func FromImage(b []byte) Decimal {
	if len(b) == 0 {
		return NaN
	}
	if b[0] < imgSmallScales {
		if len(b) == 1 {
			return Decimal{scale: int32(b[0])}
		}
		v := int64(int8(b[1]))
		for _, c := range b[2:] {
			v = v<<8 | int64(c)
		}
		return Decimal{small: v, scale: int32(b[0])}
	}
	switch b[0] {
	case imgPosInf:
		return PosInf
	case imgNegInf:
		return NegInf
	case imgBig, imgBigNegative:
		s, n := binary.Uvarint(b[1:])
		if n <= 0 || s > MaxScale {
			return NaN
		}
		c := new(big.Int).SetBytes(b[1+n:])
		if b[0] == imgBigNegative {
			c.Neg(c)
		}
		return FromBig(c, int(s))
	}
	return NaN
}

// ValidImage tells whether b is the image of some number.
func ValidImage(b []byte) bool {
	if len(b) == 0 || len(b) > 1<<20 || b[0] < imgSmallScales && len(b) > 9 {
		return false
	}
	var tmp [32]byte
	return string(FromImage(b).AppendImage(tmp[:0])) == string(b)
}

// In a key, a byte for the class of the number is followed by the decimal exponent and the digits in pairs; all but
// the class is complemented for negative numbers.
const (
	keyNegInf   = 0x10
	keyNegative = 0x20
	keyZero     = 0x30
	keyPositive = 0x40
	keyPosInf   = 0x50
	keyNaN      = 0x60
)

// AppendKey appends the order-preserving key, which is the same for 1.0 and 1.00.
func (d Decimal) AppendKey(dst []byte) []byte {
	switch d.form {
	case nan:
		return append(dst, keyNaN)
	case posInf:
		return append(dst, keyPosInf)
	case negInf:
		return append(dst, keyNegInf)
	}
	var buf [40]byte
	var text []byte
	if d.big == nil {
		if d.small == 0 {
			return append(dst, keyZero)
		}
		text = appendUint(buf[:0], absU(d.small))
	} else {
		text = new(big.Int).Abs(d.big).Append(buf[:0], 10)
	}
	start := len(dst) + 1
	negative := d.Sign() < 0
	if negative {
		dst = append(dst, keyNegative)
	} else {
		dst = append(dst, keyPositive)
	}
	dst = key.AppendInt(dst, int64(len(text))-int64(d.scale)) // 0.ddd * 10^this
	end := len(text)
	for text[end-1] == '0' {
		end--
	}
	for i := 0; i < end; i += 2 {
		pair := (text[i]-'0')*10 + 1
		if i+1 < end {
			pair += text[i+1] - '0'
		}
		dst = append(dst, pair)
	}
	dst = append(dst, 0)
	if negative {
		key.Invert(dst[start:])
	}
	return dst
}
