package datetime

import (
	"cmp"
	"encoding/binary"

	"github.com/streamsql/streamsql/types/key"
)

// Interval is months, days and microseconds, which do not convert into each other but for comparison (a month is 30
// days, a day 24 hours).
type Interval struct {
	Months, Days int32
	Micros       int64
}

const intervalImage = 16

// AppendImage appends sixteen bytes: PostgreSQL's binary wire form.
func (v Interval) AppendImage(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(v.Micros))
	dst = binary.BigEndian.AppendUint32(dst, uint32(v.Days))
	return binary.BigEndian.AppendUint32(dst, uint32(v.Months))
}

// IntervalFromImage decodes an image; zero if it is none.
func IntervalFromImage(b []byte) Interval {
	if len(b) != intervalImage {
		return Interval{}
	}
	return Interval{
		Micros: int64(binary.BigEndian.Uint64(b)),
		Days:   int32(binary.BigEndian.Uint32(b[8:])),
		Months: int32(binary.BigEndian.Uint32(b[12:])),
	}
}

// span is the interval's length for comparison as whole days and a rest below a day.
func (v Interval) span() (days, rest int64) {
	q, r := floorDiv(v.Micros, Day)
	return int64(v.Months)*daysPerMonth + int64(v.Days) + q, r
}

// Cmp orders intervals by length: '1 day' equals '24 hours', '1 mon' equals '30 days'.
func (v Interval) Cmp(w Interval) int {
	vd, vr := v.span()
	wd, wr := w.span()
	if c := cmp.Compare(vd, wd); c != 0 {
		return c
	}
	return cmp.Compare(vr, wr)
}

// AppendKey appends the order-preserving key, equal for equal lengths.
func (v Interval) AppendKey(dst []byte) []byte {
	d, r := v.span()
	return key.AppendInt(key.AppendInt(dst, d), r)
}
