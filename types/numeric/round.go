package numeric

import (
	"math/big"

	"github.com/streamsql/streamsql/sqlerr"
)

// rescale brings a coefficient from one scale to another, rounding half away from zero.
func rescale(c *big.Int, from, to int) *big.Int {
	if to >= from {
		return new(big.Int).Mul(c, pow10(to-from))
	}
	return quoRound(c, pow10(from-to))
}

// roundTo is d at exactly the given scale, which may be negative (the result then shows no digits after the point).
func (d Decimal) roundTo(scale int) Decimal {
	if d.form != finite || scale == int(d.scale) {
		return d
	}
	if d.big == nil {
		if up := scale - int(d.scale); up > 0 {
			if v, ok := mulPow10(d.small, up); ok {
				return Decimal{small: v, scale: int32(scale)}
			}
		} else if down := -up; down < len(pow10u) {
			p := pow10u[down]
			q, r := absU(d.small)/p, absU(d.small)%p
			if r >= p-r {
				q++
			}
			v := int64(q)
			if d.small < 0 {
				v = -v
			}
			if scale >= 0 {
				return Decimal{small: v, scale: int32(scale)}
			}
			if v, ok := mulPow10(v, -scale); ok {
				return Decimal{small: v}
			}
		} else {
			return Decimal{scale: int32(max(scale, 0))}
		}
	}
	c := rescale(d.Coef(), int(d.scale), scale)
	if scale < 0 {
		return FromBig(new(big.Int).Mul(c, pow10(-scale)), 0)
	}
	return FromBig(c, scale)
}

// Round is SQL's round(d, n): half away from zero; n is limited to -2000..2000 as in PostgreSQL, negative n round before
// the point.
func (d Decimal) Round(n int) Decimal {
	if d.form != finite {
		return d
	}
	return d.roundTo(min(max(n, -maxResultScale), maxResultScale))
}

// Trunc is SQL's trunc(d, n): as Round, toward zero.
func (d Decimal) Trunc(n int) Decimal {
	if d.form != finite {
		return d
	}
	n = min(max(n, -maxResultScale), maxResultScale)
	if n >= int(d.scale) {
		return d.roundTo(n)
	}
	down := int(d.scale) - n
	if d.big == nil {
		if down >= len(pow10u) {
			return Decimal{scale: int32(max(n, 0))}
		}
		p := pow10u[down]
		q := absU(d.small) / p
		if n < 0 {
			q *= pow10u[-n]
		}
		v := int64(q)
		if d.small < 0 {
			v = -v
		}
		return Decimal{small: v, scale: int32(max(n, 0))}
	}
	c := new(big.Int).Quo(d.big, pow10(down))
	if n < 0 {
		c.Mul(c, pow10(-n))
	}
	return FromBig(c, max(n, 0))
}

// Floor and Ceil are SQL's, with scale 0.
func (d Decimal) Floor() Decimal {
	t := d.Trunc(0)
	if d.form == finite && d.Sign() < 0 && Cmp(t, d) != 0 {
		t, _ = Sub(t, FromInt(1))
	}
	return t
}

func (d Decimal) Ceil() Decimal { return d.Neg().Floor().Neg() }

// MinScale is the fewest digits after the point that show the value; 0 for special values.
func (d Decimal) MinScale() int { return int(d.TrimScale().scale) }

// TrimScale is d without trailing zeros after the point.
func (d Decimal) TrimScale() Decimal {
	if d.form != finite {
		return d
	}
	if d.big == nil {
		for d.scale > 0 && d.small%10 == 0 {
			d.small /= 10
			d.scale--
		}
		return d
	}
	ten, r := big.NewInt(10), new(big.Int)
	c, scale := d.big, int(d.scale)
	for scale > 0 {
		q, _ := new(big.Int).QuoRem(c, ten, r)
		if r.Sign() != 0 {
			break
		}
		c, scale = q, scale-1
	}
	return FromBig(c, scale)
}

// Fit rounds d to scale digits and refuses (22003) more than precision digits: numeric(precision, scale). A negative
// scale rounds before the point.
func (d Decimal) Fit(precision, scale int) (Decimal, error) {
	if d.form == nan {
		return d, nil
	}
	if d.form != finite {
		return d, fieldOverflow().
			WithDetail("A field with precision %d, scale %d cannot hold an infinite value.", precision, scale)
	}
	r := d.roundTo(scale)
	if r.Sign() == 0 || r.digits()-int(r.scale) <= precision-scale {
		return r, nil
	}
	whole, prefix := precision-scale, "10^"
	if whole == 0 {
		return r, fieldOverflow().WithDetail(
			"A field with precision %d, scale %d must round to an absolute value less than 1.", precision, scale)
	}
	return r, fieldOverflow().WithDetail(
		"A field with precision %d, scale %d must round to an absolute value less than %s%d.", precision, scale, prefix, whole)
}

func fieldOverflow() *sqlerr.Error {
	return sqlerr.New(sqlerr.NumericValueOutOfRange, "numeric field overflow")
}
