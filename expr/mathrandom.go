package expr

import (
	"math"
	"math/bits"
)

// Random is PostgreSQL's generator of random(), which a session owns: xoroshiro128** (Blackman and Vigna, 2018).
type Random struct{ s0, s1 uint64 }

// NewRandom starts the sequence that setseed(seed) does, -1 <= seed <= 1.
func NewRandom(seed float64) *Random {
	state := uint64(int64(float64(1<<52-1) * seed))
	split := func() uint64 { // splitmix64
		state += 0x9E3779B97F4A7C15
		v := state
		v = (v ^ v>>30) * 0xBF58476D1CE4E5B9
		v = (v ^ v>>27) * 0x94D049BB133111EB
		return v ^ v>>31
	}
	return &Random{split(), split()}
}

// Float64 is the next number, 0 <= x < 1.
func (r *Random) Float64() float64 {
	x := r.s1 ^ r.s0
	v := bits.RotateLeft64(r.s0*5, 7) * 9
	r.s0 = bits.RotateLeft64(r.s0, 24) ^ x ^ x<<16
	r.s1 = bits.RotateLeft64(x, 37)
	return math.Ldexp(float64(v>>12), -52)
}
