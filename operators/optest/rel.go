package optest

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

// Rel is a relation: rows with weights, and error rows. Rows with the same image are one.
type Rel struct {
	Types []types.Type
	Rows  []Row
	Errs  []batch.ErrRow
}

// Row is a row of a relation, or a change of it.
type Row struct {
	D []types.Datum
	W int64
}

// NewRel makes an empty relation.
func NewRel(ts []types.Type) *Rel { return &Rel{Types: ts} }

// Add adds a delta.
func (r *Rel) Add(b *batch.Batch) {
	r.append(b)
	r.consolidate()
}

// append is Add, but equal rows stay apart until consolidate.
func (r *Rel) append(b *batch.Batch) {
	for i, w := range b.W {
		row := make([]types.Datum, len(b.Cols))
		for k, v := range b.Cols {
			row[k] = clone(v.Datum(i))
		}
		r.Rows = append(r.Rows, Row{row, w})
	}
	for _, e := range b.Errs {
		r.Errs = append(r.Errs, cloneErr(e))
	}
}

func clone(d types.Datum) types.Datum {
	if d.Rep() == types.RepBytes {
		return types.NewBytes(append([]byte{}, d.Bytes()...))
	}
	return d
}

// cloneErr copies an error row.
func cloneErr(e batch.ErrRow) batch.ErrRow {
	e.Known, e.Cols = slices.Clone(e.Known), slices.Clone(e.Cols)
	for i, d := range e.Cols {
		e.Cols[i] = clone(d)
	}
	return e
}

func (r *Rel) consolidate() {
	at := map[string]int{}
	rows := r.Rows[:0:0]
	for _, row := range r.Rows {
		k := r.image(row.D)
		if i, ok := at[k]; ok {
			rows[i].W += row.W
			continue
		}
		at[k] = len(rows)
		rows = append(rows, row)
	}
	r.Rows = rows[:0]
	for _, row := range rows {
		if row.W != 0 {
			r.Rows = append(r.Rows, row)
		}
	}
	at = map[string]int{}
	errs := r.Errs[:0:0]
	for _, e := range r.Errs {
		k := r.errText(e)
		if i, ok := at[k]; ok {
			errs[i].W += e.W
			continue
		}
		at[k] = len(errs)
		errs = append(errs, e)
	}
	r.Errs = errs[:0]
	for _, e := range errs {
		if e.W != 0 {
			r.Errs = append(r.Errs, e)
		}
	}
}

// image is the identity of a row.
func (r *Rel) image(d []types.Datum) string { return string(batch.AppendRowImage(nil, r.Types, d)) }

// Batch is the relation as a delta.
func (r *Rel) Batch() *batch.Batch {
	b := batch.New(r.Types, len(r.Rows))
	for _, row := range r.Rows {
		b.AppendRow(row.D, row.W)
	}
	b.Errs = append(b.Errs, r.Errs...)
	return b
}

// String lists rows and errors, sorted, one a line.
func (r *Rel) String() string {
	var lines []string
	for _, row := range r.Rows {
		lines = append(lines, fmt.Sprintf("%+d %s", row.W, r.text(row.D)))
	}
	for _, e := range r.Errs {
		lines = append(lines, fmt.Sprintf("%+d %s", e.W, r.errText(e)))
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

func (r *Rel) text(d []types.Datum) string {
	s := make([]string, len(d))
	for i, v := range d {
		s[i] = datumText(r.Types[i], v)
	}
	return "(" + strings.Join(s, ", ") + ")"
}

func datumText(t types.Type, d types.Datum) string {
	if d.IsNull() {
		return "NULL"
	}
	return string(types.AppendText(nil, types.DefaultConfig(), t, d))
}

// errText is an error's code and what is known of its row.
func (r *Rel) errText(e batch.ErrRow) string {
	s := make([]string, len(r.Types))
	for i := range s {
		s[i] = "?"
		if i < len(e.Known) && e.Known[i] {
			s[i] = datumText(r.Types[i], e.Cols[i])
		}
	}
	return "error " + string(e.Err.Code) + " at (" + strings.Join(s, ", ") + ")"
}

// Diff describes how got differs from want; "" if it does not.
func Diff(got, want *Rel) string {
	g, w := got.String(), want.String()
	if g == w {
		return ""
	}
	return "got:\n" + g + "\nwant:\n" + w
}
