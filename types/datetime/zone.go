package datetime

import (
	"time"
	_ "time/tzdata" // zones are the same on every machine
)

// zoneAt is the abbreviation and the offset, in seconds east of Greenwich, in force at a UTC timestamp.
func zoneAt(loc *time.Location, us int64) (abbrev string, offset int) {
	if loc == nil || loc == time.UTC {
		return "UTC", 0
	}
	sec, _ := floorDiv(us, Second)
	return time.Unix(sec+unixEpochSeconds, 0).In(loc).Zone()
}

// OffsetAt is the offset in seconds east of Greenwich at a UTC timestamp.
func OffsetAt(loc *time.Location, us int64) int {
	_, o := zoneAt(loc, us)
	return o
}

// offsetOfLocal is the offset that a local timestamp stands for. A time that a spring-forward skips is read by the
// offset before it, one that a fall-back repeats by the offset after it, as in PostgreSQL.
func offsetOfLocal(loc *time.Location, local int64) int {
	if loc == nil || loc == time.UTC {
		return 0
	}
	sec, _ := floorDiv(local, Second)
	sec += unixEpochSeconds
	prev := time.Unix(sec-86400, 0).In(loc)
	_, before := prev.Zone()
	_, end := prev.ZoneBounds()
	if end.IsZero() {
		return before
	}
	_, after := end.Zone()
	boundary := end.Unix()
	early, late := sec-int64(before), sec-int64(after)
	switch {
	case early < boundary && late < boundary:
		return before
	case early > boundary && late >= boundary:
		return after
	case early > late:
		return before
	}
	return after
}

// ToUTC turns a local timestamp into a timestamptz; ToLocal the reverse. Infinities stay.
func ToUTC(loc *time.Location, local int64) (int64, error) {
	if !Finite(local) {
		return local, nil
	}
	us := local - int64(offsetOfLocal(loc, local))*Second
	if !ValidTimestamp(us) {
		return 0, TimestampOutOfRange()
	}
	return us, nil
}

func ToLocal(loc *time.Location, us int64) (int64, error) {
	if !Finite(us) {
		return us, nil
	}
	local := us + int64(OffsetAt(loc, us))*Second
	if !ValidTimestamp(local) {
		return 0, TimestampOutOfRange()
	}
	return local, nil
}

// offsetOfAbbrev is the offset that a zone's abbreviation stood for at a local time: as used then, else as used last
// before, else as used first after. Without an abbreviation it is the zone's.
func offsetOfAbbrev(loc *time.Location, abbrev string, local int64) int {
	offset := offsetOfLocal(loc, local)
	if abbrev == "" {
		return offset
	}
	sec, _ := floorDiv(local-int64(offset)*Second, Second)
	at := time.Unix(sec+unixEpochSeconds, 0).In(loc)
	for t := at; ; {
		if name, o := t.Zone(); name == abbrev {
			return o
		}
		start, _ := t.ZoneBounds()
		if start.IsZero() {
			break
		}
		t = start.Add(-time.Second)
	}
	for t := at; t.Year() < 2100; {
		_, end := t.ZoneBounds()
		if end.IsZero() {
			break
		}
		if name, o := end.Zone(); name == abbrev {
			return o
		}
		t = end
	}
	return offset
}

// fixed tells whether a zone's offset never changed.
func fixed(loc *time.Location) bool {
	start, end := time.Unix(0, 0).In(loc).ZoneBounds()
	return start.IsZero() && end.IsZero()
}
