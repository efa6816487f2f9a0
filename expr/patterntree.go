package expr

// reNode is a regular expression as a language, without captures and greediness.
type reNode struct {
	op       reOp
	set      *charSet  // reSet
	assert   reAssert  // reConstraint
	kids     []*reNode // reCat, reAlt; one of reRepeat and reLook
	min, max int       // reRepeat; max -1: no limit
	negate   bool      // reLook
	behind   bool      // reLook
}

type reOp uint8

const (
	reCat reOp = iota // empty without kids
	reAlt
	reSet
	reRepeat
	reConstraint
	reLook
)

type reAssert uint8

const (
	atStart     reAssert = iota // \A, ^
	atEnd                       // \Z, $
	atLineStart                 // ^ by lines
	atLineEnd
	atWordStart // \m
	atWordEnd   // \M
	atBoundary  // \y
	notBoundary // \Y
)

// subRE is a node of Spencer's tree ("struct subre").
type subRE struct {
	op       byte // '=' a plain language, '.' two parts, '|' alternatives, '*' iteration
	flags    int
	capture  int // number of the parentheses, 0 for none
	min, max int
	kids     []*subRE
	re       *reNode
	prog     *reProg // made when first needed
}

// Flags of a subRE: its greediness, and what makes it more than a plain language.
const (
	prefLonger  = 1
	prefShorter = 2
	mixedPref   = 4
	hasCapture  = 8
)

func messy(f int) bool { return f&(mixedPref|hasCapture) != 0 }

// upFlags are what of a node's flags its parent has too.
func upFlags(f int) int {
	up := f &^ (prefLonger | prefShorter)
	if f&prefLonger != 0 && f&prefShorter != 0 {
		up |= mixedPref
	}
	return up
}

// combineFlags: the first preference wins.
func combineFlags(a, b int) int {
	pref := a & (prefLonger | prefShorter)
	if pref == 0 {
		pref = b & (prefLonger | prefShorter)
	}
	return upFlags(a|b) | pref
}

const (
	maxRepeat = 255
	infinite  = -1
)
