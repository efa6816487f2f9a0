package types

import (
	"time"

	"github.com/streamsql/streamsql/types/datetime"
)

// LoadLocation finds a time zone by its name in any case, as SET TimeZone does; 22023 if there is none. tzdata is
// embedded, so that zones are the same on every machine.
func LoadLocation(name string) (*time.Location, error) { return datetime.LoadLocation(name) }
