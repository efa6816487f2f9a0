package slt

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	queries   = regexp.MustCompile(`(?i)^[\s(]*(select|values|with|table)\b`)
	modifying = regexp.MustCompile(`(?is)^[\s(]*with\b.*\b(insert\s+into|update\s+\w|delete\s+from)`)
)

// ReadScript gives the statements of a psql script, which says nothing of their results; psql's own commands are left out.
func ReadScript(root, file string) ([]Record, error) {
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, err
	}
	var out []Record
	s := &scanner{text: string(text)}
	for s.at < len(s.text) {
		line, sql := s.statement()
		if sql == "" {
			continue
		}
		out = append(out, Record{File: file, Line: line, SQL: sql, Kind: Unsaid})
	}
	return out, nil
}

// IsQuery says whether the record's text returns rows and changes nothing, by its first word and, behind WITH, those of its parts.
func (r *Record) IsQuery() bool {
	return (r.Kind == Query || r.Kind == Unsaid) && queries.MatchString(r.SQL) && !modifying.MatchString(r.SQL)
}

// scanner splits a script at its semicolons.
type scanner struct {
	text string
	at   int
}

// statement reads to the next semicolon outside quotes and comments; its line is that of its first word.
func (s *scanner) statement() (line int, sql string) {
	var b strings.Builder
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		empty := strings.TrimSpace(b.String()) == ""
		switch {
		case strings.HasPrefix(rest, "--"), rest[0] == '\\' && empty:
			s.at += len(upTo(rest, "\n"))
			continue
		case strings.HasPrefix(rest, "/*"):
			s.at += len(upTo(rest, "*/"))
			continue
		case rest[0] == ';':
			s.at++
			return line, strings.TrimSpace(b.String())
		}
		if empty && strings.TrimSpace(rest[:1]) != "" {
			line = 1 + strings.Count(s.text[:s.at], "\n")
		}
		piece := rest[:1]
		if q := rest[0]; q == '\'' || q == '"' {
			piece = rest[:1] + upTo(rest[1:], rest[:1])
		} else if strings.HasPrefix(rest, "$$") {
			piece = "$$" + upTo(rest[2:], "$$")
		}
		b.WriteString(piece)
		s.at += len(piece)
	}
	return line, strings.TrimSpace(b.String())
}

// upTo is the text up to an end, and that.
func upTo(text, end string) string {
	if i := strings.Index(text, end); i >= 0 {
		return text[:i+len(end)]
	}
	return text
}
