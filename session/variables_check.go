package session

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// The checks normalise a setting's value. Their errors carry only a hint; invalidValue words the rest.

// hint is why a value is refused, as PostgreSQL tells it beside its message.
type hint string

func (h hint) Error() string { return string(h) }

// errNoHint refuses a value without more to say.
const errNoHint = hint("")

func invalidValue(name, value string, err error) error {
	e := &sqlerr.Error{}
	if errors.As(err, &e) {
		return err
	}
	e = sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for parameter %q: %q", name, value)
	if hint := err.Error(); hint != "" {
		e.Hint = hint
	}
	return e
}

func oneOf(values ...string) func(string) (string, error) {
	return func(v string) (string, error) {
		for _, x := range values {
			if strings.EqualFold(v, x) {
				return x, nil
			}
		}
		return "", errors.New("Available values: " + strings.Join(values, ", ") + ".")
	}
}

func boolean(v string) (string, error) {
	switch strings.ToLower(v) {
	case "on", "true", "yes", "1", "t", "y":
		return "on", nil
	case "off", "false", "no", "0", "f", "n":
		return "off", nil
	}
	return "", errNoHint
}

func onlyOn(v string) (string, error) {
	b, err := boolean(v)
	if err == nil && b == "off" {
		return "", sqlerr.New(sqlerr.FeatureNotSupported, "standard_conforming_strings = off is not supported").
			WithHint("Write strings with backslash escapes as E'...'.")
	}
	return b, err
}

// utf8Only knows encodings as PostgreSQL does: by their letters and digits, so that 'utf-8' with its quotes, which asyncpg sends, is one.
func utf8Only(v string) (string, error) {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(v))
	switch name {
	case "utf8", "unicode", "sqlascii": // SQL_ASCII is no conversion; clients in locale C ask for it
		return "UTF8", nil
	case "latin1", "iso88591", "win1252":
		return "", sqlerr.New(sqlerr.FeatureNotSupported, "client encoding %q is not supported", v).
			WithHint("streamsql speaks UTF8 only.")
	}
	return "", errNoHint
}

func integer(lo, hi int) func(string) (string, error) {
	return func(v string) (string, error) {
		n, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil {
			return "", errNoHint
		}
		if n < lo || n > hi {
			return "", sqlerr.New(sqlerr.InvalidParameterValue, "%d is outside the valid range for the parameter (%d .. %d)", n, lo, hi)
		}
		return strconv.Itoa(n), nil
	}
}

// duration normalises to milliseconds.
func duration(v string) (string, error) {
	v = strings.TrimSpace(v)
	i := 0
	for i < len(v) && (v[i] >= '0' && v[i] <= '9' || v[i] == '-' || v[i] == '.') {
		i++
	}
	n, err := strconv.ParseFloat(v[:i], 64)
	if err != nil || n < 0 {
		return "", errNoHint
	}
	unit, ok := map[string]float64{"": 1, "us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}[strings.TrimSpace(v[i:])]
	if !ok || n*unit > 1<<31-1 {
		return "", hint(`Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".`)
	}
	return strconv.Itoa(int(n * unit)), nil
}

// timeZone is a zone's name, or the hours east of Greenwich, which make a zone without a name.
func timeZone(v string) (string, error) {
	if hours, err := strconv.ParseFloat(v, 64); err == nil {
		if hours < -167 || hours > 167 {
			return "", errNoHint
		}
		v = zoneOfHours(hours)
	}
	if _, err := types.LoadLocation(v); err != nil {
		return "", errNoHint
	}
	if strings.EqualFold(v, "utc") {
		return "UTC", nil
	}
	return v, nil
}

// zoneOfHours is the POSIX name of a fixed offset, as PostgreSQL spells it (pg_tzset_offset): "<-05>+05" for -5.
func zoneOfHours(hours float64) string {
	seconds := int(math.Abs(hours) * 3600)
	offset := fmt.Sprintf("%02d", seconds/3600)
	if rest := seconds % 3600; rest != 0 {
		offset += fmt.Sprintf(":%02d", rest/60)
		if rest%60 != 0 {
			offset += fmt.Sprintf(":%02d", rest%60)
		}
	}
	if hours < 0 {
		return "<-" + offset + ">+" + offset
	}
	return "<+" + offset + ">-" + offset
}

// dateStyle merges the given words into "FORMAT, ORDER".
func dateStyle(v string) (string, error) {
	format, order := "ISO", "MDY"
	for word := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ',' || r == ' ' }) {
		switch strings.ToLower(word) {
		case "iso", "sql", "postgres", "german":
			format = map[string]string{"iso": "ISO", "sql": "SQL", "postgres": "Postgres", "german": "German"}[strings.ToLower(word)]
		case "mdy", "us", "noneuro", "noneuropean":
			order = "MDY"
		case "dmy", "euro", "european":
			order = "DMY"
		case "ymd":
			order = "YMD"
		default:
			return "", errNoHint
		}
	}
	return format + ", " + order, nil
}

func isolationName(v string) (string, error) {
	l, err := parseIsolation(v)
	return l.String(), err
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}
