package e2e

import (
	"path/filepath"
	"testing"

	"github.com/streamsql/streamsql/internal/pgtest"
	"github.com/streamsql/streamsql/pgwire/wiretest"
)

// TestScriptsAgainstPostgres plays the same scripts and traces against a real PostgreSQL: what they expect is what it answers, so with -rewrite
// this test, and no other, writes the scripts.
func TestScriptsAgainstPostgres(t *testing.T) {
	pg, err := pgtest.Start(pgtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Stop()
	addr := filepath.Join(pg.Dir, ".s.PGSQL.5432")
	for _, f := range scripts(t) {
		t.Run(filepath.Base(f), func(t *testing.T) { wiretest.Run(t, f, addr) })
	}
	for _, f := range traces(t) {
		t.Run(filepath.Base(f), func(t *testing.T) { wiretest.PlayTrace(t, f, addr) })
	}
}

func scripts(t *testing.T) []string { return files(t, "testdata/*.wire") }
func traces(t *testing.T) []string  { return files(t, "testdata/libpq_pipeline/*.trace") }

func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: no files (%v)", pattern, err)
	}
	return found
}
