package expr

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

// firstCapture is what substring() gives of the first match: the first parentheses' part, or the whole. m is room for limits.
func (re *posixRegexp) firstCapture(s []byte, m *[4]int) (part []byte, ok bool) {
	found := re.find(s, 0, m[:2+2*min(re.captures, 1)])
	if found == nil {
		return nil, false
	}
	if found = found[len(found)-2:]; found[0] < 0 {
		return nil, false
	}
	return s[found[0]:found[1]], true
}

func firstCapture(c *Ctx, s, pattern []byte) (types.Datum, error) {
	re, err := compileRegexp(c, pattern, reOptions{})
	if err != nil {
		return types.Null, err
	}
	if part, ok := re.firstCapture(s, new([4]int)); ok {
		return types.NewBytes(part), nil
	}
	return types.Null, nil
}

func regexpSubstring(c *Ctx, a []types.Datum) (types.Datum, error) {
	return firstCapture(c, a[0].Bytes(), a[1].Bytes())
}

func regexpSubstringVec(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
	var m [4]int
	w := writer{v: out}
	eachRegexp(c, reOptions{}, args, sel, out, func(i int, re *posixRegexp, s []byte) {
		if part, ok := re.firstCapture(s, &m); ok {
			w.bytes(i, part)
		} else {
			w.null(i)
		}
	})
	w.done()
}

func similarSubstring(c *Ctx, a []types.Datum) (types.Datum, error) {
	p, err := similarPattern(a[1].Bytes(), a[2].Bytes())
	if err != nil {
		return types.Null, err
	}
	return firstCapture(c, a[0].Bytes(), p)
}
