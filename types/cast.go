package types

// CastContext is where a cast may be applied without being written.
type CastContext uint8

const (
	Explicit   CastContext = iota // CAST and :: only
	Assignment                    // also when storing into a column
	Implicit                      // anywhere
)

// Volatility says how far a function's or cast's result depends on more than its arguments.
type Volatility uint8

const (
	Immutable Volatility = iota
	Stable               // on settings (TimeZone, DateStyle); the same within a statement
	Volatile
)

func (v Volatility) String() string { return [...]string{"immutable", "stable", "volatile"}[v] }

// Cast is a conversion between two types, modifiers aside.
type Cast struct {
	From, To   Type
	Context    CastContext
	Volatility Volatility
	// CanFail tells whether some non-null value has no image: such a cast is not moved below its guards.
	CanFail bool
	// Identity tells that Eval returns its argument: only the type changes.
	Identity bool
	// Eval converts a non-null value. explicit matters for char(n)/varchar(n) truncation and the like. The result may be
	// NULL (an infinite timestamp as time).
	Eval func(cfg *Config, d Datum, explicit bool) (Datum, error)
}

// FindCast is PostgreSQL's pg_cast (and the I/O conversion casts): nil if there is none from from to to. Array casts
// go by their elements. from Unknown: the literal's text is parsed as to. Equal types have the identity. The caller
// applies to's modifier with ApplyMod afterwards.
func FindCast(from, to Type) *Cast {
	mod := to.Mod
	from, to = from.Base(), to.Base()
	switch {
	case pseudo(from) || pseudo(to) || to.Is(Unknown) && !from.Is(Unknown):
		return nil
	case from == to:
		return identity(from, to, Implicit)
	case from.Is(Unknown):
		return parseCast(from, to, mod)
	case from.Array && to.Array:
		return arrayCast(from, to)
	}
	if !from.Array && !to.Array {
		if c := tableCast(from, to); c != nil {
			return c
		}
	}
	switch {
	case to.Category() == 'S':
		return &Cast{From: from, To: to, Context: Assignment, Volatility: outputVolatility(from), Eval: evalOutput(from, to)}
	case from.Category() == 'S':
		c := parseCast(from, to, -1)
		c.Context = Explicit
		return c
	}
	return nil
}

func pseudo(t Type) bool { return t.Kind >= Void && t.Kind != Record }

func evalIdentity(_ *Config, d Datum, _ bool) (Datum, error) { return d, nil }

func identity(from, to Type, ctx CastContext) *Cast {
	return &Cast{From: from, To: to, Context: ctx, Identity: true, Eval: evalIdentity}
}

// parseCast reads text by to's input function. Of the modifiers only an interval's matters to reading: its fields say
// what a bare number means.
func parseCast(from, to Type, mod int32) *Cast {
	t := to
	if to.Is(Interval) {
		t.Mod = mod
	}
	return &Cast{From: from, To: to, Context: Implicit, Volatility: inputVolatility(to), CanFail: !textual(to),
		Eval: func(cfg *Config, d Datum, _ bool) (Datum, error) {
			return ParseText(cfg, t, string(d.b))
		}}
}

func textual(t Type) bool {
	return t.Is(Text) || t.Is(Varchar) || t.Is(BPChar) || t.Is(Name) || t.Is(Unknown)
}

// evalOutput writes a value by its output function as a text type.
func evalOutput(from, to Type) func(*Config, Datum, bool) (Datum, error) {
	return func(cfg *Config, d Datum, _ bool) (Datum, error) {
		b := AppendText(nil, cfg, from, d)
		if to.Is(Name) {
			return NewString(truncateName(string(b))), nil
		}
		return NewBytes(b), nil
	}
}

// inputVolatility and outputVolatility are those of the types' input and output functions, as pg_proc has them.
func inputVolatility(t Type) Volatility {
	switch t.Kind {
	case Date, Time, Timestamp, Timestamptz, Interval, Record, Regclass, Regtype, Regproc, Regnamespace, Regrole:
		return Stable
	}
	return Immutable
}

func outputVolatility(t Type) Volatility {
	if t.Kind == Time {
		return Immutable
	}
	return inputVolatility(t)
}

// arrayCast converts element by element.
func arrayCast(from, to Type) *Cast {
	ec := FindCast(from.Elem(), to.Elem())
	if ec == nil {
		return nil
	}
	c := *ec
	c.From, c.To = from, to
	if ec.Identity {
		return &c
	}
	c.Eval = func(cfg *Config, d Datum, explicit bool) (Datum, error) {
		return MapArray(from.Elem(), to.Elem(), d, func(e Datum) (Datum, error) { return ec.Eval(cfg, e, explicit) })
	}
	return &c
}

// MapArray applies f to the non-null elements of an array of from and makes an array of to of the results.
func MapArray(from, to Type, d Datum, f func(Datum) (Datum, error)) (Datum, error) {
	a := DecodeArray(from, d)
	a.Elem = to
	for i, e := range a.Elems {
		if e.rep == 0 {
			continue
		}
		var err error
		if a.Elems[i], err = f(e); err != nil {
			return Null, err
		}
	}
	return NewArray(a), nil
}
