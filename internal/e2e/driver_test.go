package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/lib/pq"
)

func connect(t *testing.T, host, port, more string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), fmt.Sprintf("host=%s port=%s user=postgres database=streamsql sslmode=disable %s", host, port, more))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// row is a value of every type.
type row struct {
	ID    int64
	B     bool
	I2    int16
	I4    int32
	F4    float32
	F8    float64
	N     pgtype.Numeric
	T     string
	V     string
	By    []byte
	D     time.Time
	Ts    time.Time
	Tz    time.Time
	Iv    pgtype.Interval
	U     pgtype.UUID
	J     map[string]any
	Ints  []int32
	Texts []string
}

const everyType = `CREATE TABLE every (id int8 PRIMARY KEY, b bool, i2 int2, i4 int4, f4 float4, f8 float8, n numeric, t text, v varchar(20),
	by bytea, d date, ts timestamp, tz timestamptz, iv interval, u uuid, j jsonb, ints int4[], texts text[])`

// values are the row as parameters. JSON goes as a string: in the modes that do not ask for types, pgx could not know better.
func (r row) values() []any {
	j, err := json.Marshal(r.J)
	if err != nil {
		panic(err)
	}
	return []any{r.ID, r.B, r.I2, r.I4, r.F4, r.F8, r.N, r.T, r.V, r.By, r.D, r.Ts, r.Tz, r.Iv, r.U, string(j), r.Ints, r.Texts}
}

func exampleRow(id int64) row {
	at := time.Date(2024, 2, 29, 12, 30, 0, 123456000, time.UTC)
	r := row{
		ID: id, B: true, I2: -7, I4: 1 << 30, F4: 1.5, F8: 1e300, T: "grüß\tgott\\", V: "v", By: []byte{0, 1, 255}, D: at.Truncate(24 * time.Hour), Ts: at, Tz: at,
		Iv: pgtype.Interval{Months: 14, Days: -3, Microseconds: 5, Valid: true}, U: pgtype.UUID{Bytes: [16]byte{1, 2, 3, 15: 255}, Valid: true},
		J: map[string]any{"a": []any{1.0, nil, "x"}}, Ints: []int32{1, 2, 3}, Texts: []string{"a", "", "ü\"\\"},
	}
	if err := r.N.Scan("-12345678901234567890.00100"); err != nil {
		panic(err)
	}
	return r
}

// Rows of every type come back as they went in: by INSERT in every mode of pgx, and by its binary COPY.
func TestPgxEveryType(t *testing.T) {
	host, port := start(t)
	ctx := context.Background()
	setup := connect(t, host, port, "")
	if _, err := setup.Exec(ctx, everyType); err != nil {
		t.Fatal(err)
	}
	placeholders := make([]string, len(row{}.values()))
	for i := range placeholders {
		placeholders[i] = fmt.Sprint("$", i+1)
	}
	insert := "INSERT INTO every VALUES (" + strings.Join(placeholders, ", ") + ")"
	for i, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			c := connect(t, host, port, "default_query_exec_mode="+mode)
			want := exampleRow(int64(i))
			if _, err := c.Exec(ctx, insert, want.values()...); err != nil {
				t.Fatal(err)
			}
			checkRow(t, c, want)
			if _, err := c.Exec(ctx, "INSERT INTO every (id) VALUES ($1)", 100+i); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("copy", func(t *testing.T) {
		want := exampleRow(50)
		_, err := setup.CopyFrom(ctx, pgx.Identifier{"every"}, columnsOfEvery(), pgx.CopyFromRows([][]any{want.values()}))
		if err != nil {
			t.Fatal(err)
		}
		checkRow(t, setup, want)
	})
}

func columnsOfEvery() []string {
	return strings.Split("id b i2 i4 f4 f8 n t v by d ts tz iv u j ints texts", " ")
}

func checkRow(t *testing.T, c *pgx.Conn, want row) {
	t.Helper()
	rows, err := c.Query(context.Background(), "SELECT * FROM every WHERE id = $1", want.ID)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[row])
	if err != nil {
		t.Fatal(err)
	}
	got.Tz = got.Tz.UTC()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// A batch is one transaction; a pipeline's parts are one each.
func TestPgxBatch(t *testing.T) {
	host, port := start(t)
	ctx := context.Background()
	c := connect(t, host, port, "")
	if _, err := c.Exec(ctx, "CREATE TABLE b (id int8 PRIMARY KEY, n int8); CREATE MATERIALIZED VIEW s AS SELECT sum(n) AS total FROM b"); err != nil {
		t.Fatal(err)
	}
	var b pgx.Batch
	for i := range 100 {
		b.Queue("INSERT INTO b VALUES ($1, $2)", i, i)
	}
	if err := c.SendBatch(ctx, &b).Close(); err != nil {
		t.Fatal(err)
	}
	b = pgx.Batch{}
	b.Queue("INSERT INTO b VALUES (1000, 1000)")
	b.Queue("INSERT INTO b VALUES (1, 1)")
	var e *pgconn.PgError
	if err := c.SendBatch(ctx, &b).Close(); !errors.As(err, &e) || e.Code != "23505" || e.ConstraintName != "b_pkey" {
		t.Fatal(err)
	}
	var total int64
	if err := c.QueryRow(ctx, "SELECT total FROM s").Scan(&total); err != nil || total != 4950 {
		t.Fatal(total, err)
	}
}

// What one connection committed, another one's view shows.
func TestReadYourWritesAcrossConnections(t *testing.T) {
	host, port := start(t)
	ctx := context.Background()
	if _, err := connect(t, host, port, "").Exec(ctx, `CREATE TABLE c (id int8 PRIMARY KEY, k int8);
		CREATE MATERIALIZED VIEW counts AS SELECT k, count(*) AS n FROM c GROUP BY k`); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 4 {
		writer, reader := connect(t, host, port, ""), connect(t, host, port, "")
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 25 {
				if _, err := writer.Exec(ctx, "INSERT INTO c VALUES ($1, $2)", w*1000+i, w); err != nil {
					t.Error(err)
					return
				}
				var n int
				if err := reader.QueryRow(ctx, "SELECT n FROM counts WHERE k = $1", w).Scan(&n); err != nil || n != i+1 {
					t.Errorf("after %d commits the view shows %d, %v", i+1, n, err)
					return
				}
			}
		}()
	}
	wg.Wait()
}

func TestLibPQ(t *testing.T) {
	host, port := start(t)
	for _, binary := range []string{"no", "yes"} {
		db, err := sql.Open("postgres", fmt.Sprintf("host=%s port=%s user=postgres dbname=streamsql sslmode=disable binary_parameters=%s", host, port, binary))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		libPQ(t, db)
	}
}

func libPQ(t *testing.T, db *sql.DB) {
	t.Helper()
	exec := func(q string, args ...any) {
		t.Helper()
		if _, err := db.Exec(q, args...); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	exec("CREATE TABLE p (id int PRIMARY KEY, t text, at timestamptz)")
	at := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	exec("INSERT INTO p VALUES ($1, $2, $3)", 1, "ü", at)
	var text string
	var when time.Time
	if err := db.QueryRow("SELECT t, at FROM p WHERE id = $1", 1).Scan(&text, &when); err != nil || text != "ü" || !when.Equal(at) {
		t.Fatal(text, when, err)
	}

	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	st, err := tx.Prepare("COPY p (id, t) FROM STDIN")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		if _, err := st.Exec(i+10, fmt.Sprint("row\t", i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := st.Exec(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(st.Close(), tx.Commit()); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM p").Scan(&n); err != nil || n != 1001 {
		t.Fatal(n, err)
	}
	_, err = db.Exec("INSERT INTO p VALUES (1)")
	if e := new(pq.Error); !errors.As(err, &e) || e.Code != "23505" || e.Detail != "Key (id)=(1) already exists." {
		t.Fatal(err)
	}
	exec("DROP TABLE p")
}

// A cancel request ends the running statement, and the connection lives on.
func TestCancel(t *testing.T) {
	host, port := start(t)
	ctx := context.Background()
	c := connect(t, host, port, "")
	var err error
	ended := make(chan error)
	go func() {
		_, err := c.Exec(ctx, "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a = -b")
		ended <- err
	}()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for err == nil {
		select {
		case err = <-ended:
		case <-again.C: // one that comes before the statement means nothing
			if err := c.PgConn().CancelRequest(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	if e := new(pgconn.PgError); !errors.As(err, &e) || e.Code != "57014" {
		t.Fatal(err)
	}
	if _, err := c.Exec(ctx, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
}

// psycopg, of Python, from the project's virtual environment.
func TestPsycopg(t *testing.T) {
	python := filepath.Join("..", "..", ".cache", "venv", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		t.Fatal("psycopg is not installed; `make deps` installs it: ", err)
	}
	host, port := start(t)
	out, err := exec.Command(python, filepath.Join("testdata", "client.py"), host, port).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if want := "psycopg: all is well\n"; string(out) != want {
		t.Errorf("got %s", out)
	}
}
