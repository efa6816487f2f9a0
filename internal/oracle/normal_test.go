package oracle

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/streamsql/streamsql/types/datetime"
)

var fraction = regexp.MustCompile(`\d+\.\d+`)

// normal is one text for all images of a value, where the choice is free.
func normal(cell string, c column) string {
	if !c.loose || cell == "NULL" {
		return cell
	}
	switch c.kind {
	case double:
		if cell == "-0" {
			return "0"
		}
	case numeric, document:
		return fraction.ReplaceAllStringFunc(cell, func(s string) string { return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") })
	case span:
		return total(cell)
	}
	return cell
}

// total of an interval, a month being 30 days, as comparison has it.
func total(cell string) string {
	v, err := datetime.ParseInterval(cell, 0, "postgres")
	if err != nil {
		return cell
	}
	return fmt.Sprint((int64(v.Months)*30+int64(v.Days))*86_400_000_000 + v.Micros)
}
