package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"
)

// corpusFiles are the files with SQL below dir.
func corpusFiles(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && isScript(path) || isLogicTest(path) {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

func isScript(path string) bool { return strings.HasSuffix(path, ".sql") }

func isLogicTest(path string) bool {
	return strings.HasSuffix(path, ".test") || strings.HasSuffix(path, ".slt") || strings.HasSuffix(path, ".part") ||
		filepath.Base(filepath.Dir(path)) == "logic_test"
}

// statements are the statements of a file, each as written.
func statements(path string) ([]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if isLogicTest(path) {
		return logicTest(string(b)), nil
	}
	return script(string(b)), nil
}

// logicTest returns the SQL of a sqllogictest file: what stands between the head of a record and ---- or an empty line.
func logicTest(text string) []string {
	var out []string
	var sql []string
	inside := false
	flush := func() {
		if q := strings.TrimSpace(strings.Join(sql, "\n")); q != "" {
			out = append(out, q)
		}
		sql, inside = nil, false
	}
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case !inside && (strings.HasPrefix(line, "statement ") || strings.HasPrefix(line, "query ")):
			inside = true
		case inside && (line == "----" || strings.TrimSpace(line) == ""):
			flush()
		case inside:
			sql = append(sql, line)
		}
	}
	flush()
	return out
}

var copyFromStdin = regexp.MustCompile(`(?i)^copy .*from stdin`)

// script cuts a psql script into statements, without its backslash commands, \gset and the data of COPY.
func script(text string) []string {
	var lines []string
	data := false
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case data:
			data = line != `\.`
			continue
		case strings.HasPrefix(line, `\`):
			continue
		case copyFromStdin.MatchString(line):
			data = true
		}
		if i := strings.Index(line, ` \g`); i >= 0 {
			line = line[:i] + ";"
		}
		lines = append(lines, strings.ReplaceAll(line, `\;`, ";"))
	}
	list, err := pg.SplitWithScanner(strings.Join(lines, "\n"), true)
	if err != nil {
		return strings.Split(strings.Join(lines, "\n"), ";\n")
	}
	return list
}
