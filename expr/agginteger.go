package expr

import (
	"encoding/binary"
	"math/big"
	"math/bits"

	"github.com/streamsql/streamsql/types/numeric"
)

// integer is a signed integer of any size, in two's complement of 128 bits while it fits: sums then cost no allocation.
type integer struct {
	hi  int64
	lo  uint64
	big *big.Int // only where it does not fit; never changed
}

func intOf(v int64) integer { return integer{hi: v >> 63, lo: uint64(v)} }

// product is v * w.
func product(v, w int64) integer {
	hi, lo := bits.Mul64(uint64(v), uint64(w))
	return integer{hi: int64(hi) - v>>63&w - w>>63&v, lo: lo}
}

func (x integer) isZero() bool { return x.big == nil && x.hi == 0 && x.lo == 0 }

// int64 is x if it fits.
func (x integer) int64() (int64, bool) { return int64(x.lo), x.big == nil && x.hi == int64(x.lo)>>63 }

func (x integer) toBig() *big.Int {
	if x.big != nil {
		return x.big
	}
	if v, ok := x.int64(); ok {
		return big.NewInt(v)
	}
	b := big.NewInt(x.hi)
	return b.Or(b.Lsh(b, 64), new(big.Int).SetUint64(x.lo))
}

func fromBig(b *big.Int) integer {
	n := b.BitLen()
	if n > 127 {
		return integer{big: b}
	}
	abs := new(big.Int).Abs(b)
	lo := new(big.Int).And(abs, new(big.Int).SetUint64(1<<64-1)).Uint64()
	hi := abs.Rsh(abs, 64).Uint64()
	if b.Sign() < 0 {
		var c uint64
		lo, c = bits.Add64(^lo, 1, 0)
		hi = ^hi + c
	}
	return integer{hi: int64(hi), lo: lo}
}

func (x integer) add(y integer) integer {
	if x.big == nil && y.big == nil {
		lo, c := bits.Add64(x.lo, y.lo, 0)
		hi := x.hi + y.hi + int64(c)
		// -2^127 is left to big, so that each number has one form.
		if x.hi^y.hi < 0 || x.hi^hi >= 0 && !(hi == -1<<63 && lo == 0) {
			return integer{hi: hi, lo: lo}
		}
	}
	return fromBig(new(big.Int).Add(x.toBig(), y.toBig()))
}

func (x integer) neg() integer { return integer{}.sub(x) }

func (x integer) sub(y integer) integer {
	if y.big == nil {
		lo, c := bits.Add64(^y.lo, 1, 0)
		return x.add(integer{hi: ^y.hi + int64(c), lo: lo})
	}
	return x.add(fromBig(new(big.Int).Neg(y.big)))
}

func (x integer) mul(w int64) integer {
	if v, ok := x.int64(); ok {
		return product(v, w)
	}
	if w == 1 {
		return x
	}
	return fromBig(new(big.Int).Mul(x.toBig(), big.NewInt(w)))
}

// bitLen is the number of bits without the sign.
func (x integer) bitLen() int {
	if x.big != nil {
		return x.big.BitLen()
	}
	hi, lo := uint64(x.hi), x.lo
	if x.hi < 0 {
		hi, lo = ^hi, ^lo
	}
	if hi != 0 {
		return 64 + bits.Len64(hi)
	}
	return bits.Len64(lo)
}

func (x integer) lsh(n uint) integer {
	if n == 0 || x.isZero() {
		return x
	}
	if x.big == nil && x.bitLen()+int(n) < 127 {
		if n >= 64 {
			return integer{hi: int64(x.lo << (n - 64))}
		}
		return integer{hi: x.hi<<n | int64(x.lo>>(64-n)), lo: x.lo << n}
	}
	return fromBig(new(big.Int).Lsh(x.toBig(), n))
}

// odd divides by the largest power of two that divides x, and tells which.
func (x integer) odd() (integer, int) {
	switch {
	case x.big != nil:
		n := x.big.TrailingZeroBits()
		if n == 0 {
			return x, 0
		}
		return fromBig(new(big.Int).Rsh(x.big, n)), int(n)
	case x.lo != 0:
		n := bits.TrailingZeros64(x.lo)
		return integer{hi: x.hi >> n, lo: x.lo>>n | uint64(x.hi)<<(64-n)}, n
	case x.hi != 0:
		n := bits.TrailingZeros64(uint64(x.hi))
		v := x.hi >> n
		return intOf(v), 64 + n
	}
	return x, 0
}

// append encodes x: how many bytes, and as few bytes of two's complement as hold it.
func (x integer) append(dst []byte) []byte {
	if x.isZero() {
		return append(dst, 0)
	}
	n := x.bitLen()/8 + 1
	if x.big == nil {
		dst = append(dst, byte(n))
		for i := range min(n, 8) {
			dst = append(dst, byte(x.lo>>(8*i)))
		}
		for i := 8; i < n; i++ {
			dst = append(dst, byte(x.hi>>(8*(i-8))))
		}
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(n))
	v := x.big
	if v.Sign() < 0 { // two's complement
		v = new(big.Int).Add(v, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
	}
	at := len(dst)
	dst = append(dst, make([]byte, n)...)
	v.FillBytes(dst[at:])
	return dst
}

// readInteger decodes what append encoded, and gives what follows.
func readInteger(b []byte) (integer, []byte) {
	l, k := binary.Uvarint(b)
	n := int(l)
	v, rest := b[k:k+n], b[k+n:]
	if n == 0 {
		return integer{}, rest
	}
	if n <= 16 {
		x := integer{}
		for i, c := range v {
			if i < 8 {
				x.lo |= uint64(c) << (8 * i)
			} else {
				x.hi |= int64(c) << (8 * (i - 8))
			}
		}
		negative := v[n-1] >= 0x80
		switch {
		case n < 8:
			x = intOf(int64(x.lo<<(64-8*n)) >> (64 - 8*n))
		case n == 8:
			x = intOf(int64(x.lo))
		case negative && n < 16:
			x.hi |= -1 << (8 * (n - 8))
		}
		return x, rest
	}
	z := new(big.Int).SetBytes(v)
	if v[0] >= 0x80 {
		z.Sub(z, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
	}
	return integer{big: z}, rest
}

// decimal is x / 10^scale.
func (x integer) decimal(scale int) numeric.Decimal {
	if v, ok := x.int64(); ok {
		return numeric.New(v, scale)
	}
	return numeric.FromBig(x.toBig(), scale)
}
