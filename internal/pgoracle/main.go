// Command pgoracle compares the parser with libpg_query, PostgreSQL's own grammar, over the statements of a folder:
//
//	go run . -corpora <folder> [-v] [-mutations n]
//
// A statement that both accept is printed from our tree with parentheses around everything, and libpg_query must read the
// same tree from that as from the original. For a statement that PostgreSQL rejects, ours must reject it with the same
// words at the same place. It needs a C compiler, hence a module of its own.
package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	pgerr "github.com/pganalyze/pg_query_go/v5/parser"

	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/sqlerr"
)

func main() {
	corpora := flag.String("corpora", os.Getenv("STREAMSQL_CORPORA"), "folder with .sql scripts and sqllogictest files")
	verbose := flag.Bool("v", false, "print every difference")
	mutations := flag.Int("mutations", 0, "judge as many random changes of each statement, too")
	least := flag.Float64("min", 0, "fail if fewer percent of the queries have the same tree")
	flag.Parse()
	if *corpora == "" {
		fmt.Fprintln(os.Stderr, "pgoracle: -corpora or STREAMSQL_CORPORA must name a folder")
		os.Exit(2)
	}
	j := &judge{verbose: *verbose, mutations: *mutations, counts: map[string]map[string]int{}}
	if err := j.run(*corpora); err != nil {
		fmt.Fprintln(os.Stderr, "pgoracle:", err)
		os.Exit(1)
	}
	if share := j.report(); share < *least {
		fmt.Printf("pgoracle: %.2f %% is less than %.2f %%\n", share, *least)
		os.Exit(1)
	}
}

// judge counts verdicts by kind of statement.
type judge struct {
	verbose   bool
	mutations int
	counts    map[string]map[string]int
	seen      map[string]bool
}

// The verdicts. wrong is the one that must not be: a statement understood as another.
const (
	same        = "same tree"
	accepted    = "accepted" // a utility statement of which our tree keeps less
	refused     = "refused"  // 0A000, by design
	rejected    = "rejected" // a syntax error that PostgreSQL does not find
	wrong       = "WRONG TREE"
	broken      = "BROKEN"     // XX000, or printed text that PostgreSQL rejects
	sameError   = "same error" // the same words at the same place
	otherError  = "other error"
	tooTolerant = "TOO TOLERANT"
)

var verdicts = []string{same, accepted, refused, rejected, wrong, broken, sameError, otherError, tooTolerant}

func (j *judge) run(dir string) error {
	files, err := corpusFiles(dir)
	if err != nil {
		return err
	}
	j.seen = map[string]bool{}
	for _, f := range files {
		list, err := statements(f)
		if err != nil {
			return err
		}
		for _, sql := range list {
			if !j.seen[sql] {
				j.seen[sql] = true
				j.judge(sql)
				for n := range j.mutations {
					j.judge(mutate(sql, uint64(len(j.seen)), uint64(n)))
				}
			}
		}
	}
	return nil
}

func (j *judge) judge(sql string) {
	kind, want, err := tree(sql)
	var pe *pgerr.Error
	if errors.As(err, &pe) {
		verdict, why := j.judgeError(sql, pe)
		j.count("(invalid)", verdict, sql, why)
		return
	}
	if kind == "" {
		return // none or several
	}
	verdict, why := j.judgeTree(sql, kind, want)
	j.count(kind, verdict, sql, why)
}

func (j *judge) judgeTree(sql, kind string, want any) (verdict, why string) {
	stmts, err := parser.Parse(sql)
	switch code := sqlerr.CodeOf(err); {
	case err != nil && code == sqlerr.FeatureNotSupported:
		return refused, err.Error()
	case err != nil && code == sqlerr.InternalError:
		return broken, err.Error()
	case err != nil:
		return rejected, err.Error()
	case len(stmts) != 1:
		return broken, fmt.Sprint(len(stmts), " statements")
	}
	printed := deparse(stmts[0].Stmt)
	if printed == "" {
		return accepted, ""
	}
	_, have, err := tree(printed)
	if err != nil {
		return broken, err.Error() + " in " + printed
	}
	if !reflect.DeepEqual(want, have) {
		return wrong, difference(want, have, kind) + " in " + printed
	}
	return same, ""
}

// judgeError compares our error with PostgreSQL's, whose position counts characters.
func (j *judge) judgeError(sql string, want *pgerr.Error) (verdict, why string) {
	_, err := parser.Parse(sql)
	var have *sqlerr.Error
	if !errors.As(err, &have) {
		return tooTolerant, want.Message
	}
	at := 0
	if have.Position > 0 && have.Position <= len(sql)+1 {
		at = len([]rune(sql[:have.Position-1])) + 1
	}
	switch {
	case have.Code == sqlerr.FeatureNotSupported:
		return refused, have.Message
	case have.Message == want.Message && at == want.Cursorpos:
		return sameError, ""
	}
	return otherError, fmt.Sprintf("want %q at %d, have %q at %d", want.Message, want.Cursorpos, have.Message, at)
}

func (j *judge) count(kind, verdict, sql, why string) {
	if j.counts[kind] == nil {
		j.counts[kind] = map[string]int{}
	}
	j.counts[kind][verdict]++
	if j.verbose && why != "" {
		fmt.Printf("%s %s: %.300s\n    %.300s\n", kind, verdict, why, strings.Join(strings.Fields(sql), " "))
	}
}

// report prints the counts and returns the share of queries, INSERT, UPDATE and DELETE with the same tree, in percent.
func (j *judge) report() float64 {
	main, total := 0, 0
	for _, kind := range slices.Sorted(maps.Keys(j.counts)) {
		c := j.counts[kind]
		fmt.Printf("%-24s", kind)
		for _, v := range verdicts {
			if c[v] > 0 {
				fmt.Printf("  %s %d", v, c[v])
			}
		}
		fmt.Println()
		if kind == "SelectStmt" || kind == "InsertStmt" || kind == "UpdateStmt" || kind == "DeleteStmt" {
			main += c[same]
			for _, n := range c {
				total += n
			}
		}
	}
	share := 100 * float64(main) / float64(max(total, 1))
	fmt.Printf("queries and DML with the same tree: %d of %d, %.2f %%\n", main, total, share)
	return share
}
