// Command conformance judges streamsql by the sqllogictest corpora, with PostgreSQL 15 beside it, and writes docs/CONFORMANCE.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/signal"
	"strings"

	"github.com/streamsql/streamsql/internal/sqltest/judge"
)

func main() {
	log.SetFlags(0)
	var (
		o       judge.Options
		corpora = flag.String("corpora", "../shared/corpora/slt", "the folder of the corpora")
		corpus  = flag.String("corpus", "", "only this corpus")
		file    = flag.String("file", "", "only files whose path starts so")
		mode    = flag.String("mode", "", "only this mode")
		refused = flag.String("refused", "", "print the records that are refused for a reason with this in it")
		out     = flag.String("out", "", "write the report to this file")
	)
	flag.Uint64Var(&o.Seed, "seed", 1, "of what is random")
	flag.IntVar(&o.Line, "line", 0, "only the record at this line")
	flag.IntVar(&o.Sample, "sample", 0, "at most so many views of a file")
	flag.IntVar(&o.Records, "records", 0, "at most so many records of a file")
	flag.IntVar(&o.Parallel, "parallel", 2, "so many files at a time")
	flag.BoolVar(&o.Wire, "wire", false, "run the server as a process of its own")
	flag.Parse()

	var tasks []judge.Task
	for _, c := range append([]judge.Corpus{judge.Own("testdata/slt")}, judge.Corpora(*corpora)...) {
		if *corpus != "" && c.Name != *corpus {
			continue
		}
		files, err := c.Files()
		if err != nil {
			log.Fatalf("the corpora are not at %s: %v", *corpora, err)
		}
		for _, m := range judge.Modes {
			for _, f := range files {
				if strings.HasPrefix(f, *file) && (*mode == "" || *mode == string(m)) {
					tasks = append(tasks, judge.Task{Corpus: c, File: f, Mode: m})
				}
			}
		}
	}
	report := judge.NewReport()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := judge.Run(ctx, tasks, o, func(r judge.Result) {
		report.Add(&r)
		for _, v := range r.Verdicts {
			if *refused != "" && v.Outcome == judge.Refused && strings.Contains(v.Reason, *refused) {
				fmt.Printf("%s:%d %s: %s\n%s\n\n", r.Task.File, v.Record.Line, r.Task.Mode, v.Reason, v.Record.SQL)
			}
			if v.Outcome == judge.Wrong && (o.Line == 0 || v.Record.Line == o.Line) {
				fmt.Printf("%s:%d %s, seed %d\n%s\n%s\nagain: %s\n\n", r.Task.File, v.Record.Line, r.Task.Mode, r.Seed, v.Record.SQL, v.Detail, r.Again(v.Record.Line))
			}
		}
	}); err != nil {
		log.Fatal(err)
	}
	fmt.Print(report)
	if *out != "" {
		command := "go run ./internal/sqltest/conformance " + strings.Join(os.Args[1:], " ")
		before, err := os.ReadFile(*out)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			log.Fatal(err)
		}
		if err := os.WriteFile(*out, []byte(report.Page(command, string(before))), 0o600); err != nil {
			log.Fatal(err)
		}
	}
	if report.Wrong > 0 {
		os.Exit(1)
	}
}
