package datetime

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/streamsql/streamsql/sqlerr"
)

// The names of the zones of the tz database, one a line, to find them whatever their case.
//
//go:embed zonenames.txt
var zoneNamesText string

// The abbreviations that input knows: PostgreSQL's set "Default". A line is an abbreviation, an offset in seconds or
// the name of the zone that defines it, and D for daylight saving time.
//
//go:embed zoneabbrevs.txt
var zoneAbbrevsText string

type abbreviation struct {
	offset int
	dst    bool
	zone   string // not empty: the offset depends on the time
}

var zoneNames = sync.OnceValue(func() map[string]string {
	m := make(map[string]string)
	for name := range strings.FieldsSeq(zoneNamesText) {
		m[strings.ToLower(name)] = name
	}
	return m
})

var zoneAbbrevs = sync.OnceValue(func() map[string]abbreviation {
	m := make(map[string]abbreviation)
	for line := range strings.Lines(zoneAbbrevsText) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		a := abbreviation{dst: len(f) > 2}
		var err error
		if a.offset, err = strconv.Atoi(f[1]); err != nil {
			a.zone = f[1]
		}
		m[strings.ToLower(f[0])] = a
	}
	return m
})

// loaded caches zones by their lower-case names: parsing one costs microseconds and its content never changes.
var loaded sync.Map

// LoadLocation finds a zone by its name in the tz database, in any case, or by a POSIX specification without daylight
// saving time ("UTC+3" is three hours west of Greenwich). Abbreviations are for FindZone.
func LoadLocation(name string) (*time.Location, error) {
	lower := strings.ToLower(name)
	if lower == "utc" {
		return time.UTC, nil
	}
	if l, ok := loaded.Load(lower); ok {
		return l.(*time.Location), nil
	}
	if full, ok := zoneNames()[lower]; ok {
		l, err := time.LoadLocation(full)
		if err == nil {
			loaded.Store(lower, l)
			return l, nil
		}
	}
	if l, ok := posixZone(name); ok {
		return l, nil
	}
	return nil, sqlerr.New(sqlerr.InvalidParameterValue, `time zone "%s" not recognized`, name)
}

// posixZone reads NAME or <NAME>, which may be empty, and an offset hh[:mm[:ss]] that is positive west of Greenwich.
func posixZone(s string) (*time.Location, bool) {
	var name, rest string
	if strings.HasPrefix(s, "<") {
		end := strings.IndexByte(s, '>')
		if end < 0 {
			return nil, false
		}
		name, rest = s[1:end], s[end+1:]
	} else {
		i := strings.IndexAny(s, "+-,0123456789")
		if i < 0 {
			return nil, false
		}
		name, rest = s[:i], s[i:]
	}
	if rest == "" {
		return nil, false
	}
	sign := -1
	if rest[0] == '+' || rest[0] == '-' {
		if rest[0] == '-' {
			sign = 1
		}
		rest = rest[1:]
	}
	offset, unit := 0, 3600
	for part := range strings.SplitSeq(rest, ":") {
		v, err := strconv.Atoi(part)
		if err != nil || unit == 0 || len(part) > 3 || v < 0 || unit == 3600 && v > 167 || unit < 3600 && v > 59 {
			return nil, false
		}
		offset += v * unit
		unit /= 60
	}
	return time.FixedZone(strings.ToUpper(name), sign*offset), true
}

// Zone is a time zone as AT TIME ZONE and input name it: a location, or the meaning of an abbreviation at a time.
type Zone struct {
	loc *time.Location
}

// FindZone finds what AT TIME ZONE takes: an abbreviation or a zone's name.
func FindZone(name string) (Zone, error) {
	lower := strings.ToLower(name)
	if a, ok := zoneAbbrevs()[lower]; ok {
		if a.zone == "" {
			return Zone{time.FixedZone(strings.ToUpper(name), a.offset)}, nil
		}
		// The zone itself knows since when it used the abbreviation.
		l, err := LoadLocation(a.zone)
		return Zone{l}, err
	}
	l, err := LoadLocation(name)
	return Zone{l}, err
}

// Location is the zone's location.
func (z Zone) Location() *time.Location { return z.loc }

// FixedZone is the zone so many seconds east of Greenwich.
func FixedZone(seconds int) *time.Location {
	b := AppendOffset([]byte{'<'}, seconds)
	name := string(AppendOffset(append(b, 0x3e), -seconds))
	return time.FixedZone(name, seconds)
}
