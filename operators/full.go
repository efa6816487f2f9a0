package operators

import (
	"math"

	"github.com/streamsql/streamsql/batch"
)

const (
	// sliceBytes is how many bytes of values a slice has at most, but for a few values: rows may be large.
	sliceBytes = 8 << 20
	// rowBytes is what a row of a scan may have, on average, for a slice of it to be as many rows as were asked for.
	rowBytes = 2 << 10
)

// full tells whether b is a slice: by its rows, or by its bytes.
func full(b *batch.Batch) bool {
	return b.Len() >= SliceRows || large(b)
}

// large tells whether b is a slice by its bytes. It looks at them only every few rows.
func large(b *batch.Batch) bool {
	return b.Len()%8 == 0 && valueBytes(b.Cols) >= sliceBytes
}

func valueBytes(cols []*batch.Vec) (n int) {
	for _, c := range cols {
		n += len(c.Data)
	}
	return n
}

// scanBytes is how many bytes a scan reads that may read so many rows; all, if these are all.
func scanBytes(rows int) int {
	if rows > math.MaxInt/rowBytes {
		return math.MaxInt
	}
	return rows * rowBytes
}
