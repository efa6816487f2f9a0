package types

import (
	"strconv"
	"strings"
	"time"
)

// Config is what of a session's settings values depend on. A view captures it at CREATE.
type Config struct {
	TimeZone         *time.Location
	DateStyle        DateStyle
	IntervalStyle    string // postgres, postgres_verbose, sql_standard, iso_8601
	ExtraFloatDigits int
	ByteaOutput      string    // hex, escape
	Now              time.Time // of the transaction; zero where the clock may not be read (views)
	// ObjectName is the name of a relation (Regclass), schema, role or function as the session may write it; nil where there is no catalog.
	ObjectName func(k Kind, oid uint32) (string, bool)
	// FindObject is the reverse: what the text names, as SQL writes names.
	FindObject func(k Kind, text string) (uint32, bool)
}

// DateStyle is the output format of dates ("ISO", ...) and the order of input fields ("MDY", ...).
type DateStyle struct{ Format, Order string }

// DefaultConfig is a fresh session's: UTC, ISO MDY, postgres, hex.
func DefaultConfig() *Config {
	return &Config{
		TimeZone:         time.UTC,
		DateStyle:        DateStyle{Format: "ISO", Order: "MDY"},
		IntervalStyle:    "postgres",
		ExtraFloatDigits: 1,
		ByteaOutput:      "hex",
	}
}

// ConfigOf is the configuration that the settings say, by their names; what is not among them is as in DefaultConfig.
func ConfigOf(settings map[string]string) *Config {
	c := DefaultConfig()
	for name, v := range settings {
		switch name {
		case "TimeZone":
			if loc, err := LoadLocation(v); err == nil {
				c.TimeZone = loc
			}
		case "DateStyle":
			c.DateStyle.Format, c.DateStyle.Order, _ = strings.Cut(v, ", ")
		case "IntervalStyle":
			c.IntervalStyle = v
		case "bytea_output":
			c.ByteaOutput = v
		case "extra_float_digits":
			c.ExtraFloatDigits, _ = strconv.Atoi(v)
		}
	}
	return c
}
