package expr

import (
	"strings"
	"sync"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

// SRF is a set-returning function: for each input row any number of rows of Cols.
type SRF struct {
	Name string
	Args []types.Type
	Cols []SRFCol
	// Rows appends to out (a batch of Cols' types) the rows for non-null-checked args. Strict: any NULL gives no rows.
	Strict     bool
	Volatility types.Volatility
	Rows       func(ctx *Ctx, args []types.Datum, out *batch.Batch) error
}

// SRFCol is an output column of a set-returning function.
type SRFCol struct {
	Name string
	T    types.Type
}

// srfDef is an entry of the tables of set-returning functions: "name(types) type" for one that returns plain values,
// whose column is called like the function or col, or "name(types) record" with cols.
type srfDef struct {
	sig   string
	flags flags
	col   string
	cols  []SRFCol
	rows  srfRows
	bind  func(args []types.Type) srfRows // for polymorphic ones
}

type srfRows = func(ctx *Ctx, args []types.Datum, out *batch.Batch) error

func srfFamilies() []srfFamily {
	return []srfFamily{
		{"Series", seriesDefs()},
		{"Arrays", srfArrayDefs()},
		{"Text", srfTextDefs()},
		{"JSON", srfJSONDefs()},
	}
}

type srfFamily struct {
	name string
	defs []srfDef
}

// srfOverload is a definition with its signature read.
type srfOverload struct {
	def  *srfDef
	name string
	args []types.Type
	ret  types.Type
}

func (d *srfDef) overload() *srfOverload {
	o := &srfOverload{def: d}
	o.name, o.args, _, o.ret = parseSignature(d.sig)
	return o
}

func (d *srfDef) volatility() types.Volatility {
	switch {
	case d.flags&volatile != 0:
		return types.Volatile
	case d.flags&stable != 0:
		return types.Stable
	}
	return types.Immutable
}

var srfOverloads = sync.OnceValue(func() map[string][]*srfOverload {
	m := make(map[string][]*srfOverload)
	for _, fam := range srfFamilies() {
		for i := range fam.defs {
			o := fam.defs[i].overload()
			m[o.name] = append(m[o.name], o)
		}
	}
	return m
})

// LookupSRF is Lookup for set-returning functions; fn nil if name is not one's. Polymorphism is resolved in the result's Cols.
func LookupSRF(name string, args []types.Type) (fn *SRF, coerce []types.Type, err error) {
	all := srfOverloads()[name]
	if len(all) == 0 {
		return nil, nil, nil
	}
	var found []candidate
	for i, o := range all {
		if c, ok := expand(o.args, false, len(args)); ok {
			found = append(found, candidate{index: i, args: c})
		}
	}
	args = bases(args)
	c, err := choose(name, false, found, args)
	if err != nil {
		return nil, nil, err
	}
	o := all[c.index]
	p := polymorph{}
	if err := p.unify(c.args, args); err != nil {
		return nil, nil, err
	}
	concrete := make([]types.Type, len(c.args))
	for i, t := range c.args {
		concrete[i] = p.resolve(t)
	}
	fn = &SRF{Name: name, Args: concrete, Strict: o.def.flags&lenient == 0, Volatility: o.def.volatility(), Rows: o.def.rows}
	if o.def.bind != nil {
		fn.Rows = o.def.bind(concrete)
	}
	fn.Cols = o.columns(p)
	return fn, coercions(concrete, args), nil
}

// columns are the output columns with their polymorphism resolved.
func (o *srfOverload) columns(p polymorph) []SRFCol {
	if o.def.cols != nil {
		return o.def.cols
	}
	name := o.def.col
	if name == "" {
		name = o.name
	}
	return []SRFCol{{Name: name, T: p.resolve(o.ret)}}
}

func srfDocs() []Doc {
	var out []Doc
	for _, fam := range srfFamilies() {
		for i := range fam.defs {
			d := &fam.defs[i]
			o := d.overload()
			ret := "SETOF " + o.ret.String()
			if d.cols != nil {
				parts := make([]string, len(d.cols))
				for k, c := range d.cols {
					parts[k] = c.Name + " " + c.T.String()
				}
				ret = "TABLE(" + strings.Join(parts, ", ") + ")"
			}
			out = append(out, Doc{Family: fam.name, Name: o.name, Signature: Signature(o.name, o.args) + " " + ret,
				Volatility: d.volatility(), Kind: "set-returning function"})
		}
	}
	return out
}

// addRow appends one row of weight 1.
func addRow(out *batch.Batch, ds ...types.Datum) { out.AppendRow(ds, 1) }
