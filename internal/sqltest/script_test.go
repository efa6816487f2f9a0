package sqltest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestScripts runs the tick scripts of testdata/view; -rewrite writes what they print.
func TestScripts(t *testing.T) {
	const dir = "../../testdata/view"
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in %s: %v", dir, err)
	}
	for _, f := range files {
		t.Run(f.Name(), func(t *testing.T) {
			t.Parallel()
			s, err := NewScript(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			datadriven.RunTest(t, filepath.Join(dir, f.Name()), func(_ *testing.T, d *datadriven.TestData) string { return s.Run(d) })
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
