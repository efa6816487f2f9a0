package pgwire_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/lib/pq"

	"github.com/streamsql/streamsql/pgwire"
)

func pgxConnect(t *testing.T, addr, more string) *pgx.Conn {
	t.Helper()
	host, port, _ := strings.Cut(addr, ":")
	c, err := pgx.Connect(context.Background(), fmt.Sprintf("host=%s port=%s user=test database=streamsql sslmode=disable %s", host, port, more))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// values has a Go value for each type, as pgx sends and expects it.
func values() map[string]any {
	at := time.Date(2024, 2, 29, 12, 30, 0, 123456000, time.UTC)
	return map[string]any{
		"bool": true, "int2": int16(-7), "int4": int32(1 << 30), "int8": int64(-1 << 62), "float4": float32(1.5), "float8": 1e300,
		"text": "grüß\tgott", "varchar": "v", "bytea": []byte{0, 1, 255}, "date": at.Truncate(24 * time.Hour), "timestamp": at, "timestamptz": at,
		"numeric":  pgtype.Numeric{Int: big.NewInt(1234567890123456789), Exp: -5, Valid: true},
		"interval": pgtype.Interval{Months: 14, Days: -3, Microseconds: 5, Valid: true},
		"time":     pgtype.Time{Microseconds: 3_600_000_001, Valid: true},
		"uuid":     pgtype.UUID{Bytes: [16]byte{1, 2, 3, 15: 255}, Valid: true},
		"jsonb":    map[string]any{"a": []any{1.0, nil, "x"}},
		"json":     []any{true},
		"int4[]":   []int32{1, 2, 3},
		"text[]":   []string{"a", "", "ü\"\\"},
	}
}

// Every type goes to the server and comes back, in both formats.
func TestPgxTypes(t *testing.T) {
	_, _, addr := serve(t, pgwire.Options{})
	ctx := context.Background()
	c := pgxConnect(t, addr, "")
	for name, want := range values() {
		for _, format := range []int16{pgx.TextFormatCode, pgx.BinaryFormatCode} {
			got := reflect.New(reflect.TypeOf(want))
			if err := c.QueryRow(ctx, "echo "+name, pgx.QueryResultFormats{format}, want).Scan(got.Interface()); err != nil {
				t.Errorf("%s, format %d: %v", name, format, err)
				continue
			}
			v := got.Elem().Interface()
			if at, ok := v.(time.Time); ok {
				v = at.UTC()
			}
			if !reflect.DeepEqual(v, want) {
				t.Errorf("%s, format %d: got %v, want %v", name, format, v, want)
			}
		}
		var null any = "something"
		if err := c.QueryRow(ctx, "echo "+name, nil).Scan(&null); err != nil || null != nil {
			t.Errorf("%s: NULL comes back as %v, %v", name, null, err)
		}
	}
}

// All of pgx's ways to run a statement.
func TestPgxModes(t *testing.T) {
	_, _, addr := serve(t, pgwire.Options{})
	ctx := context.Background()
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		c := pgxConnect(t, addr, "default_query_exec_mode="+mode)
		for range 3 {
			rows, err := c.Query(ctx, "series 3")
			if err != nil {
				t.Fatal(mode, err)
			}
			got, err := pgx.CollectRows(rows, pgx.RowTo[int32])
			if err != nil || !reflect.DeepEqual(got, []int32{1, 2, 3}) {
				t.Fatal(mode, got, err)
			}
		}
		_, err := c.Exec(ctx, "fail 23505 0 duplicate key value")
		if e := new(pgconn.PgError); !errors.As(err, &e) || e.Code != "23505" || e.Message != "duplicate key value" {
			t.Fatal(mode, err)
		}
		if tag, err := c.Exec(ctx, "insert"); err != nil || tag.RowsAffected() != 1 {
			t.Fatal(mode, tag, err)
		}
	}
}

// A batch goes out as one and its first error ends it.
func TestPgxBatch(t *testing.T) {
	_, _, addr := serve(t, pgwire.Options{})
	ctx := context.Background()
	c := pgxConnect(t, addr, "")
	var b pgx.Batch
	sum := int32(0)
	for i := range 100 {
		b.Queue("echo int4", i).QueryRow(func(r pgx.Row) error {
			var n int32
			err := r.Scan(&n)
			sum += n
			return err
		})
	}
	if err := c.SendBatch(ctx, &b).Close(); err != nil || sum != 4950 {
		t.Fatal(sum, err)
	}
	var failing pgx.Batch
	failing.Queue("insert")
	failing.Queue("fail 22012 0 division by zero")
	failing.Queue("insert")
	if err := c.SendBatch(ctx, &failing).Close(); err == nil || !strings.Contains(err.Error(), "22012") {
		t.Fatal(err)
	}
	if _, err := c.Exec(ctx, "insert"); err != nil {
		t.Fatal(err)
	}
}

// A pipeline of several Syncs: an error ends its own part only.
func TestPgxPipeline(t *testing.T) {
	_, _, addr := serve(t, pgwire.Options{})
	ctx := context.Background()
	p := pgxConnect(t, addr, "").PgConn().StartPipeline(ctx)
	for i := range 50 {
		text := "insert"
		if i%10 == 3 {
			text = "fail 22012 0 division by zero"
		}
		p.SendQueryParams(text, nil, nil, nil, nil)
		if err := p.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	good, bad := 0, 0
	for syncs := 0; syncs < 50; {
		switch r, err := p.GetResults(); r := r.(type) {
		case *pgconn.ResultReader:
			if _, err := r.Close(); err != nil {
				bad++
			} else {
				good++
			}
		case *pgconn.PipelineSync:
			syncs++
		case nil:
			if err == nil {
				t.Fatal("no result")
			}
			bad++
		}
	}
	if err := p.Close(); err != nil || good != 45 || bad != 5 {
		t.Fatal(good, bad, err)
	}
}

func TestPgxCopy(t *testing.T) {
	_, _, addr := serve(t, pgwire.Options{})
	ctx := context.Background()
	c := pgxConnect(t, addr, "").PgConn()
	data := strings.Repeat("1\tone\n", 100_000)
	if tag, err := c.CopyFrom(ctx, strings.NewReader(data), "copyin"); err != nil || tag.RowsAffected() != 100_000 {
		t.Fatal(tag, err)
	}
	if _, err := c.CopyFrom(ctx, strings.NewReader("bad\n"+data), "copyin"); err == nil || !strings.Contains(err.Error(), "22P04") {
		t.Fatal(err)
	}
	var out strings.Builder
	if tag, err := c.CopyTo(ctx, &out, "copyout 3"); err != nil || tag.RowsAffected() != 3 || out.String() != "row 1\nrow 2\nrow 3\n" {
		t.Fatal(tag, err, out.String())
	}
}

// A context that ends cancels the statement at the server.
func TestPgxCancel(t *testing.T) {
	_, fake, addr := serve(t, pgwire.Options{})
	c := pgxConnect(t, addr, "")
	failed := make(chan error)
	go func() {
		_, err := c.Exec(context.Background(), "wait")
		failed <- err
	}()
	<-fake.waiting
	if err := c.PgConn().CancelRequest(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "57014") {
		t.Fatal(err)
	}
	if _, err := c.Exec(context.Background(), "insert"); err != nil {
		t.Fatal(err)
	}
}

func TestLibPQ(t *testing.T) {
	_, _, addr := serve(t, pgwire.Options{})
	for _, binary := range []string{"no", "yes"} {
		db, err := sql.Open("postgres", fmt.Sprintf("postgres://test@%s/streamsql?sslmode=disable&binary_parameters=%s", addr, binary))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var n int
		var s string
		if err := db.QueryRow("echo int4, text", 42, "ü").Scan(&n, &s); err != nil || n != 42 || s != "ü" {
			t.Fatal(n, s, err)
		}
		st, err := db.Prepare("echo int8")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			if err := st.QueryRow(i).Scan(&n); err != nil || n != i {
				t.Fatal(n, err)
			}
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		_, err = db.Exec("fail 42P01 6 relation \"x\" does not exist")
		if e := new(pq.Error); !errors.As(err, &e) || e.Code != "42P01" || e.Position != "6" {
			t.Fatalf("%#v", err)
		}
		if _, err := db.Exec("insert"); err != nil {
			t.Fatal(err)
		}
	}
}
