// Command sqldoc writes docs/SQL.md, the page that says what SQL exists: types, functions and aggregates from the code; statements from examples
// that its test runs; constructs from the list that the oracle compares with PostgreSQL.
//
//	go run ./internal/sqldoc
package main

import (
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

var (
	//go:embed sql.md
	template string
	//go:embed statements.sql
	statements string
)

func main() {
	text, err := page(".")
	if err == nil {
		err = os.WriteFile("docs/SQL.md", []byte(text), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// page is docs/SQL.md of the project in a directory.
func page(root string) (string, error) {
	list, err := os.ReadFile(root + "/internal/oracle/testdata/constructs.sql")
	if err != nil {
		return "", err
	}
	var there, refused []string
	for line := range strings.Lines(string(list)) {
		line = strings.TrimSpace(line)
		if sql, ok := strings.CutPrefix(line, "refused: "); ok {
			refused = append(refused, sql)
		} else if line != "" && !strings.HasPrefix(line, "--") {
			there = append(there, line)
		}
	}
	return strings.NewReplacer(
		"{{statements}}", strings.TrimSpace(statements),
		"{{constructs}}", strings.Join(there, "\n"),
		"{{refused}}", strings.Join(refused, "\n"),
		"{{types}}", typeList(),
		"{{functions}}", functionList(),
	).Replace(template), nil
}

// typeList is the types that a column can have.
func typeList() string {
	var b strings.Builder
	b.WriteString("| type | also |\n|---|---|\n")
	for _, t := range types.All() {
		if name, sql := t.Name(), t.String(); name != sql {
			fmt.Fprintf(&b, "| `%s` | `%s` |\n", sql, name)
		} else {
			fmt.Fprintf(&b, "| `%s` | |\n", sql)
		}
	}
	return strings.TrimSpace(b.String())
}

// functionList is everything that can be called, by family and kind, the overloads of a name in one line.
func functionList() string {
	var b strings.Builder
	docs := expr.Functions()
	var families []string
	for _, d := range docs {
		if f := heading(d); !slices.Contains(families, f) {
			families = append(families, f)
		}
	}
	for _, f := range families {
		fmt.Fprintf(&b, "### %s\n\n", f)
		var names []string
		of := map[string][]string{}
		for _, d := range docs {
			if heading(d) != f {
				continue
			}
			if of[d.Name] == nil {
				names = append(names, d.Name)
			}
			s := "`" + strings.TrimSpace(d.Signature) + "`"
			if d.Volatility != types.Immutable {
				s += " (" + d.Volatility.String() + ")"
			}
			of[d.Name] = append(of[d.Name], s)
		}
		for _, n := range names {
			fmt.Fprintf(&b, "- %s\n", strings.Join(of[n], ", "))
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String())
}

func heading(d expr.Doc) string {
	switch d.Kind {
	case "operator":
		return d.Family + ": operators"
	case "set-returning function":
		return d.Family + ": set-returning"
	}
	return d.Family
}
