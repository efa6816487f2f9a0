package session

import (
	"strings"
	"testing"
)

// What is no option of COPY is refused before any data are asked for.
func TestCopyOptions(t *testing.T) {
	s := newSession(t, "CREATE TABLE t (a int4)")
	for options, want := range map[string]string{
		"FORMAT csv, HEADER maybe": `42601 at 0: header requires a Boolean value or "match"`,
		"FORMAT csv, HEADER match": "0A000",
		"FORMAT csv, QUOTE 'ab'":   "COPY quote must be a single one-byte character",
		"QUOTE '!'":                "COPY quote available only in CSV mode",
		"FORMAT cvs":               `22023 at 20: COPY format "cvs" not recognized`,
		"FORMAT csv, HEDAER":       `42601 at 32: option "hedaer" not recognized`,
		"FORCE_NULL (a)":           "0A000",
	} {
		if got := say(s, "COPY t FROM STDIN ("+options+")"); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", options, got, want)
		}
	}
}
