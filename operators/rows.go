package operators

import "github.com/streamsql/streamsql/batch"

// gather appends the rows sel of src to dst, a batch of the same types, with their weights.
func gather(dst, src *batch.Batch, sel []int32) {
	for k, v := range src.Cols {
		gatherVec(dst.Cols[k], v, sel)
	}
	for _, i := range sel {
		dst.W = append(dst.W, src.W[i])
	}
}

func gatherVec(dst, src *batch.Vec, sel []int32) {
	if anyNull(src) {
		for _, i := range sel {
			dst.AppendFrom(src, int(i))
		}
		return
	}
	switch {
	case src.Off != nil:
		for _, i := range sel {
			dst.AppendBytes(src.Bytes(int(i)))
		}
		return
	case src.Floats != nil:
		for _, i := range sel {
			dst.Floats = append(dst.Floats, src.Floats[i])
		}
	default:
		for _, i := range sel {
			dst.Ints = append(dst.Ints, src.Ints[i])
		}
	}
	dst.N += len(sel)
}

func anyNull(v *batch.Vec) bool {
	for _, w := range v.Nulls {
		if w != 0 {
			return true
		}
	}
	return false
}

// repeat appends value i of src n times to dst.
func repeat(dst, src *batch.Vec, i, n int) {
	if src.IsNull(i) {
		for range n {
			dst.AppendNull()
		}
		return
	}
	switch {
	case src.Off != nil:
		b := src.Bytes(i)
		for range n {
			dst.AppendBytes(b)
		}
		return
	case src.Floats != nil:
		for range n {
			dst.Floats = append(dst.Floats, src.Floats[i])
		}
	default:
		for range n {
			dst.Ints = append(dst.Ints, src.Ints[i])
		}
	}
	dst.N += n
}
