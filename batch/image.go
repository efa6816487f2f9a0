package batch

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// AppendImage appends the image of row i, restricted to cols (nil: all), to dst. Two rows of the same types are
// identical (print alike) exactly if their images are. The encoding is self-delimiting and compact: a null bitmap,
// zig-zag varints for integers, eight bytes for floats, length-prefixed bytes.
func (b *Batch) AppendImage(dst []byte, i int, cols []int) []byte {
	if cols == nil {
		dst, nulls := appendBitmap(dst, len(b.Cols))
		for k, c := range b.Cols {
			dst = c.appendImage(dst, i, nulls, k)
		}
		return dst
	}
	dst, nulls := appendBitmap(dst, len(cols))
	for k, c := range cols {
		dst = b.Cols[c].appendImage(dst, i, nulls, k)
	}
	return dst
}

// AppendImageWithout appends the image of row i with the columns cols as NULLs, in ascending order.
func (b *Batch) AppendImageWithout(dst []byte, i int, cols []int) []byte {
	dst, nulls := appendBitmap(dst, len(b.Cols))
	for k, c := range b.Cols {
		if len(cols) > 0 && cols[0] == k {
			dst[nulls+k>>3] |= 1 << (k & 7)
			cols = cols[1:]
			continue
		}
		dst = c.appendImage(dst, i, nulls, k)
	}
	return dst
}

// AppendImage appends the image of value i as that of a row of one column.
func (v *Vec) AppendImage(dst []byte, i int) []byte {
	dst = append(dst, 0)
	return v.appendImage(dst, i, len(dst)-1, 0)
}

// AppendFromImage is the reverse of AppendImage; it returns what follows the image. On an error the column is as before.
func (v *Vec) AppendFromImage(img []byte) (rest []byte, err error) {
	if len(img) == 0 {
		return nil, corrupt()
	}
	if img[0]&1 != 0 {
		v.AppendNull()
		return img[1:], nil
	}
	n := v.N
	rest, ok := v.appendFromImage(img[1:])
	if !ok {
		v.Truncate(n)
		return nil, corrupt()
	}
	return rest, nil
}

// appendBitmap makes room for the null bits of n columns and says where they are.
func appendBitmap(dst []byte, n int) ([]byte, int) {
	at := len(dst)
	for ; n > 0; n -= 8 {
		dst = append(dst, 0)
	}
	return dst, at
}

// appendImage appends value i as column k of an image whose null bitmap is at nulls.
func (v *Vec) appendImage(dst []byte, i, nulls, k int) []byte {
	if v.Nulls.Get(i) {
		dst[nulls+k>>3] |= 1 << (k & 7)
		return dst
	}
	switch {
	case v.Off != nil:
		x := v.Data[v.Off[i]:v.Off[i+1]]
		dst = binary.AppendUvarint(dst, uint64(len(x)))
		return append(dst, x...)
	case v.Floats != nil:
		return binary.LittleEndian.AppendUint64(dst, types.FloatBits(v.Floats[i]))
	}
	return binary.AppendVarint(dst, v.Ints[i])
}

// AppendRowImage appends the image of a row of datums, as AppendImage of a batch that holds it.
func AppendRowImage(dst []byte, ts []types.Type, row []types.Datum) []byte {
	dst, nulls := appendBitmap(dst, len(row))
	for k, d := range row {
		if d.IsNull() {
			dst[nulls+k>>3] |= 1 << (k & 7)
			continue
		}
		switch ts[k].Rep() {
		case types.RepInt:
			dst = binary.AppendVarint(dst, d.Int())
		case types.RepFloat:
			dst = binary.LittleEndian.AppendUint64(dst, types.FloatBits(d.Float()))
		default:
			dst = binary.AppendUvarint(dst, uint64(len(d.Bytes())))
			dst = append(dst, d.Bytes()...)
		}
	}
	return dst
}

// corrupt is the error for bytes that are no image.
func corrupt() error { return sqlerr.New(sqlerr.DataCorrupted, "row image is damaged") }

// AppendFromImage decodes an image made by AppendImage with cols nil and appends it as a row with weight w.
// It returns what follows the image. On an error the batch is as before.
func (b *Batch) AppendFromImage(img []byte, w Weight) (rest []byte, err error) {
	nulls, data, ok := splitImage(img, len(b.Cols))
	if !ok {
		return nil, corrupt()
	}
	for k, c := range b.Cols {
		if nulls[k>>3]>>(k&7)&1 != 0 {
			c.AppendNull()
			continue
		}
		if data, ok = c.appendFromImage(data); !ok {
			b.truncate(len(b.W))
			return nil, corrupt()
		}
	}
	b.W = append(b.W, w)
	return data, nil
}

// AppendFromImageOnly is AppendFromImage where the columns that are not set in cols become NULL, and so do those behind its end; nil: all are
// decoded.
func (b *Batch) AppendFromImageOnly(img []byte, cols []bool, w Weight) error {
	if cols == nil {
		_, err := b.AppendFromImage(img, w)
		return err
	}
	nulls, data, ok := splitImage(img, len(b.Cols))
	if !ok {
		return corrupt()
	}
	last := len(cols) - 1
	for last >= 0 && !cols[last] {
		last--
	}
	for k, c := range b.Cols {
		switch {
		case k > last || nulls[k>>3]>>(k&7)&1 != 0:
			c.AppendNull()
			continue
		case cols[k]:
			data, ok = c.appendFromImage(data)
		default:
			c.AppendNull()
			data, ok = c.skipImage(data)
		}
		if !ok {
			b.truncate(len(b.W))
			return corrupt()
		}
	}
	b.W = append(b.W, w)
	return nil
}

// skipImage passes one value that is not NULL.
func (v *Vec) skipImage(data []byte) (rest []byte, ok bool) {
	n, k := uint64(0), 0
	switch {
	case v.Off != nil:
		n, k = binary.Uvarint(data)
	case v.Floats != nil:
		n = 8
	default:
		for k < len(data) && data[k] >= 0x80 {
			k++
		}
		n = 1
	}
	if k < 0 || v.Off != nil && k == 0 || n > uint64(len(data)-k) {
		return nil, false
	}
	return data[k+int(n):], true
}

// SameIn tells whether two images of rows of types ts have the same values in the columns set in cols.
func SameIn(ts []types.Type, cols []bool, a, b []byte) bool {
	an, ad, ok1 := splitImage(a, len(ts))
	bn, bd, ok2 := splitImage(b, len(ts))
	if !ok1 || !ok2 {
		return false
	}
	for k, t := range ts {
		an, bn := an[k>>3]>>(k&7)&1, bn[k>>3]>>(k&7)&1
		la, lb := 0, 0
		if an == 0 {
			la = valueLen(t.Rep(), ad)
		}
		if bn == 0 {
			lb = valueLen(t.Rep(), bd)
		}
		if la < 0 || lb < 0 || k < len(cols) && cols[k] && (an != bn || !bytes.Equal(ad[:la], bd[:lb])) {
			return false
		}
		ad, bd = ad[la:], bd[lb:]
	}
	return true
}

func splitImage(img []byte, cols int) (nulls, data []byte, ok bool) {
	n := (cols + 7) >> 3
	if len(img) < n {
		return nil, nil, false
	}
	return img[:n], img[n:], true
}

// appendFromImage reads one value that is not NULL.
func (v *Vec) appendFromImage(data []byte) (rest []byte, ok bool) {
	switch {
	case v.Off != nil:
		n, k := binary.Uvarint(data)
		if k <= 0 || n > uint64(len(data)-k) {
			return nil, false
		}
		v.AppendBytes(data[k : k+int(n)])
		return data[k+int(n):], true
	case v.Floats != nil:
		if len(data) < 8 {
			return nil, false
		}
		v.AppendFloat(math.Float64frombits(binary.LittleEndian.Uint64(data)))
		return data[8:], true
	}
	x, k := binary.Varint(data)
	if k <= 0 {
		return nil, false
	}
	v.AppendInt(x)
	return data[k:], true
}

// truncate drops the values from row n on, of columns that may be of different length.
func (b *Batch) truncate(n int) {
	for _, c := range b.Cols {
		c.Truncate(n)
	}
	b.W = b.W[:n]
}

// ImageReader reads the columns of an image that are asked for, in any order, and skips the others. Its zero value is
// ready for Reset.
type ImageReader struct {
	ts    []types.Type
	nulls []byte
	data  []byte
	ends  []int32 // where columns 0..len-1 end in data
}

// Reset begins with the image at the front of img, of a row of types ts. Datums made from it alias img.
func (r *ImageReader) Reset(ts []types.Type, img []byte) error {
	nulls, data, ok := splitImage(img, len(ts))
	if !ok {
		return corrupt()
	}
	r.ts, r.nulls, r.data, r.ends = ts, nulls, data, r.ends[:0]
	return nil
}

// seek finds where column k lies.
func (r *ImageReader) seek(k int) (from, to int, err error) {
	for len(r.ends) <= k {
		i, at := len(r.ends), 0
		if i > 0 {
			at = int(r.ends[i-1])
		}
		if r.nulls[i>>3]>>(i&7)&1 == 0 {
			n := valueLen(r.ts[i].Rep(), r.data[at:])
			if n < 0 {
				return 0, 0, corrupt()
			}
			at += n
		}
		r.ends = append(r.ends, int32(at))
	}
	if k > 0 {
		from = int(r.ends[k-1])
	}
	return from, int(r.ends[k]), nil
}

// valueLen is how long the value at the front of data is, -1 if it is none.
func valueLen(rep types.Rep, data []byte) int {
	switch rep {
	case types.RepInt:
		for i, c := range data {
			if c < 0x80 {
				return i + 1
			}
			if i == binary.MaxVarintLen64-1 {
				break
			}
		}
		return -1
	case types.RepFloat:
		if len(data) < 8 {
			return -1
		}
		return 8
	}
	n, k := binary.Uvarint(data)
	if k <= 0 || n > uint64(len(data)-k) {
		return -1
	}
	return k + int(n)
}

// Datum is column k.
func (r *ImageReader) Datum(k int) (types.Datum, error) {
	from, to, err := r.seek(k)
	if err != nil || r.nulls[k>>3]>>(k&7)&1 != 0 {
		return types.Null, err
	}
	v := r.data[from:to]
	switch r.ts[k].Rep() {
	case types.RepInt:
		x, n := binary.Varint(v)
		if n <= 0 {
			return types.Null, corrupt()
		}
		return types.NewInt(x), nil
	case types.RepFloat:
		return types.NewFloat(math.Float64frombits(binary.LittleEndian.Uint64(v))), nil
	}
	_, n := binary.Uvarint(v)
	return types.NewBytes(v[n:len(v):len(v)]), nil
}

// AppendTo appends column k to a column of its type.
func (r *ImageReader) AppendTo(dst *Vec, k int) error {
	from, to, err := r.seek(k)
	if err != nil {
		return err
	}
	if r.nulls[k>>3]>>(k&7)&1 != 0 {
		dst.AppendNull()
		return nil
	}
	if _, ok := dst.appendFromImage(r.data[from:to]); !ok {
		return corrupt()
	}
	return nil
}

// Rest is what follows the image.
func (r *ImageReader) Rest() ([]byte, error) {
	if len(r.ts) == 0 {
		return r.data, nil
	}
	_, to, err := r.seek(len(r.ts) - 1)
	if err != nil {
		return nil, err
	}
	return r.data[to:], nil
}

// AppendFromImageCols is AppendFromImage of the columns cols only, of an image of a row of types ts.
func (b *Batch) AppendFromImageCols(r *ImageReader, ts []types.Type, img []byte, cols []int, w Weight) error {
	if err := r.Reset(ts, img); err != nil {
		return err
	}
	for i, k := range cols {
		if err := r.AppendTo(b.Cols[i], k); err != nil {
			b.truncate(len(b.W))
			return err
		}
	}
	b.W = append(b.W, w)
	return nil
}

// Patch replaces column Col of an image by column At of another one, of the same type.
type Patch struct {
	Col  int
	From *ImageReader
	At   int
}

// AppendPatched appends the image with columns replaced, in ascending order, to dst. No From: the column is NULL.
func (r *ImageReader) AppendPatched(dst []byte, patches []Patch) ([]byte, error) {
	nulls := len(dst)
	dst = append(dst, r.nulls...)
	done := 0
	for _, p := range patches {
		from, to, err := r.seek(p.Col)
		if err != nil {
			return dst, err
		}
		dst = append(dst, r.data[done:from]...)
		done = to
		bit := byte(1) << (p.Col & 7)
		dst[nulls+p.Col>>3] |= bit
		if p.From == nil || p.From.nulls[p.At>>3]>>(p.At&7)&1 != 0 {
			continue
		}
		dst[nulls+p.Col>>3] &^= bit
		if from, to, err = p.From.seek(p.At); err != nil {
			return dst, err
		}
		dst = append(dst, p.From.data[from:to]...)
	}
	_, end, err := r.seek(len(r.ts) - 1)
	if err != nil {
		return dst, err
	}
	return append(dst, r.data[done:end]...), nil
}
