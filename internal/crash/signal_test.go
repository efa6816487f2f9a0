package crash

import (
	"context"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/streamsql/streamsql/internal/servertest"
)

// busy has a server, with something committed, run a statement that takes longer than any test; its outcome comes over the channel.
func busy(t *testing.T, s *servertest.Server) chan error {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE t (a int); INSERT INTO t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(ctx, "SELECT a FROM generate_series(1, 100000) a, generate_series(1, 100000) b")
	if err != nil {
		t.Fatal(err)
	}
	if !rows.Next() { // it is under way
		t.Fatal(rows.Err())
	}
	ended := make(chan error, 1)
	go func() {
		for rows.Next() {
		}
		ended <- rows.Err()
		_ = conn.Close(ctx) // the server is gone
	}()
	return ended
}

// TestSignals: SIGTERM lets a statement run on for as long as --drain and cancels it then, a second one ends the process at once. Either way
// what was committed is there.
func TestSignals(t *testing.T) {
	for name, signals := range map[string]struct {
		drain string
		twice bool
	}{"one, then a cancel": {"200ms", false}, "two": {"1h", true}} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir() + "/data"
			s, err := servertest.Start(data, "--drain", signals.drain)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Kill()
			ended := busy(t, s)
			if err := s.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if signals.twice {
				for { // until it has heard: then it takes no connections
					conn, err := pgx.Connect(context.Background(), s.DSN())
					if err != nil {
						break
					}
					if err := conn.Close(context.Background()); err != nil {
						t.Fatal(err)
					}
				}
				if err := s.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
			}
			if ok := s.Wait(); ok == signals.twice {
				t.Errorf("ended well: %v\n%s", ok, s.Log())
			}
			if err := <-ended; err == nil {
				t.Error("the statement came to its end")
			}
			again, err := servertest.Start(data)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Kill()
			conn, err := pgx.Connect(context.Background(), again.DSN())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.Background())
			var n int
			if err := conn.QueryRow(context.Background(), "SELECT count(*) FROM t").Scan(&n); err != nil || n != 1 {
				t.Errorf("%d rows, %v", n, err)
			}
		})
	}
}
