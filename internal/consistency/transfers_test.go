package consistency

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/streamsql/streamsql/internal/servertest"
)

const (
	accounts = 10
	schema   = `
CREATE TABLE transfers (id int8 PRIMARY KEY, src int4 NOT NULL, dst int4 NOT NULL, amount int8 NOT NULL, at timestamp NOT NULL);
CREATE TABLE legs (transfer int8, account int4, amount int8, PRIMARY KEY (transfer, account));
CREATE MATERIALIZED VIEW accepted AS SELECT id, src, dst, amount FROM transfers WHERE src <> dst AND amount > 0;
CREATE MATERIALIZED VIEW volume AS SELECT count(*) AS n, coalesce(sum(amount), 0) AS amount FROM accepted;
CREATE MATERIALIZED VIEW credits AS SELECT dst AS account, sum(amount) AS credits FROM accepted GROUP BY dst;
CREATE MATERIALIZED VIEW debits AS SELECT src AS account, sum(amount) AS debits FROM accepted GROUP BY src;
CREATE MATERIALIZED VIEW balance AS SELECT coalesce(c.account, d.account) AS account, coalesce(credits, 0) - coalesce(debits, 0) AS balance
	FROM credits c FULL JOIN debits d ON d.account = c.account;
CREATE MATERIALIZED VIEW total AS SELECT coalesce(sum(balance), 0) AS total FROM balance;
CREATE MATERIALIZED VIEW mirror AS SELECT a.account, a.balance, b.account AS other, b.balance AS theirs FROM balance a FULL JOIN balance b ON b.account = a.account;
CREATE MATERIALIZED VIEW itself AS SELECT t.id, o.id AS other FROM transfers t LEFT JOIN transfers o ON o.id = t.id;
CREATE MATERIALIZED VIEW alone AS SELECT id FROM itself WHERE other IS NULL;
CREATE MATERIALIZED VIEW paired AS SELECT count(id) AS n, count(other) AS others FROM itself;
CREATE MATERIALIZED VIEW size AS SELECT count(*) AS n FROM transfers;
CREATE MATERIALIZED VIEW halves AS SELECT l.transfer, r.transfer AS other FROM legs l FULL JOIN legs r ON r.transfer = l.transfer AND r.amount = -l.amount
	WHERE l.transfer IS NULL OR r.transfer IS NULL;
`
)

// TestTransfers sends TRANSFERS transfers in order, and as many out of order, and kills the server, whose memory limit is TRANSFERS_MEMORY,
// TRANSFERS_KILLS times in each. The run that docs/CONFORMANCE.md tells of:
//
//	TRANSFERS=10000000 TRANSFERS_KILLS=10 TRANSFERS_MEMORY=512MiB go test -v -timeout 0 -run TestTransfers ./internal/consistency
func TestTransfers(t *testing.T) {
	for _, inOrder := range []bool{true, false} {
		name := map[bool]string{true: "in order", false: "out of order"}[inOrder]
		t.Run(name, func(t *testing.T) {
			r := &run{t: t, dir: t.TempDir(), inOrder: inOrder, seed: uint64(number("TRANSFERS_SEED", 1)), transfers: int64(number("TRANSFERS", 10_000)),
				kills: number("TRANSFERS_KILLS", 3), states: map[[2]int64]struct{}{}}
			if limit := os.Getenv("TRANSFERS_MEMORY"); limit != "" {
				r.args = []string{"--memory-limit", limit}
			}
			if err := r.all(); err != nil {
				t.Fatalf("seed %d: %v", r.seed, err)
			}
			t.Logf("%s: %s; %d kills, seed %d", name, r, r.kills, r.seed)
			if r.looks.Load() < 100 || len(r.states) < 10 {
				t.Error("too few states were looked at")
			}
		})
	}
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// run is the transfers of one kind.
type run struct {
	t         *testing.T
	dir       string
	inOrder   bool
	seed      uint64
	transfers int64 // to send
	kills     int
	args      []string // of the server

	sent    atomic.Int64 // acknowledged
	commits atomic.Int64
	looks   atomic.Int64 // states that readers saw

	mu     sync.Mutex
	states map[[2]int64]struct{} // by the number and sum of the accepted transfers
}

func (r *run) String() string {
	return fmt.Sprintf("%d transfers in %d transactions; %d states looked at, %d of them different", r.sent.Load(), r.commits.Load(), r.looks.Load(), len(r.states))
}

// sizes is how many powers of two the sizes of transactions are spread over.
func (r *run) sizes() int {
	if r.transfers < 1_000_000 {
		return 8
	}
	return 14
}

// all starts the server, has transfers come, and kills it, until all have come; at last it compares the views with their queries.
func (r *run) all() error {
	writers := []*writer{newWriter(r, 0)}
	if !r.inOrder {
		for i := 1; i < 6; i++ {
			writers = append(writers, newWriter(r, i))
		}
	}
	for life := range r.kills + 1 {
		s, err := servertest.Start(r.dir, r.args...)
		if err != nil {
			return err
		}
		if err := r.life(s, life, writers); err != nil {
			s.Kill()
			return fmt.Errorf("life %d: %w\n%s", life, err, s.Log())
		}
		r.t.Logf("life %d: %s", life, r)
		if life < r.kills {
			s.Kill()
			continue
		}
		if _, err := s.Stop(); err != nil {
			return err
		}
	}
	return nil
}

// life is what happens from one start of the server to its next kill.
func (r *run) life(s *servertest.Server, life int, writers []*writer) error {
	c, err := connect(s)
	if err != nil {
		return err
	}
	defer c.close()
	if life == 0 {
		if _, err := c.Exec(context.Background(), schema).ReadAll(); err != nil {
			return err
		}
	}
	for _, w := range writers {
		if err := w.settle(c); err != nil {
			return err
		}
	}
	if err := r.matches(c, writers); err != nil {
		return fmt.Errorf("after the start: %w", err)
	}
	last := life == r.kills
	until := r.transfers * int64(life+1) / int64(r.kills+1)
	if err := r.load(s, life, until, writers, !last); err != nil {
		return err
	}
	if !last {
		return nil
	}
	if err := r.matches(c, writers); err != nil {
		return fmt.Errorf("at the end: %w", err)
	}
	return sameAsQueries(c)
}

// load lets writers and readers go until so many transfers are acknowledged. kill: then the server is killed under them.
func (r *run) load(s *servertest.Server, life int, until int64, writers []*writer, kill bool) error {
	readers := len(writers) + 1
	var writing, reading sync.WaitGroup
	var ended, killed atomic.Bool
	errs := make(chan error, len(writers)+readers)
	enough := make(chan struct{})
	fails := func(err error) {
		if err != nil && !killed.Load() {
			ended.Store(true)
			errs <- err
		}
	}
	for _, w := range writers {
		writing.Go(func() {
			fails(w.write(s, func() bool { return ended.Load() || !kill && r.sent.Load() >= until }, until, enough))
		})
	}
	for i := range readers {
		rng := rand.New(rand.NewPCG(r.seed, uint64(100*life+i)))
		reading.Go(func() { fails(r.read(s, rng, ended.Load)) })
	}
	var failure error
	if kill {
		select {
		case <-enough:
			killed.Store(true)
			s.Kill()
		case failure = <-errs:
		}
	}
	writing.Wait()
	ended.Store(true)
	reading.Wait()
	close(errs)
	for err := range errs {
		if failure == nil {
			failure = err
		}
	}
	return failure
}

// matches compares the server with what the writers know.
func (r *run) matches(c *conn, writers []*writer) error {
	var want known
	for _, w := range writers {
		want.add(&w.known, 1)
	}
	rows, err := c.rows("SELECT (SELECT n FROM size), (SELECT n FROM volume), (SELECT amount FROM volume)")
	if err != nil {
		return err
	}
	if got := rows[0]; got[0] != want.rows || got[1] != want.accepted || got[2] != want.amount {
		return fmt.Errorf("there are %v transfers, accepted ones, and their sum; %d, %d, %d were acknowledged", got, want.rows, want.accepted, want.amount)
	}
	rows, err = c.rows("SELECT account, balance FROM balance")
	if err != nil {
		return err
	}
	got := [accounts]int64{}
	for _, row := range rows {
		got[row[0]] = row[1]
	}
	if got != want.balance {
		return fmt.Errorf("the balances are %v, acknowledged %v", got, want.balance)
	}
	return nil
}

// conn is a connection that reads integers.
type conn struct {
	*pgconn.PgConn
	prepared map[string]bool
}

func connect(s *servertest.Server) (*conn, error) {
	c, err := pgconn.Connect(context.Background(), s.DSN())
	return &conn{c, map[string]bool{}}, err
}

func (c *conn) close() { _ = c.Close(context.Background()) } // the server may be gone

// absent is how rows show NULL.
const absent = -1 << 63

// rows runs a prepared query; parameters are integers, too.
func (c *conn) rows(sql string, params ...int64) ([][]int64, error) {
	texts := make([][]byte, len(params))
	for i, p := range params {
		texts[i] = strconv.AppendInt(nil, p, 10)
	}
	res, err := c.execute(sql, texts)
	if err != nil {
		return nil, err
	}
	out := make([][]int64, len(res.Rows))
	for i, row := range res.Rows {
		for _, v := range row {
			n := int64(absent)
			if v != nil {
				if n, err = strconv.ParseInt(string(v), 10, 64); err != nil {
					return nil, err
				}
			}
			out[i] = append(out[i], n)
		}
	}
	return out, nil
}

// execute prepares a statement when it is first seen.
func (c *conn) execute(sql string, params [][]byte) (*pgconn.Result, error) {
	ctx := context.Background()
	if !c.prepared[sql] {
		if _, err := c.Prepare(ctx, sql, sql, nil); err != nil {
			return nil, fmt.Errorf("%s: %w", sql, err)
		}
		c.prepared[sql] = true
	}
	res := c.ExecPrepared(ctx, sql, params, nil, nil).Read()
	if res.Err != nil {
		return nil, fmt.Errorf("%s: %w", sql, res.Err)
	}
	return res, nil
}
