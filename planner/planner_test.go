package planner

import (
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestGolden runs testdata/golden: "ddl" builds the catalog, "explain" prints physical plans or errors, "logical" the rules fired and the logical plan. Statements
// of a block are separated by a line "--". Rewrite the files with -rewrite.
func TestGolden(t *testing.T) {
	datadriven.Walk(t, "testdata/golden", func(t *testing.T, path string) {
		w := newWorld()
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "ddl" {
				if err := w.define(d.Input); err != nil {
					return errorText(d.Input, err)
				}
				return strings.Join(w.notices, "\n")
			}
			run := w.explain
			if d.Cmd == "logical" {
				run = w.logical
			}
			var out strings.Builder
			for i, sql := range strings.Split(d.Input, "\n--\n") {
				if i > 0 {
					out.WriteString("--\n")
				}
				s, err := run(sql)
				if err != nil {
					s = errorText(sql, err)
				}
				out.WriteString(s)
			}
			return out.String()
		})
	})
}
