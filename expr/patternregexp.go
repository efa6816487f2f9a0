package expr

import (
	"strconv"
	"unicode/utf8"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func itoa(n int) string { return strconv.Itoa(n) }

func writeHexRange(b interface{ WriteString(string) (int, error) }, lo, hi rune) {
	b.WriteString(`\x{` + strconv.FormatInt(int64(lo), 16) + `}`)
	if hi > lo {
		b.WriteString(`-\x{` + strconv.FormatInt(int64(hi), 16) + `}`)
	}
}

// regexpFlags reads the flags argument of the regexp functions; fn refuses g, unless it is "".
func regexpFlags(flags, fn string) (reOptions, error) {
	var o reOptions
	for i := 0; i < len(flags); i++ {
		switch c := flags[i]; {
		case c == 'g':
			o.global = true
		case c == 'b':
			return o, sqlerr.New(sqlerr.FeatureNotSupported, "basic regular expressions are not supported")
		case !o.set(c):
			_, n := utf8.DecodeRuneInString(flags[i:])
			return o, sqlerr.New(sqlerr.InvalidParameterValue, `invalid regular expression option: "%s"`, flags[i:i+n])
		}
	}
	if o.global && fn != "" {
		return o, noGlobal(fn)
	}
	return o, nil
}

func noGlobal(fn string) *sqlerr.Error {
	e := sqlerr.New(sqlerr.InvalidParameterValue, `%s does not support the "global" option`, fn)
	if fn == "regexp_match()" {
		return e.WithHint("Use the regexp_matches function instead.")
	}
	return e
}

// regexpSplit is regexp_split_to_table: what stands between the matches.
func regexpSplit(ctx *Ctx, s, pattern, flags string) ([]string, error) {
	return splitByRegexp(ctx, s, pattern, flags, "regexp_split_to_table()")
}

// splitByRegexp skips empty matches at the ends and right behind a match.
func splitByRegexp(c *Ctx, s, pattern, flags, fn string) ([]string, error) {
	o, err := regexpFlags(flags, fn)
	if err != nil {
		return nil, err
	}
	re, err := compileRegexp(c, []byte(pattern), o)
	if err != nil {
		return nil, err
	}
	var out []string
	b := []byte(s)
	last, prev := 0, 0
	var limits [2]int
	for m := re.find(b, 0, limits[:]); m != nil; m = re.find(b, nextSearch(b, m), limits[:]) {
		if m[0] < len(b) && m[1] > prev {
			out = append(out, s[last:m[0]])
			last = m[1]
		}
		prev = m[1]
	}
	return append(out, s[last:]), nil
}

// regexpMatches is regexp_matches: an array of the captures (or of the match, if there are none) for the first match, with flag g for each.
func regexpMatches(ctx *Ctx, s, pattern, flags string) ([]types.Datum, error) {
	o, err := regexpFlags(flags, "")
	if err != nil {
		return nil, err
	}
	re, err := compileRegexp(ctx, []byte(pattern), o)
	if err != nil {
		return nil, err
	}
	var out []types.Datum
	b := []byte(s)
	limits := make([]int, 2*re.captures+2)
	for m := re.find(b, 0, limits); m != nil; m = re.find(b, nextSearch(b, m), limits) {
		out = append(out, captured(b, m))
		if !o.global {
			break
		}
	}
	return out, nil
}

// captured is a match as an array.
func captured(s []byte, m []int) types.Datum {
	if len(m) > 2 {
		m = m[2:]
	}
	elems := make([]types.Datum, len(m)/2)
	for i := range elems {
		if m[2*i] >= 0 {
			elems[i] = types.NewBytes(s[m[2*i]:m[2*i+1]])
		}
	}
	return types.MakeArray(types.Of(types.Text), elems)
}

func regexpDefs() []def {
	var out []def
	for _, op := range []struct {
		name      string
		fold, not bool
	}{{"~", false, false}, {"!~", false, true}, {"~*", true, false}, {"!~*", true, true}} {
		for _, args := range []string{"text,text", "bpchar,text", "name,text"} {
			o := reOptions{fold: op.fold}
			out = append(out, def{sig: op.name + "(" + args + ") bool", flags: canFail, row: regexpRow(o, op.not), vec: regexpVec(o, op.not)})
		}
	}
	out = append(out, def{sig: "substring(text,text) text", flags: canFail, row: regexpSubstring, vec: regexpSubstringVec})
	// Optional arguments make an overload each; the row functions see how many there are.
	for _, f := range []struct {
		name, ret string
		args      []string
		row       rowFunc
	}{
		{"substring", "text", []string{"text,text,text"}, similarSubstring},
		{"regexp_match", "text[]", []string{"text,text", "text,text,text"}, regexpMatch},
		{"regexp_like", "bool", []string{"text,text", "text,text,text"}, regexpLike},
		{"regexp_split_to_array", "text[]", []string{"text,text", "text,text,text"}, regexpSplitToArray},
		{"regexp_count", "int4", []string{"text,text", "text,text,int4", "text,text,int4,text"}, regexpCount},
		{"regexp_instr", "int4", []string{"text,text", "text,text,int4", "text,text,int4,int4", "text,text,int4,int4,int4",
			"text,text,int4,int4,int4,text", "text,text,int4,int4,int4,text,int4"}, regexpInstr},
		{"regexp_substr", "text", []string{"text,text", "text,text,int4", "text,text,int4,int4", "text,text,int4,int4,text",
			"text,text,int4,int4,text,int4"}, regexpSubstr},
		{"regexp_replace", "text", []string{"text,text,text"}, regexpReplace},
		{"regexp_replace", "text", []string{"text,text,text,text"}, regexpReplaceFlags},
		{"regexp_replace", "text", []string{"text,text,text,int4", "text,text,text,int4,int4", "text,text,text,int4,int4,text"}, regexpReplaceNth},
	} {
		for _, args := range f.args {
			out = append(out, def{sig: f.name + "(" + args + ") " + f.ret, flags: canFail, row: f.row})
		}
	}
	return out
}

func regexpRow(o reOptions, not bool) rowFunc {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		re, err := compileRegexp(c, a[1].Bytes(), o)
		if err != nil {
			return types.Null, err
		}
		return types.NewBool(re.matches(a[0].Bytes()) != not), nil
	}
}

func regexpVec(o reOptions, not bool) vecFunc {
	return func(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
		eachRegexp(c, o, args, sel, out, func(i int, re *posixRegexp, s []byte) { out.Ints[i] = b2i(re.matches(s) != not) })
	}
}

// eachRegexp calls f for rows with a text, the first argument, and the compiled second one.
func eachRegexp(c *Ctx, o reOptions, args []*batch.Vec, sel []int32, out *batch.Vec, f func(i int, re *posixRegexp, s []byte)) {
	s, p := args[0], args[1]
	var re *posixRegexp
	var err error
	if p.N == 1 {
		re, err = compileRegexp(c, p.Bytes(0), o)
	}
	for _, i := range c.rows(sel, out.N) {
		if out.IsNull(int(i)) {
			continue
		}
		if p.N != 1 {
			re, err = compileRegexp(c, p.Bytes(int(i)), o)
		}
		if err != nil {
			c.Fail(int(i), err)
			continue
		}
		f(int(i), re, s.Bytes(slot(s, i)))
	}
}

// regexpCall is a call of a function whose trailing arguments are optional.
type regexpCall struct {
	re   *posixRegexp
	s    []byte
	from int // where to start
}

// openRegexp compiles pattern a[1] with the flags at place flags, if they are there; fn refuses g.
func openRegexp(c *Ctx, a []types.Datum, flags int, fn string) (*regexpCall, error) {
	text := ""
	if len(a) > flags {
		text = a[flags].String()
	}
	o, err := regexpFlags(text, fn)
	if err != nil {
		return nil, err
	}
	re, err := compileRegexp(c, a[1].Bytes(), o)
	return &regexpCall{re: re, s: a[0].Bytes()}, err
}

// intArg is argument i, or what it is by default; 22023 below least or above most.
func intArg(a []types.Datum, i int, name string, def, least, most int64) (int64, error) {
	if len(a) <= i {
		return def, nil
	}
	v := a[i].Int()
	if v < least || v > most {
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, `invalid value for parameter "%s": %d`, name, v)
	}
	return v, nil
}

const anyInt = 1<<31 - 1

// start sets where to start from a character's number; beyond the end there are no matches.
func (r *regexpCall) start(n int64) {
	if r.from = charOffset(r.s, n-1); n > charsLen(r.s)+1 {
		r.from = len(r.s) + 1
	}
}

// nth is the n-th match; nil if there are fewer.
func (r *regexpCall) nth(n int64, m []int) []int {
	m = r.re.find(r.s, r.from, m)
	for ; m != nil && n > 1; n-- {
		m = r.re.find(r.s, nextSearch(r.s, m), m)
	}
	return m
}

func regexpMatch(c *Ctx, a []types.Datum) (types.Datum, error) {
	r, err := openRegexp(c, a, 2, "regexp_match()")
	if err != nil {
		return types.Null, err
	}
	m := r.nth(1, make([]int, 2*r.re.captures+2))
	if m == nil {
		return types.Null, nil
	}
	return captured(r.s, m), nil
}

func regexpLike(c *Ctx, a []types.Datum) (types.Datum, error) {
	r, err := openRegexp(c, a, 2, "regexp_like()")
	if err != nil {
		return types.Null, err
	}
	return types.NewBool(r.re.matches(r.s)), nil
}

func regexpSplitToArray(c *Ctx, a []types.Datum) (types.Datum, error) {
	flags := ""
	if len(a) > 2 {
		flags = a[2].String()
	}
	parts, err := splitByRegexp(c, a[0].String(), a[1].String(), flags, "regexp_split_to_array()")
	if err != nil {
		return types.Null, err
	}
	elems := make([]types.Datum, len(parts))
	for i, p := range parts {
		elems[i] = types.NewString(p)
	}
	return types.MakeArray(types.Of(types.Text), elems), nil
}

func regexpCount(c *Ctx, a []types.Datum) (types.Datum, error) {
	start, err := intArg(a, 2, "start", 1, 1, anyInt)
	if err != nil {
		return types.Null, err
	}
	r, err := openRegexp(c, a, 3, "regexp_count()")
	if err != nil {
		return types.Null, err
	}
	r.start(start)
	n := int64(0)
	var limits [2]int
	for m := r.nth(1, limits[:]); m != nil; m = r.re.find(r.s, nextSearch(r.s, m), m) {
		n++
	}
	return types.NewInt(n), nil
}

// part is the n-th match's limits, or those of one of its captures; false if there is none.
func (r *regexpCall) part(n, capture int64) (from, to int, ok bool) {
	if capture > int64(r.re.captures) {
		return 0, 0, false
	}
	size := 2
	if capture > 0 {
		size = 2*r.re.captures + 2
	}
	m := r.nth(n, make([]int, size))
	if m == nil || m[2*capture] < 0 {
		return 0, 0, false
	}
	return m[2*capture], m[2*capture+1], true
}

func regexpInstr(c *Ctx, a []types.Datum) (types.Datum, error) {
	start, err := intArg(a, 2, "start", 1, 1, anyInt)
	if err != nil {
		return types.Null, err
	}
	n, err := intArg(a, 3, "n", 1, 1, anyInt)
	if err != nil {
		return types.Null, err
	}
	end, err := intArg(a, 4, "endoption", 0, 0, 1)
	if err != nil {
		return types.Null, err
	}
	capture, err := intArg(a, 6, "subexpr", 0, 0, anyInt)
	if err != nil {
		return types.Null, err
	}
	r, err := openRegexp(c, a, 5, "regexp_instr()")
	if err != nil {
		return types.Null, err
	}
	r.start(start)
	from, to, ok := r.part(n, capture)
	if !ok {
		return types.NewInt(0), nil
	}
	if end == 1 {
		from = to
	}
	return types.NewInt(charsLen(r.s[:from]) + 1), nil
}

func regexpSubstr(c *Ctx, a []types.Datum) (types.Datum, error) {
	start, err := intArg(a, 2, "start", 1, 1, anyInt)
	if err != nil {
		return types.Null, err
	}
	n, err := intArg(a, 3, "n", 1, 1, anyInt)
	if err != nil {
		return types.Null, err
	}
	capture, err := intArg(a, 5, "subexpr", 0, 0, anyInt)
	if err != nil {
		return types.Null, err
	}
	r, err := openRegexp(c, a, 4, "regexp_substr()")
	if err != nil {
		return types.Null, err
	}
	r.start(start)
	from, to, ok := r.part(n, capture)
	if !ok {
		return types.Null, nil
	}
	return types.NewBytes(r.s[from:to]), nil
}

func regexpReplace(c *Ctx, a []types.Datum) (types.Datum, error) {
	r, err := openRegexp(c, a, 3, "")
	if err != nil {
		return types.Null, err
	}
	return r.replace(a[2].Bytes(), 1), nil
}

func regexpReplaceFlags(c *Ctx, a []types.Datum) (types.Datum, error) {
	if f := a[3].Bytes(); len(f) > 0 && isDigit(f[0]) {
		return types.Null, sqlerr.New(sqlerr.InvalidParameterValue, `invalid regular expression option: "%s"`, f[:1]).
			WithHint("If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.")
	}
	r, err := openRegexp(c, a, 3, "")
	if err != nil {
		return types.Null, err
	}
	return r.replace(a[2].Bytes(), 1-b2i(r.re.global)), nil
}

func regexpReplaceNth(c *Ctx, a []types.Datum) (types.Datum, error) {
	start, err := intArg(a, 3, "start", 1, 1, anyInt)
	if err != nil {
		return types.Null, err
	}
	n, err := intArg(a, 4, "n", 1, 0, anyInt)
	if err != nil {
		return types.Null, err
	}
	r, err := openRegexp(c, a, 5, "")
	if err != nil {
		return types.Null, err
	}
	if len(a) == 4 && r.re.global {
		n = 0
	}
	r.start(start)
	return r.replace(a[2].Bytes(), n), nil
}

// replace replaces the n-th match, for 0 every one, by a text in which \1 to \9 are captures, \& the match, \\ a backslash.
func (r *regexpCall) replace(with []byte, n int64) types.Datum {
	m := make([]int, 2*r.re.captures+2)
	out := make([]byte, 0, len(r.s)+len(with))
	copied := 0
	if n > 0 {
		if m = r.nth(n, m); m == nil {
			return types.NewBytes(r.s)
		}
		out = append(out, r.s[:m[0]]...)
		out = r.appendReplacement(out, with, m)
		return types.NewBytes(append(out, r.s[m[1]:]...))
	}
	for m = r.re.find(r.s, r.from, m); m != nil; m = r.re.find(r.s, nextSearch(r.s, m), m) {
		out = append(out, r.s[copied:m[0]]...)
		out = r.appendReplacement(out, with, m)
		copied = m[1]
		mustFit(len(out))
	}
	return types.NewBytes(append(out, r.s[copied:]...))
}

func (r *regexpCall) appendReplacement(dst, with []byte, m []int) []byte {
	for i := 0; i < len(with); i++ {
		if with[i] != '\\' || i+1 == len(with) {
			dst = append(dst, with[i])
			continue
		}
		part := -1
		switch c := with[i+1]; {
		case c >= '1' && c <= '9':
			part = int(c - '0')
		case c == '&':
			part = 0
		case c == '\\':
			dst = append(dst, '\\')
			i++
			continue
		default:
			dst = append(dst, '\\')
			continue
		}
		i++
		if 2*part < len(m) && m[2*part] >= 0 {
			dst = append(dst, r.s[m[2*part]:m[2*part+1]]...)
			mustFit(len(dst))
		}
	}
	return dst
}
