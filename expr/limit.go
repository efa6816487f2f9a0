package expr

import (
	"math"

	"github.com/streamsql/streamsql/sqlerr"
)

const (
	// maxValue is how large a value may become: what a row may hold.
	maxValue = 64 << 20
	// maxColumn is how large the values of one expression may become for the rows of a batch, together.
	maxColumn = 256 << 20
)

func tooLarge() error {
	return sqlerr.New(sqlerr.ProgramLimitExceeded, "value exceeds the maximum size of %d MB", maxValue>>20)
}

// mustFit ends the evaluation (with 54000, as a panic) where a value would become too large, before there is memory asked for it. It is no row's
// failure: functions that only join texts are taken for such that cannot fail, so that plans may move them.
func mustFit(size int) {
	if size > maxValue {
		panic(tooLarge())
	}
}

// mustFitTimes is mustFit for n times size.
func mustFitTimes(n, size int) {
	if size > 0 && n > math.MaxInt/size {
		panic(tooLarge())
	}
	mustFit(n * size)
}

// mustFitColumn ends the evaluation, with 53200, where a column would take too much memory.
func mustFitColumn(size int) {
	if size > maxColumn {
		panic(sqlerr.New(sqlerr.OutOfMemory, "out of memory").
			WithDetail("The values of an expression take more than %d MB for the rows that are computed at once.", maxColumn>>20))
	}
}
