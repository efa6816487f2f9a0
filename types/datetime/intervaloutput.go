package datetime

import "strconv"

// parts is an interval as it is printed; all of one group have the same sign.
type parts struct {
	year, month, day, hour, minute, second, micro int64
}

func (v Interval) parts() parts {
	p := parts{year: int64(v.Months / monthsPerYear), month: int64(v.Months % monthsPerYear), day: int64(v.Days)}
	t := v.Micros
	p.hour, t = t/Hour, t%Hour
	p.minute, t = t/Minute, t%Minute
	p.second, p.micro = t/Second, t%Second
	return p
}

func (p *parts) timeNegative() bool { return p.hour < 0 || p.minute < 0 || p.second < 0 || p.micro < 0 }
func (p *parts) hasTime() bool {
	return p.hour != 0 || p.minute != 0 || p.second != 0 || p.micro != 0
}

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// appendTwo appends |v| with at least two digits.
func appendTwo(dst []byte, v int64) []byte {
	v = abs(v)
	if v < 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, v, 10)
}

// appendSeconds appends |seconds| with its fraction, in at least two digits if padded.
func (p *parts) appendSeconds(dst []byte, padded bool) []byte {
	if padded {
		dst = appendTwo(dst, p.second)
	} else {
		dst = strconv.AppendInt(dst, abs(p.second), 10)
	}
	return appendFraction(dst, int(abs(p.micro)))
}

// AppendText appends the interval in an output style: postgres, postgres_verbose, sql_standard, iso_8601.
func (v Interval) AppendText(dst []byte, style string) []byte {
	p := v.parts()
	switch style {
	case "sql_standard":
		return p.appendSQL(dst)
	case "iso_8601":
		return p.appendISO(dst)
	case "postgres_verbose":
		return p.appendVerbose(dst)
	}
	return p.appendPostgres(dst)
}

// appendPostgres writes "1 year 2 mons -3 days +04:05:06": a plus follows a negative field.
func (p *parts) appendPostgres(dst []byte) []byte {
	empty, before := true, false
	for _, f := range [...]struct {
		v    int64
		unit string
	}{{p.year, " year"}, {p.month, " mon"}, {p.day, " day"}} {
		if f.v == 0 {
			continue
		}
		if !empty {
			dst = append(dst, ' ')
		}
		if before && f.v > 0 {
			dst = append(dst, '+')
		}
		dst = append(strconv.AppendInt(dst, f.v, 10), f.unit...)
		if f.v != 1 {
			dst = append(dst, 's')
		}
		empty, before = false, f.v < 0
	}
	if !empty && !p.hasTime() {
		return dst
	}
	if !empty {
		dst = append(dst, ' ')
	}
	if p.timeNegative() {
		dst = append(dst, '-')
	} else if before {
		dst = append(dst, '+')
	}
	dst = append(appendTwo(dst, p.hour), ':')
	dst = append(appendTwo(dst, p.minute), ':')
	return p.appendSeconds(dst, true)
}

// appendVerbose writes "@ 1 year 2 mons ago": the first field's sign is said at the end.
func (p *parts) appendVerbose(dst []byte) []byte {
	dst = append(dst, '@')
	empty, before := true, false
	for _, f := range [...]struct {
		v    int64
		unit string
	}{{p.year, " year"}, {p.month, " mon"}, {p.day, " day"}, {p.hour, " hour"}, {p.minute, " min"}} {
		v := f.v
		if v == 0 {
			continue
		}
		if empty {
			before = v < 0
			v = abs(v)
		} else if before {
			v = -v
		}
		dst = append(strconv.AppendInt(append(dst, ' '), v, 10), f.unit...)
		if v != 1 {
			dst = append(dst, 's')
		}
		empty = false
	}
	if p.second != 0 || p.micro != 0 {
		dst = append(dst, ' ')
		if p.second < 0 || p.second == 0 && p.micro < 0 {
			if empty {
				before = true
			} else if !before {
				dst = append(dst, '-')
			}
		} else if before {
			dst = append(dst, '-')
		}
		dst = append(p.appendSeconds(dst, false), " sec"...)
		if abs(p.second) != 1 || p.micro != 0 {
			dst = append(dst, 's')
		}
		empty = false
	}
	if empty {
		dst = append(dst, " 0"...)
	}
	if before {
		dst = append(dst, " ago"...)
	}
	return dst
}

func (p *parts) appendISO(dst []byte) []byte {
	if *p == (parts{}) {
		return append(dst, "PT0S"...)
	}
	put := func(v int64, unit byte) {
		if v != 0 {
			dst = append(strconv.AppendInt(dst, v, 10), unit)
		}
	}
	dst = append(dst, 'P')
	put(p.year, 'Y')
	put(p.month, 'M')
	put(p.day, 'D')
	if p.hasTime() {
		dst = append(dst, 'T')
	}
	put(p.hour, 'H')
	put(p.minute, 'M')
	if p.second != 0 || p.micro != 0 {
		if p.second < 0 || p.micro < 0 {
			dst = append(dst, '-')
		}
		dst = append(p.appendSeconds(dst, false), 'S')
	}
	return dst
}

// appendSQL writes years-months or days and time as the standard has them; where signs or groups mix, all with signs.
func (p *parts) appendSQL(dst []byte) []byte {
	all := [...]*int64{&p.year, &p.month, &p.day, &p.hour, &p.minute, &p.second, &p.micro}
	negative, positive := false, false
	for _, f := range all {
		negative, positive = negative || *f < 0, positive || *f > 0
	}
	yearMonth := p.year != 0 || p.month != 0
	standard := !(negative && positive) && !(yearMonth && (p.day != 0 || p.hasTime()))
	if negative && standard {
		dst = append(dst, '-')
		for _, f := range all {
			*f = -*f
		}
	}
	sign := func(minus bool) {
		if minus {
			dst = append(dst, '-')
		} else {
			dst = append(dst, '+')
		}
	}
	num := func(v int64, sep byte) { dst = append(strconv.AppendInt(dst, abs(v), 10), sep) }
	switch {
	case !negative && !positive:
		return append(dst, '0')
	case !standard:
		sign(p.year < 0 || p.month < 0)
		num(p.year, '-')
		num(p.month, ' ')
		sign(p.day < 0)
		num(p.day, ' ')
		sign(p.timeNegative())
	case yearMonth:
		num(p.year, '-')
		return strconv.AppendInt(dst, p.month, 10)
	case p.day != 0:
		num(p.day, ' ')
	}
	num(p.hour, ':')
	dst = append(appendTwo(dst, p.minute), ':')
	return p.appendSeconds(dst, true)
}
