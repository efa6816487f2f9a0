package judge

import (
	"strings"
	"testing"
)

// A new report keeps what the page says of random queries, once, and nothing else of it.
func TestPageKeepsRandomQueries(t *testing.T) {
	kept := "\n## Random queries\n\nmany\n"
	page := NewReport().Page("one", "# Conformance\n\n| stale |\n"+kept)
	if page = NewReport().Page("two", page); !strings.HasSuffix(page, kept) || strings.Count(page, kept) != 1 || strings.Contains(page, "stale") {
		t.Error(page)
	}
	if page := NewReport().Page("three", ""); strings.Contains(page, "Random") {
		t.Error(page)
	}
}
