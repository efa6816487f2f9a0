// Package layering keeps the import direction of the project: it parses the imports of every package and fails on one that points the wrong
// way. There is nothing here but the test; when it fails, the code is in the wrong place, or the list below has a reason to change.
package layering

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/streamsql/streamsql"

// layers, from the ground up: a package imports only packages of earlier lines, or of its own folder. A line stands for the folders below it
// too, but for those with a line of their own.
var layers = []string{
	"sqlerr",
	"types",
	"batch",
	"result",
	"expr",
	"storage",
	"catalog",
	"rowlock",
	"parser",
	"planner/plan",
	"planner/bind",
	"planner/rewrite",
	"planner/physical",
	"planner",
	"operators",
	"connectors",
	"engine",
	"session",
	"pgwire",
	"console",
	"demo",
	"cmd",
}

// forbidden are edges that the order alone would allow.
var forbidden = []struct{ from, to, why string }{
	{"operators", "planner", "engine/build.go alone knows both"},
	{"operators", "parser", "operators see no syntax"},
	{"pgwire", "engine", "pgwire serves any Session"},
	{"pgwire", "session", "pgwire serves any Session"},
	{"pgwire", "planner", "pgwire serves any Session"},
	{"pgwire", "parser", "the protocol does not look into SQL"},
	{"session", "operators", "sessions run plans through the engine"},
	{"cmd", "planner", "flags and wiring only"},
	{"cmd", "operators", "flags and wiring only"},
}

// owners are libraries that one folder hides from the rest, tests included.
var owners = []struct{ library, folder string }{
	{"github.com/pingcap/tidb", "parser"},
	{"github.com/dgraph-io", "storage"},
	{"github.com/jackc/pgproto3", "pgwire"},
	{"github.com/alecthomas/kong", "cmd"},
}

// outside are folders that serve the project and are no part of the server: they import what they like, and no layer imports them.
var outside = []string{"internal", "bench", "testdata", "docs", "scripts"}

// testHelpers stand beside what they test, and only tests import them; testLibraries are for them, for tests and for clients of the server.
var (
	testHelpers   = []string{"pgwire/wiretest", "operators/optest"}
	testLibraries = []string{"github.com/jackc/pgx", "github.com/lib/pq", "github.com/cockroachdb/datadriven", "pgregory.net/rapid", "go.uber.org/goleak", "testing"}
	clients       = []string{"demo"}
)

// source is a file and what it imports.
type source struct {
	path, folder string // slashes, relative to the root
	test         bool
	imports      []string
}

func TestImports(t *testing.T) {
	files, err := sources(os.DirFS(filepath.Join("..", "..")))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("found only %d files: is this the project's root?", len(files))
	}
	for _, f := range files {
		for _, problem := range check(f) {
			t.Errorf("%s %s", f.path, problem)
		}
	}
}

// TestCheck shows the rules to the check itself.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		folder, imported string
		test, ok         bool
	}{
		{"engine", "storage", false, true},
		{"storage", "engine", false, false},
		{"storage/tree", "storage/page", false, true},
		{"storage", "engine", true, true}, // a test may look down from above
		{"planner/bind", "planner/plan", false, true},
		{"planner/plan", "planner/bind", false, false},
		{"planner", "planner/physical", false, true},
		{"operators", "planner/plan", false, false},
		{"operators", "planner/plan", true, false},
		{"pgwire", "session", false, false},
		{"pgwire", "result", false, true},
		{"session", "pgwire", false, false},
		{"session", "internal/sqltest", false, false},
		{"session", "internal/sqltest", true, true},
		{"session", "pgwire/wiretest", false, false},
		{"internal/e2e", "pgwire/wiretest", false, true},
		{"nowhere", "sqlerr", false, false},
	} {
		got := check(source{folder: c.folder, test: c.test, imports: []string{module + "/" + c.imported}})
		if ok := len(got) == 0; ok != c.ok {
			t.Errorf("%s importing %s (test: %v): %v", c.folder, c.imported, c.test, got)
		}
	}
	for _, c := range []struct {
		folder, imported string
		test, ok         bool
	}{
		{"parser", "github.com/pingcap/tidb/pkg/parser", false, true},
		{"planner", "github.com/pingcap/tidb/pkg/parser", false, false},
		{"engine", "github.com/dgraph-io/badger/v4", true, false},
		{"internal/e2e", "github.com/jackc/pgproto3/v2", true, false},
		{"pgwire/wiretest", "github.com/jackc/pgproto3/v2", false, true},
		{"engine", "github.com/jackc/pgx/v5", false, false},
		{"engine", "pgregory.net/rapid", true, true},
		{"demo", "github.com/jackc/pgx/v5", false, true},
		{"operators/optest", "testing", false, true},
		{"cmd/streamsql", "github.com/alecthomas/kong", false, true},
	} {
		got := check(source{folder: c.folder, test: c.test, imports: []string{c.imported}})
		if ok := len(got) == 0; ok != c.ok {
			t.Errorf("%s importing %s (test: %v): %v", c.folder, c.imported, c.test, got)
		}
	}
}

// sources reads the imports of every Go file, whatever its build tags. Folders that are modules of their own are left out.
func sources(root fs.FS) (files []source, err error) {
	err = fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || hasGoMod(root, p)):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(p, ".go"):
			return nil
		}
		text, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		s := source{path: p, folder: path.Dir(p), test: strings.HasSuffix(p, "_test.go")}
		for _, i := range f.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
			s.imports = append(s.imports, imported)
		}
		files = append(files, s)
		return nil
	})
	return files, err
}

func hasGoMod(root fs.FS, dir string) bool {
	_, err := fs.Stat(root, path.Join(dir, "go.mod"))
	return !errors.Is(err, fs.ErrNotExist)
}

// check says what is wrong with a file's imports.
func check(f source) (problems []string) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, imported := range f.imports {
		for _, o := range owners {
			if within(imported, o.library) && !within(f.folder, o.folder) {
				add("imports %s, which only %s does", imported, o.folder)
			}
		}
		if slices.ContainsFunc(testLibraries, func(l string) bool { return within(imported, l) }) && !f.test && !free(f.folder) {
			add("imports %s, which is for tests", imported)
		}
		if to, ok := strings.CutPrefix(imported, module+"/"); ok {
			for _, p := range checkOwn(f, to) {
				add("%s", p)
			}
		}
	}
	return problems
}

// checkOwn judges an import of the project's own package to.
func checkOwn(f source, to string) (problems []string) {
	if within(f.folder, "internal") || within(f.folder, "bench") {
		return nil
	}
	helper := inAny(f.folder, testHelpers)
	for _, e := range forbidden {
		if within(f.folder, e.from) && within(to, e.to) && !helper {
			problems = append(problems, fmt.Sprintf("imports %s: %s", to, e.why))
		}
	}
	if f.test || helper {
		return problems
	}
	from, fromOK := layerOf(f.folder)
	at, toOK := layerOf(to)
	switch {
	case inAny(to, outside) || inAny(to, testHelpers):
		problems = append(problems, fmt.Sprintf("imports %s, which is for tests and tools", to))
	case !fromOK:
		problems = append(problems, fmt.Sprintf("is in %s, which has no layer", f.folder))
	case !toOK:
		problems = append(problems, fmt.Sprintf("imports %s, which has no layer", to))
	case at > from:
		problems = append(problems, fmt.Sprintf("imports %s, which is above it", to))
	}
	return problems
}

// layerOf is the index of the longest line of layers that dir is within.
func layerOf(dir string) (layer int, ok bool) {
	best := ""
	for i, l := range layers {
		if within(dir, l) && len(l) > len(best) {
			best, layer = l, i
		}
	}
	return layer, best != ""
}

func within(dir, parent string) bool { return dir == parent || strings.HasPrefix(dir, parent+"/") }

func inAny(dir string, parents []string) bool {
	return slices.ContainsFunc(parents, func(p string) bool { return within(dir, p) })
}

// free tells whether non-test code in dir may use test libraries.
func free(dir string) bool {
	return inAny(dir, outside) || inAny(dir, testHelpers) || inAny(dir, clients)
}
