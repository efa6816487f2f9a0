package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/streamsql/streamsql/demo"
	"github.com/streamsql/streamsql/internal/servertest"
)

// timeline maintains home timelines: users, skewed follows (everybody follows users 1 and 2, of whom one tweets a lot and one tweeted once), tweets that fan out, reads, and the
// changes that hurt: follow, unfollow and rename of the most followed account.
func timeline(r *report) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := servertest.Start(dir)
	if err != nil {
		return err
	}
	defer s.Kill()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	schema, err := demo.Schema("timeline")
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, schema); err != nil {
		return err
	}
	users, edges := sized(100_000), sized(1_000_000)
	followers, err := loadGraph(ctx, conn, users, edges)
	if err != nil {
		return err
	}
	before, err := s.Resident()
	if err != nil {
		return err
	}
	entries, took, err := tweet(ctx, conn, followers)
	if err != nil {
		return err
	}
	after, err := s.Resident()
	if err != nil {
		return err
	}
	r.add("fan-out", "%s output rows (%d rows)", perSecond(entries, took), entries)
	r.add("  memory an entry", "%d bytes resident", (after-before)/int64(max(entries, 1)))
	if err := timelineReads(ctx, r, s.DSN(), users); err != nil {
		return err
	}
	return celebrity(ctx, r, conn, users)
}

// loadGraph copies users and follows; the result is each user's number of followers.
func loadGraph(ctx context.Context, conn *pgx.Conn, users, edges int) ([]int, error) {
	var b strings.Builder
	for u := 1; u <= users; u++ {
		fmt.Fprintf(&b, "%d\tuser %d\t\n", u, u)
	}
	if _, err := conn.PgConn().CopyFrom(ctx, strings.NewReader(b.String()), "COPY users FROM STDIN"); err != nil {
		return nil, err
	}
	b.Reset()
	followers := make([]int, users+1)
	rng := rand.New(rand.NewPCG(1, 1))
	zipf := rand.NewZipf(rng, 1.2, 20, uint64(users-1))
	seen := map[[2]int]bool{}
	follow := func(who, whom int) {
		if k := [2]int{who, whom}; !seen[k] {
			seen[k] = true
			followers[whom]++
			fmt.Fprintf(&b, "%d\t%d\n", who, whom)
		}
	}
	for u := 3; u <= users; u++ { // everybody follows users 1 and 2: the accounts with as many followers as there are users
		follow(u, 1)
		follow(u, 2)
	}
	for len(seen) < edges {
		follow(1+rng.IntN(users), 1+int(zipf.Uint64()))
	}
	_, err := conn.PgConn().CopyFrom(ctx, strings.NewReader(b.String()), "COPY follows FROM STDIN")
	return followers, err
}

// tweet lets random accounts tweet, a hundred tweets a transaction, until enough rows have fanned out.
func tweet(ctx context.Context, conn *pgx.Conn, followers []int) (rows int, took time.Duration, err error) {
	rng := rand.New(rand.NewPCG(2, 2))
	want := sized(5_000_000)
	start := time.Now()
	for id := 0; rows < want; {
		var b strings.Builder
		b.WriteString("INSERT INTO tweets VALUES ")
		for i := range 100 {
			sender := 3 + rng.IntN(len(followers)-3)
			switch {
			case id == 0: // the only tweet of user 2
				sender = 2
			case rng.IntN(50) == 0:
				sender = 1
			}
			rows += followers[sender]
			id++
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "(%d, %d, timestamptz '2024-01-01' + interval '%d seconds', 'tweet number %d of this run')", id, sender, id, id)
		}
		if _, err := conn.Exec(ctx, b.String()); err != nil {
			return rows, 0, err
		}
	}
	return rows, time.Since(start), nil
}

func timelineReads(ctx context.Context, r *report, dsn string, users int) error {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return err
	}
	cfg.MaxConns = 16
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer pool.Close()

	rate, err := drive(ctx, pool, 16, func(c *pgx.Conn, i int) (int, error) {
		q, err := c.Query(ctx, `SELECT * FROM timeline WHERE "user" = $1`, 2+i*31%(users-1))
		if err != nil {
			return 0, err
		}
		for q.Next() {

		}
		return 1, q.Err()
	})
	if err != nil {
		return err
	}
	r.add("SELECT * FROM timeline WHERE \"user\" = $1, 16 connections", "%.0f reads/s", rate)
	return nil
}

// celebrity changes the account that everybody follows.
func celebrity(ctx context.Context, r *report, conn *pgx.Conn, users int) error {
	for _, step := range []struct{ what, sql string }{
		{"unfollow", "DELETE FROM follows WHERE follower_id = %d AND followee_id = 1"},
		{"follow", "INSERT INTO follows VALUES (%d, 1)"},
	} {
		var l latencies
		for i := range 20 {
			start := time.Now()
			if _, err := conn.Exec(ctx, fmt.Sprintf(step.sql, users/2+i)); err != nil {
				return fmt.Errorf("%s: %w", step.what, err)
			}
			l = append(l, time.Since(start))
		}
		r.add(step.what+" of the account with all followers", "%v", l)
	}
	for account := 2; account >= 1; account-- {
		var tweets int
		if err := conn.QueryRow(ctx, "SELECT count(*) FROM tweets WHERE sender_id = $1", account).Scan(&tweets); err != nil {
			return err
		}
		var l latencies
		for i := range 3 {
			start := time.Now()
			if _, err := conn.Exec(ctx, "UPDATE users SET name = $1 WHERE id = $2", fmt.Sprintf("name %d", i), account); err != nil {
				return err
			}
			l = append(l, time.Since(start))
		}
		r.add(fmt.Sprintf("rename of an account with %d followers and %d tweets", users-2, tweets), "%v", l)
	}
	return nil
}
