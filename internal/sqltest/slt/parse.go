// Package slt reads sqllogictest files: SQLite's dialect, that of sqllogictest-rs (RisingWave) and CockroachDB's, and psql scripts. It runs
// nothing.
package slt

import (
	"os"
	"path/filepath"
	"strings"
)

// Kind is what a record asks for.
type Kind uint8

// The kinds of a record.
const (
	StatementOK Kind = iota
	StatementError
	StatementCount // succeeds and changes so many rows
	Query
	QueryError
	Unsaid // the file does not say
)

// Record is a statement or a query of a file, with what the file's own system answers.
type Record struct {
	File    string // relative to its corpus
	Line    int    // of the directive
	Kind    Kind
	SQL     string
	Session string // "" is the file's first
	Types   string // a letter a column; Query only
	Sort    string // "nosort", "rowsort" or "valuesort"
	Names   bool   // the first line of Want holds the columns' names
	Want    []string
}

// Fails says whether the record is there to see an error.
func (r *Record) Fails() bool { return r.Kind == StatementError || r.Kind == QueryError }

// Read gives the records of root/file that a PostgreSQL runs. Included files are not followed: they are files of the corpus themselves.
func Read(root, file string) ([]Record, error) {
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, err
	}
	p := &reader{file: file, lines: strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")}
	p.read()
	return p.records, nil
}

type reader struct {
	file    string
	lines   []string
	at      int
	session string
	skip    bool // the next record is for others
	records []Record
}

func (p *reader) read() {
	for p.at < len(p.lines) {
		line := p.lines[p.at]
		p.at++
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "statement", "query":
			p.record(words)
		case "skipif":
			p.skip = p.skip || names(words, "postgresql", "postgres")
		case "onlyif":
			p.skip = p.skip || !names(words, "postgresql", "postgres")
		case "connection", "user":
			p.session = ""
			if len(words) > 1 && words[1] != "default" && words[1] != "root" {
				p.session = words[1]
			}
		case "system":
			p.block()
			p.skip = false
		case "halt":
			if !p.skip {
				return
			}
			p.skip = false
		}
	}
}

func names(words []string, systems ...string) bool {
	for _, s := range systems {
		if len(words) > 1 && words[1] == s {
			return true
		}
	}
	return false
}

// record reads what follows a directive: the SQL, and after ---- what is wanted.
func (p *reader) record(words []string) {
	r := Record{File: p.file, Line: p.at, Session: p.session, Sort: "nosort"}
	r.SQL = p.block()
	if p.at <= len(p.lines) && p.lines[p.at-1] == "----" {
		r.Want = p.results()
	}
	skip := p.skip
	p.skip = false
	if !skip && r.SQL != "" && r.directive(words) {
		p.records = append(p.records, r)
	}
}

// directive decodes the words of a record's first line.
func (r *Record) directive(words []string) bool {
	if len(words) == 1 {
		words = append(words, "")
	}
	if words[0] == "statement" {
		switch strings.ToLower(words[1]) {
		case "ok":
			r.Kind = StatementOK
		case "count":
			r.Kind = StatementCount
		case "error":
			r.Kind = StatementError
		default:
			return false
		}
		return true
	}
	r.Kind, r.Types = Query, words[1]
	if words[1] == "error" {
		r.Kind = QueryError
		return true
	}
	for _, w := range words[min(2, len(words)):] {
		for option := range strings.SplitSeq(w, ",") {
			switch option {
			case "nosort", "rowsort", "valuesort":
				r.Sort = option
			case "partialsort", "sort":
				r.Sort = "rowsort"
			case "colnames":
				r.Names = true
			}
		}
	}
	return true
}

// block reads to the next empty line or ----, behind which it leaves the reader.
func (p *reader) block() string {
	var lines []string
	for p.at < len(p.lines) {
		line := p.lines[p.at]
		p.at++
		if strings.TrimSpace(line) == "" || line == "----" {
			break
		}
		lines = append(lines, line)
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "; \n\t")
}

func (p *reader) results() []string {
	var lines []string
	for p.at < len(p.lines) && strings.TrimSpace(p.lines[p.at]) != "" {
		lines = append(lines, p.lines[p.at])
		p.at++
	}
	return lines
}
