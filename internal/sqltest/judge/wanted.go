package judge

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
)

// wantedText is the one list of what differs from PostgreSQL by intent.
//
//go:embed wanted.txt
var wantedText string

// difference is a wanted one: of records of files whose text matches.
type difference struct {
	file   string
	sql    *regexp.Regexp
	reason string
}

var wanted = sync.OnceValue(func() (out []difference) {
	for line := range strings.Lines(wantedText) {
		fields := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(fields) == 3 && !strings.HasPrefix(line, "#") {
			out = append(out, difference{fields[0], regexp.MustCompile("(?is)" + fields[1]), fields[2]})
		}
	}
	return out
})

// settled is the verdict after a look at the wanted differences.
func (v *Verdict) settled() Verdict {
	if v.Outcome != Wrong {
		v.Detail = ""
		return *v
	}
	for _, d := range wanted() {
		if strings.HasPrefix(v.Record.File, d.file) && d.sql.MatchString(v.Record.SQL) {
			return Verdict{Record: v.Record, Outcome: Wanted, Reason: d.reason}
		}
	}
	return *v
}
