package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/streamsql/streamsql/internal/servertest"
)

const (
	writers = 8
	schema  = `
CREATE TABLE accounts (id int8 PRIMARY KEY, balance int8 NOT NULL);
CREATE TABLE ledger (writer int8, seq int8, amount int8 NOT NULL, note text, PRIMARY KEY (writer, seq));
CREATE TABLE bulk (batch int8, n int8, text text, PRIMARY KEY (batch, n));
CREATE TABLE large (n int8 PRIMARY KEY, text text);
CREATE MATERIALIZED VIEW sums AS SELECT writer, count(*) AS n, sum(amount) AS total, max(seq) AS last FROM ledger GROUP BY writer;
CREATE MATERIALIZED VIEW balanced AS SELECT a.id, a.balance, s.total FROM accounts a LEFT JOIN sums s ON s.writer = a.id;
CREATE MATERIALIZED VIEW recent AS SELECT writer, seq, amount FROM ledger ORDER BY seq DESC, writer LIMIT 10;
CREATE MATERIALIZED VIEW batches AS SELECT batch, count(*) AS n, min(n) AS lo, max(n) AS hi FROM bulk GROUP BY batch;
`
	bulkRows = 20_000

	largeRows = 50_000 // of 10 kB: 500 MB
	largeText = 10_000
)

// What a round is killed inside of; anywhere: at a random moment. A start is killed by killAtStart.
const (
	anywhere = iota
	inCheckpoint
	inHydration
	inDrop
	inCopy
	scenes
)

var sceneNames = [scenes]string{"anywhere", "checkpoint", "CREATE MATERIALIZED VIEW", "DROP", "COPY"}

// inside runs f as scene n, which it is in until f returns.
func (h *history) inside(n int, f func() error) error {
	h.running[n].Add(1)
	select {
	case h.entered[n] <- struct{}{}:
	default:
	}
	err := f()
	if err == nil {
		h.running[n].Add(-1) // one that failed was killed
	}
	return err
}

// await waits until the scene has begun, and a moment more.
func (h *history) await(n int) {
	if n != anywhere {
		select {
		case <-h.entered[n]:
		case <-time.After(5 * time.Second): // its client is gone
		}
		pause(time.Duration(h.rng.IntN(8_000)) * time.Microsecond)
	}
}

// TestKill kills a server under concurrent transactions, COPY and DDL, again and again on the same data. KILL_ROUNDS and KILL_SEED change how often
// and which.
func TestKill(t *testing.T) {
	rounds, seed := number("KILL_ROUNDS", 50), number("KILL_SEED", 1)
	h := &history{data: t.TempDir(), rng: rand.New(rand.NewPCG(uint64(seed), 2))}
	for round := range rounds {
		if err := h.round(round); err != nil {
			t.Fatalf("round %d: %v\nagain: KILL_SEED=%d KILL_ROUNDS=%d go test ./internal/crash -run TestKill", round, err, seed, round+1)
		}
	}
	if h.total() == 0 || h.bulkDone == 0 {
		t.Fatalf("nothing was acknowledged: %v, %d batches", h.acked, h.bulkDone)
	}
	for n := anywhere + 1; n < scenes; n++ {
		if h.killed[n] == 0 && rounds >= 5*scenes {
			t.Errorf("no kill inside a %s", sceneNames[n])
		}
		t.Logf("%d kills inside a %s", h.killed[n], sceneNames[n])
	}
	t.Logf("%d kills, %d transactions and %d COPYs acknowledged, %d views made", rounds, h.total(), h.bulkDone, h.viewsMade)
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// history is what the clients know: what was acknowledged, and what was begun at most.
type history struct {
	data      string
	rng       *rand.Rand
	mu        sync.Mutex
	acked     [writers]int64 // sequence numbers 1..acked were acknowledged
	begun     [writers]int64
	bulkBegun int64
	bulkAcked map[int64]bool
	bulkDone  int
	viewAcked map[string]bool // acknowledged state of the optional view: true it exists
	viewsMade int

	running [scenes]atomic.Int32  // statements under way
	entered [scenes]chan struct{} // told that one begins
	killed  [scenes]int           // rounds killed inside
}

func (h *history) total() (n int64) {
	for _, a := range h.acked {
		n += a
	}
	return n
}

// round starts the server, checks what it has, loads it and kills it.
func (h *history) round(round int) error {
	if h.rng.IntN(4) == 0 && round > 0 { // a kill inside recovery
		if err := h.killAtStart(); err != nil {
			return err
		}
	}
	s, err := servertest.Start(h.data)
	if err != nil {
		return err
	}
	defer s.Kill()
	if round == 0 {
		if err := h.setUp(s); err != nil {
			return err
		}
	} else if err := h.verify(s); err != nil {
		return err
	}
	for n := range scenes {
		h.running[n].Store(0)
		h.entered[n] = make(chan struct{})
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() { h.write(ctx, s, w) })
	}
	wg.Go(func() { h.copy(ctx, s) })
	wg.Go(func() { h.define(ctx, s, round) })
	wg.Go(func() { h.checkpoint(ctx, s) })
	pause(time.Duration(20+h.rng.IntN(400)) * time.Millisecond)
	h.await(round % scenes)
	if round == number("KILL_LARGE", 25) {
		if err := h.copyLarge(ctx, s); err != nil {
			cancel()
			return err
		}
	}
	for n := range scenes {
		if h.running[n].Load() > 0 {
			h.killed[n]++
		}
	}
	s.Kill()
	cancel()
	wg.Wait()
	return nil
}

// pause lets the load run; the kill's moment is the point of the test.
func pause(d time.Duration) { <-time.After(d) }

func (h *history) killAtStart() error {
	s, err := servertest.StartOnly(h.data)
	if err != nil {
		return err
	}
	pause(time.Duration(h.rng.IntN(60)) * time.Millisecond)
	s.Kill()
	return nil
}

func (h *history) setUp(s *servertest.Server) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, schema); err != nil {
		return err
	}
	for w := range writers {
		if _, err := conn.Exec(ctx, "INSERT INTO accounts VALUES ($1, 0)", w); err != nil {
			return err
		}
	}
	h.bulkAcked, h.viewAcked = map[int64]bool{}, map[string]bool{}
	return nil
}

// write makes transactions of two statements until the server is gone.
func (h *history) write(ctx context.Context, s *servertest.Server, w int) {
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return
	}
	defer conn.Close(ctx)
	for {
		h.mu.Lock()
		seq := h.acked[w] + 1
		h.begun[w] = seq
		h.mu.Unlock()
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "INSERT INTO ledger VALUES ($1, $2, $3, $4)", w, seq, seq%7-3, strings.Repeat("x", int(seq%50))); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "UPDATE accounts SET balance = balance + $2 WHERE id = $1", w, seq%7-3)
			return err
		})
		if err != nil {
			return
		}
		h.mu.Lock()
		h.acked[w] = seq
		h.mu.Unlock()
	}
}

// copy loads batches.
func (h *history) copy(ctx context.Context, s *servertest.Server) {
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return
	}
	defer conn.Close(ctx)
	for {
		h.mu.Lock()
		h.bulkBegun++
		batch := h.bulkBegun
		h.mu.Unlock()
		n := 0
		err := h.inside(inCopy, func() error {
			_, err := conn.CopyFrom(ctx, pgx.Identifier{"bulk"}, []string{"batch", "n", "text"}, pgx.CopyFromFunc(func() ([]any, error) {
				if n == bulkRows {
					return nil, nil
				}
				n++
				return []any{batch, int64(n), "some text that takes room"}, nil
			}))
			return err
		})
		if err != nil {
			return
		}
		h.mu.Lock()
		h.bulkAcked[batch] = true
		h.bulkDone++
		h.mu.Unlock()
	}
}

// checkpoint asks for one after the other.
func (h *history) checkpoint(ctx context.Context, s *servertest.Server) {
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return
	}
	defer conn.Close(ctx)
	for {
		err := h.inside(inCheckpoint, func() error { _, err := conn.Exec(ctx, "CHECKPOINT"); return err })
		if err != nil {
			return
		}
	}
}

// copyLarge sends 500 MB and returns while the server commits them: before it has answered.
func (h *history) copyLarge(ctx context.Context, s *servertest.Server) error {
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return err
	}
	sent := make(chan struct{})
	go func() {
		text, n := strings.Repeat("0123456789", largeText/10), 0
		_, _ = conn.CopyFrom(ctx, pgx.Identifier{"large"}, []string{"n", "text"}, pgx.CopyFromFunc(func() ([]any, error) { // verify counts
			if n == largeRows {
				close(sent)
				return nil, nil
			}
			n++
			return []any{int64(n), text}, nil
		}))
		_ = conn.Close(ctx)
	}()
	<-sent
	pause(time.Duration(h.rng.IntN(2000)) * time.Millisecond)
	return nil
}

// define makes and drops a view that has much to hydrate.
func (h *history) define(ctx context.Context, s *servertest.Server, round int) {
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return
	}
	defer conn.Close(ctx)
	for i := range 100 {
		name := fmt.Sprintf("extra_%d_%d", round, i)
		err := h.inside(inHydration, func() error {
			_, err := conn.Exec(ctx, "CREATE MATERIALIZED VIEW "+name+" AS SELECT l.writer, count(*) AS n, sum(b.n) AS total FROM ledger l JOIN bulk b ON b.n = l.seq GROUP BY l.writer")
			return err
		})
		if err != nil {
			return
		}
		h.mu.Lock()
		h.viewAcked[name] = true
		h.viewsMade++
		h.mu.Unlock()
		if err := h.inside(inDrop, func() error { _, err := conn.Exec(ctx, "DROP MATERIALIZED VIEW "+name); return err }); err != nil {
			h.mu.Lock()
			delete(h.viewAcked, name) // the outcome of the DROP is not known
			h.mu.Unlock()
			return
		}
		h.mu.Lock()
		h.viewAcked[name] = false
		h.mu.Unlock()
	}
}

// verify compares the server with what the clients know.
func (h *history) verify(s *servertest.Server) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for w := range writers {
		var n, total, lo, hi, balance int64
		row := conn.QueryRow(ctx, "SELECT count(*), coalesce(sum(amount), 0)::int8, coalesce(min(seq), 1), coalesce(max(seq), 0) FROM ledger WHERE writer = $1", w)
		if err := row.Scan(&n, &total, &lo, &hi); err != nil {
			return fmt.Errorf("reading the ledger: %w", err)
		}
		if n != hi || lo != 1 || hi < h.acked[w] || hi > h.begun[w] {
			return fmt.Errorf("writer %d: has %d rows %d..%d, acknowledged %d, begun %d", w, n, lo, hi, h.acked[w], h.begun[w])
		}
		if err := conn.QueryRow(ctx, "SELECT balance FROM accounts WHERE id = $1", w).Scan(&balance); err != nil {
			return err
		}
		if balance != total {
			return fmt.Errorf("writer %d: balance %d, ledger %d", w, balance, total)
		}
		h.acked[w] = hi // what was in doubt is decided now
	}
	if err := h.verifyBulk(ctx, conn); err != nil {
		return err
	}
	return h.verifyViews(ctx, conn)
}

func (h *history) verifyBulk(ctx context.Context, conn *pgx.Conn) error {
	var large int64
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM large").Scan(&large); err != nil {
		return err
	}
	if large != 0 && large != largeRows {
		return fmt.Errorf("the large COPY left %d rows of %d", large, largeRows)
	}
	rows, err := conn.Query(ctx, "SELECT batch, count(*) FROM bulk GROUP BY batch")
	if err != nil {
		return err
	}
	found := map[int64]int64{}
	var batch, n int64
	_, err = pgx.ForEachRow(rows, []any{&batch, &n}, func() error { found[batch] = n; return nil })
	if err != nil {
		return err
	}
	for b := range h.bulkAcked {
		if found[b] == 0 {
			return fmt.Errorf("acknowledged batch %d is gone", b)
		}
	}
	for b, n := range found {
		if n != bulkRows || b > h.bulkBegun {
			return fmt.Errorf("batch %d has %d rows of %d", b, n, bulkRows)
		}
		h.bulkAcked[b] = true
	}
	const enough = 15 // batches: the rounds are to take the same time
	if len(found) > enough {
		if _, err := conn.Exec(ctx, "TRUNCATE bulk"); err != nil {
			return err
		}
		clear(h.bulkAcked)
	}
	return nil
}

// verifyViews compares each view with its query and looks for views that should not be there.
func (h *history) verifyViews(ctx context.Context, conn *pgx.Conn) error {
	for name, query := range map[string]string{
		"sums":     "SELECT writer, count(*) AS n, sum(amount) AS total, max(seq) AS last FROM ledger GROUP BY writer",
		"balanced": "SELECT a.id, a.balance, s.total FROM accounts a LEFT JOIN (SELECT writer, sum(amount) AS total FROM ledger GROUP BY writer) s ON s.writer = a.id",
		"recent":   "SELECT writer, seq, amount FROM ledger ORDER BY seq DESC, writer LIMIT 10",
		"batches":  "SELECT batch, count(*) AS n, min(n) AS lo, max(n) AS hi FROM bulk GROUP BY batch",
	} {
		var got, want string
		const digest = "SELECT coalesce(string_agg(x::text, ';' ORDER BY x::text), '') FROM (SELECT concat_ws(',', %s) AS x FROM (%s) q) d"
		cols := map[string]string{"sums": "writer,n,total,last", "balanced": "id,balance,total", "recent": "writer,seq,amount", "batches": "batch,n,lo,hi"}[name]
		if err := conn.QueryRow(ctx, fmt.Sprintf(digest, cols, "SELECT * FROM "+name)).Scan(&got); err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		if err := conn.QueryRow(ctx, fmt.Sprintf(digest, cols, query)).Scan(&want); err != nil {
			return fmt.Errorf("running the query of %s: %w", name, err)
		}
		if got != want {
			return fmt.Errorf("view %s has\n%s\nits query gives\n%s", name, got, want)
		}
	}
	for name, exists := range h.viewAcked {
		_, err := conn.Exec(ctx, "SELECT * FROM "+name)
		var pe *pgconn.PgError
		if exists && err != nil {
			return fmt.Errorf("view %s was acknowledged: %w", name, err)
		}
		if !exists && (!errors.As(err, &pe) || pe.Code != "42P01") {
			return fmt.Errorf("view %s was dropped: %v", name, err)
		}
		if exists {
			if _, err := conn.Exec(ctx, "DROP MATERIALIZED VIEW "+name); err != nil {
				return err
			}
		}
		delete(h.viewAcked, name)
	}
	return nil
}
