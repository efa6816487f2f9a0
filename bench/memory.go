package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/streamsql/streamsql/internal/servertest"
)

// memory loads ten million rows of two int8 and a 16-byte text with a group-by view of a million groups, then kills the server at full load
// and measures the time to the first right read.
func memory(r *report) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	s, err := servertest.Start(data)
	if err != nil {
		return err
	}
	defer func() { s.Kill() }()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return err
	}
	for _, q := range []string{
		"CREATE TABLE t (id int8 PRIMARY KEY, k int8 NOT NULL, v text NOT NULL)",
		"CREATE MATERIALIZED VIEW groups AS SELECT k, count(*) AS n, max(id) AS last FROM t GROUP BY k",
	} {
		if _, err := conn.Exec(ctx, q); err != nil {
			return err
		}
	}
	rows, part := sized(10_000_000), sized(100_000)
	start := time.Now()
	for at := 0; at < rows; at += part {
		if err := loadPart(ctx, conn, at, part, max(rows/10, 1)); err != nil {
			return err
		}
	}
	r.add(fmt.Sprintf("COPY of %d rows", rows), "%s", perSecond(rows, time.Since(start)))
	resident, err := s.Resident()
	if err != nil {
		return err
	}
	anonymous, err := s.Anonymous()
	if err != nil {
		return err
	}
	r.add("resident", "%.2f GiB, of which %.2f are not files", float64(resident)/(1<<30), float64(anonymous)/(1<<30))
	_ = conn.Close(ctx) // the server is killed next
	var first latencies
	for i := range sized(2000) / 100 {
		took, err := killAndRead(ctx, &s, data, rows, i, part)
		if err != nil {
			return err
		}
		first = append(first, took)
	}
	r.add("first right read after kill -9 under load", "%v (process start included)", first)
	return nil
}

func loadPart(ctx context.Context, conn *pgx.Conn, at, n, groups int) error {
	var b strings.Builder
	for i := at; i < at+n; i++ {
		fmt.Fprintf(&b, "%d\t%d\tabcdefghijklmnop\n", i, int64(uint64(i)*0x9E3779B97F4A7C15>>11%uint64(groups)))
	}
	_, err := conn.PgConn().CopyFrom(ctx, strings.NewReader(b.String()), "COPY t FROM STDIN")
	return err
}

// killAndRead kills the server while a COPY runs, starts it again and reads one group until the answer is there.
func killAndRead(ctx context.Context, s **servertest.Server, data string, rows, round, part int) (time.Duration, error) {
	conn, err := pgx.Connect(ctx, (*s).DSN())
	if err != nil {
		return 0, err
	}
	var want int64
	if err := conn.QueryRow(ctx, "SELECT n FROM groups WHERE k = 1").Scan(&want); err != nil {
		return 0, err
	}
	loading := make(chan struct{})
	go func() {
		defer close(loading)
		_ = loadPart(ctx, conn, rows+round*part, part, rows/10) // it is meant to be cut off
	}()
	<-time.After(time.Duration(100+round*20) * time.Millisecond)
	(*s).Kill()
	<-loading
	start := time.Now()
	if *s, err = servertest.Start(data); err != nil {
		return 0, err
	}
	if conn, err = pgx.Connect(ctx, (*s).DSN()); err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	var got int64
	if err := conn.QueryRow(ctx, "SELECT n FROM groups WHERE k = 1").Scan(&got); err != nil {
		return 0, err
	}
	took := time.Since(start)
	if got < want {
		return 0, fmt.Errorf("group 1 had %d rows before the kill, %d after", want, got)
	}
	return took, nil
}
