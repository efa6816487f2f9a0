package parser

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/streamsql/streamsql/sqlerr"
)

// TestGolden reads the statements in testdata and compares their trees, or their errors with positions.
func TestGolden(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "parse":
				return parseGolden(d.Input)
			case "each": // every line is a text of its own
				var b strings.Builder
				for line := range strings.SplitSeq(d.Input, "\n") {
					fmt.Fprintf(&b, "%s\n  %s\n", line, strings.ReplaceAll(parseGolden(line), "\n", "\n  "))
				}
				return strings.TrimSuffix(b.String(), "\n")
			}
			t.Fatalf("unknown command %s", d.Cmd)
			return ""
		})
	})
}

func parseGolden(sql string) string {
	stmts, err := Parse(sql)
	if err != nil {
		return errorText(err)
	}
	var lines []string
	for _, s := range stmts {
		lines = append(lines, dump(s.Stmt))
	}
	return strings.Join(lines, "\n")
}

func errorText(err error) string {
	var e *sqlerr.Error
	if !errors.As(err, &e) {
		return "not a user's error: " + err.Error()
	}
	text := fmt.Sprintf("error %s at %d: %s", e.Code, e.Position-1, e.Message)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}
