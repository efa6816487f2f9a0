package datetime

// The fast path of input: what the output functions write in the ISO style, which is what programs send.

// isoDigits reads n digits at s[i:].
func isoDigits(s string, i, n int) (int, bool) {
	if i+n > len(s) {
		return 0, false
	}
	v := 0
	for _, c := range []byte(s[i : i+n]) {
		if c-'0' > 9 {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}

// isoDate reads YYYY-MM-DD at the start of s.
func isoDate(s string) (f Fields, ok bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return f, false
	}
	var a, b, c bool
	f.Year, a = isoDigits(s, 0, 4)
	f.Month, b = isoDigits(s, 5, 2)
	f.Day, c = isoDigits(s, 8, 2)
	ok = a && b && c && f.Year > 0 && f.Month >= 1 && f.Month <= 12 && f.Day >= 1 && f.Day <= DaysIn(f.Year, f.Month)
	return f, ok
}

// isoClock reads HH:MM:SS[.ffffff] at s[i:] and gives where it ends.
func isoClock(s string, i int, f *Fields) (end int, ok bool) {
	if i+8 > len(s) || s[i+2] != ':' || s[i+5] != ':' {
		return 0, false
	}
	var a, b, c bool
	f.Hour, a = isoDigits(s, i, 2)
	f.Minute, b = isoDigits(s, i+3, 2)
	f.Second, c = isoDigits(s, i+6, 2)
	if !a || !b || !c || f.Hour > 23 || f.Minute > 59 || f.Second > 59 {
		return 0, false
	}
	i += 8
	if i < len(s) && s[i] == '.' {
		i++
		start := i
		for unit := 100000; i < len(s) && s[i]-'0' <= 9; unit /= 10 {
			f.Micro += int(s[i]-'0') * unit
			i++
		}
		if n := i - start; n == 0 || n > 6 {
			return 0, false
		}
	}
	return i, true
}

// isoOffset reads +HH[:MM] or Z at s[i:] up to the end of s.
func isoOffset(s string, i int) (seconds int, ok bool) {
	if s[i:] == "Z" {
		return 0, true
	}
	if s[i] != '+' && s[i] != '-' {
		return 0, false
	}
	h, ok := isoDigits(s, i+1, 2)
	if !ok || h > 15 {
		return 0, false
	}
	seconds = h * 3600
	switch len(s) - i {
	case 3:
	case 6:
		m, ok := isoDigits(s, i+4, 2)
		if !ok || s[i+3] != ':' || m > 59 {
			return 0, false
		}
		seconds += m * 60
	default:
		return 0, false
	}
	if s[i] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// isoTimestamp reads a date with an optional time and an optional offset.
func isoTimestamp(s string) (us int64, offset int, zoned, ok bool) {
	f, ok := isoDate(s)
	if !ok {
		return 0, 0, false, false
	}
	if len(s) > 10 {
		if s[10] != ' ' && s[10] != 'T' {
			return 0, 0, false, false
		}
		end, ok := isoClock(s, 11, &f)
		if !ok {
			return 0, 0, false, false
		}
		if end < len(s) {
			if offset, ok = isoOffset(s, end); !ok {
				return 0, 0, false, false
			}
			zoned = true
		}
	}
	us, ok = Join(f)
	return us, offset, zoned, ok
}
