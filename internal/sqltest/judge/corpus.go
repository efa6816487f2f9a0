package judge

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/streamsql/streamsql/internal/sqltest/slt"
)

// Corpus is a tree of files in one dialect.
type Corpus struct {
	Name     string
	Root     string
	rewrites []rewrite
	ignored  *regexp.Regexp // statements that mean nothing outside their own system, and change nothing
}

// rewrite makes PostgreSQL's word of another system's; both sides are given the result.
type rewrite struct {
	pattern *regexp.Regexp
	by      string
}

// Corpora are those below the slt folder of the shared corpora, and PostgreSQL's own tests beside it.
func Corpora(root string) []Corpus {
	return []Corpus{
		{Name: "risingwave", Root: filepath.Join(root, "risingwave"),
			ignored: regexp.MustCompile(`(?is)^\s*(flush|set\s+(session\s+)?(rw_\w+|query_mode|streaming_\w+|batch_\w+|enable_\w+)\s)`)},
		{Name: "cockroach", Root: filepath.Join(root, "cockroach_2018"), rewrites: []rewrite{
			{regexp.MustCompile(`(?i)\bSTRING\b(\(\d+\))?`), "TEXT"},
			{regexp.MustCompile(`(?i)\bBYTES\b`), "BYTEA"},
		}},
		{Name: "pgregress", Root: filepath.Join(filepath.Dir(root), "pgregress")},
		{Name: "sqlite", Root: filepath.Join(root, "sqlite")},
	}
}

// Files are the corpus' files that hold records.
func (c *Corpus) Files() ([]string, error) {
	var files []string
	err := filepath.WalkDir(c.Root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(c.Root, path)
		if err != nil {
			return err
		}
		switch ext := filepath.Ext(name); {
		case ext == ".test", ext == ".slt", ext == ".part", ext == ".sql", ext == "" && strings.Contains(name, "/"):
			files = append(files, name)
		}
		return nil
	})
	slices.Sort(files)
	return files, err
}

// Read gives a file's records in PostgreSQL's words.
func (c *Corpus) Read(file string) ([]slt.Record, error) {
	read := slt.Read
	if filepath.Ext(file) == ".sql" {
		read = slt.ReadScript
	}
	records, err := read(c.Root, file)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, r := range records {
		if c.ignored != nil && c.ignored.MatchString(r.SQL) {
			continue
		}
		for _, w := range c.rewrites {
			r.SQL = w.pattern.ReplaceAllString(r.SQL, w.by)
		}
		records[n] = r
		n++
	}
	return records[:n], nil
}

// Own are our own scripts: what once was wrong, and what PostgreSQL alone says is right.
func Own(root string) Corpus { return Corpus{Name: "own", Root: root} }
