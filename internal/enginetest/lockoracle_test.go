package enginetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/streamsql/streamsql/internal/pgtest"
	"github.com/streamsql/streamsql/sqlerr"
)

// TestLocksAsPostgres gives the same statements, in the same order, to sessions here and of a PostgreSQL: the same ones wait, the same rows and errors
// come. LOCKS_SEED runs one seed.
func TestLocksAsPostgres(t *testing.T) {
	pg, err := pgtest.Start(pgtest.Options{Extra: []string{"deadlock_timeout=5ms"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	}()
	seeds := []uint64{1, 2, 3, 4, 5, 6, 7, 8}
	if s := os.Getenv("LOCKS_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seeds = []uint64{n}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { playLocks(t, pg, seed) })
	}
}

// waitLong asks PostgreSQL how many of its processes wait, and have found that they are in no deadlock: so that who comes last finds the next one.
const waitLong = "SELECT count(DISTINCT pid) FROM pg_locks WHERE pid = ANY ($1) AND NOT granted AND clock_timestamp() - waitstart > '15 ms'"

// lockPlayer is a session on both sides, and what it does now.
type lockPlayer struct {
	pg      *pgconn.PgConn
	ours    *client
	sql     string
	id      int         // the row that it is about
	want    chan string // PostgreSQL's answer
	got     chan string
	waits   bool
	inBlock bool
}

func playLocks(t *testing.T, pg *pgtest.Server, seed uint64) {
	ctx := context.Background()
	watch, err := pgx.Connect(ctx, pg.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Close(ctx)
	const setup = "CREATE TABLE r (id int PRIMARY KEY, v int); INSERT INTO r SELECT i, 0 FROM generate_series(1, 5) AS i"
	if _, err := watch.Exec(ctx, "DROP TABLE IF EXISTS r; "+setup, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	d := open(t)
	d.session().do(setup)
	players := make([]*lockPlayer, 4)
	for i := range players {
		c, err := pgconn.Connect(ctx, pg.DSN())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(ctx)
		players[i] = &lockPlayer{pg: c, ours: d.session()}
	}
	rng := rand.New(rand.NewPCG(seed, 5))
	var story []string
	for step := range 120 {
		i := rng.IntN(len(players))
		p := players[i]
		if p.waits {
			continue
		}
		p.begin(lockStatement(rng, seed%2 == 0, p, players))
		story = append(story, fmt.Sprintf("%d: %s", i, p.sql))
		if diff := settleLocks(d, watch, players); diff != "" {
			t.Fatalf("seed %d, step %d: %s\n%s\nagain: LOCKS_SEED=%d go test ./internal/enginetest -run TestLocksAsPostgres", seed, step, diff, strings.Join(story, "\n"), seed)
		}
	}
	for i := 0; i < len(players); i++ { // all to their ends: who does not wait lets others go on
		if p := players[i]; !p.waits && p.inBlock {
			p.begin("ROLLBACK")
			if diff := settleLocks(d, watch, players); diff != "" {
				t.Fatalf("seed %d, at the end: %s\n%s", seed, diff, strings.Join(story, "\n"))
			}
			i = -1
		}
	}
	if d.engine.Locks().Any() {
		t.Error("locks are left")
	}
}

// lockStatement is what a session may do next. Nobody comes to wait behind others: whom of them PostgreSQL serves first is open, as it looks for the new
// version of a row. FOR KEY SHARE does not come together with what it conflicts with: PostgreSQL does not see a row that was updated first and locked FOR
// UPDATE then before it has locked what it was, waits in spite of SKIP LOCKED, and returns the old row.
func lockStatement(rng *rand.Rand, whole bool, p *lockPlayer, players []*lockPlayer) string {
	id := 1 + rng.IntN(4)
	for _, o := range players {
		if o.waits && o.id == id {
			return "SELECT * FROM r ORDER BY id"
		}
	}
	p.id = id
	if !p.inBlock && rng.IntN(4) > 0 {
		p.inBlock = true
		return "BEGIN"
	}
	strength := []string{"KEY SHARE", "NO KEY UPDATE", "SHARE"}[rng.IntN(3)]
	if whole {
		strength = []string{"UPDATE", "NO KEY UPDATE", "SHARE"}[rng.IntN(3)]
	}
	switch n := rng.IntN(20); {
	case n < 6:
		return fmt.Sprintf("SELECT id, v FROM r WHERE id = %d FOR %s%s", id, strength, []string{"", "", "", " NOWAIT", " SKIP LOCKED"}[rng.IntN(5)])
	case n < 8:
		return fmt.Sprintf("SELECT id FROM r ORDER BY id %s LIMIT %d FOR %s SKIP LOCKED", []string{"", "DESC"}[rng.IntN(2)], 1+rng.IntN(3), strength)
	case n < 13:
		return fmt.Sprintf("UPDATE r SET v = v + 1 WHERE id = %d RETURNING v", id)
	case n == 13 && whole && rng.IntN(3) == 0:
		return fmt.Sprintf("DELETE FROM r WHERE id = %d RETURNING v", id)
	case !p.inBlock:
		return "SELECT * FROM r ORDER BY id"
	case n < 15:
		return "SAVEPOINT s"
	case n < 16:
		return "ROLLBACK TO s"
	case n < 19:
		p.inBlock = false
		return "COMMIT"
	}
	p.inBlock = false
	return "ROLLBACK"
}

// begin gives a statement to both sides.
func (p *lockPlayer) begin(sql string) {
	if sql == "ROLLBACK" {
		p.inBlock = false
	}
	p.sql, p.waits = sql, true
	p.want, p.got = make(chan string, 1), make(chan string, 1)
	go func() {
		results, err := p.pg.Exec(context.Background(), sql).ReadAll()
		var e *pgconn.PgError
		switch {
		case errors.As(err, &e):
			p.want <- e.Code
		case err != nil:
			p.want <- err.Error()
		default:
			var rows []string
			for _, row := range results[0].Rows {
				var values []string
				for _, v := range row {
					values = append(values, string(v))
				}
				rows = append(rows, strings.Join(values, " "))
			}
			slices.Sort(rows)
			p.want <- strings.Join(rows, ", ")
		}
	}()
	go func() {
		r, err := p.ours.Exec(sql)
		if err != nil {
			p.got <- string(sqlerr.CodeOf(err))
			return
		}
		var rows []string
		for _, row := range r.Rows {
			rows = append(rows, strings.Join(row, " "))
		}
		slices.Sort(rows)
		p.got <- strings.Join(rows, ", ")
	}()
}

// settleLocks waits until all are done or wait, here and there, and compares.
func settleLocks(d *db, watch *pgx.Conn, players []*lockPlayer) string {
	running := func(done func(*lockPlayer) bool) (pids []int32) {
		for _, p := range players {
			if p.waits && !done(p) {
				pids = append(pids, int32(p.pg.PID()))
			}
		}
		return pids
	}
	here, there := func(p *lockPlayer) bool { return len(p.got) > 0 }, func(p *lockPlayer) bool { return len(p.want) > 0 }
	for len(running(here)) != d.engine.Locks().Waiting() {
		runtime.Gosched()
	}
	for settled := false; !settled; {
		before, wait := running(there), 0
		if err := watch.QueryRow(context.Background(), waitLong, before).Scan(&wait); err != nil {
			return err.Error()
		}
		settled = wait == len(before) && wait == len(running(there))
	}
	for i, p := range players {
		if !p.waits {
			continue
		}
		want, got := "waits", "waits"
		if there(p) {
			want = <-p.want
		}
		if here(p) {
			got = <-p.got
		}
		p.waits = got == "waits"
		if want != got {
			return fmt.Sprintf("%d: %s: got %s, want %s", i, p.sql, got, want)
		}
	}
	return ""
}
