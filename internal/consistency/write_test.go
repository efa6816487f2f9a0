package consistency

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/internal/servertest"
)

// transfer is a row.
type transfer struct {
	id, amount int64
	src, dst   int64
}

func (t *transfer) accepted() bool { return t.src != t.dst && t.amount > 0 }

// known is what the acknowledged transactions make of the tables.
type known struct {
	rows, accepted, amount int64
	balance                [accounts]int64
}

// add adds other's figures, sign times.
func (k *known) add(other *known, sign int64) {
	k.rows += sign * other.rows
	k.accepted += sign * other.accepted
	k.amount += sign * other.amount
	for i := range k.balance {
		k.balance[i] += sign * other.balance[i]
	}
}

// count adds a transfer, or with -1 takes it away.
func (k *known) count(t *transfer, sign int64) {
	k.rows += sign
	if t.accepted() {
		k.accepted += sign
		k.amount += sign * t.amount
		k.balance[t.src] -= sign * t.amount
		k.balance[t.dst] += sign * t.amount
	}
}

// transaction is what one sends: inserts, and in a block also changes of transfers that are there, and both legs of one.
type transaction struct {
	inserts []transfer
	block   bool
	changed *transfer // its new form
	deleted *transfer
	effect  known
	recent  []transfer // of the writer, when it is done
}

// writer sends transactions, one after the other. Its ids are those of its own remainder, so that writers never wait for each other.
type writer struct {
	*rand.Rand
	known
	run     *run
	next    int64      // id, before the delay
	late    []transfer // the next ones, in the order of their arrival
	recent  []transfer // some that are there and may change
	pending *transaction
	step    int64
}

func newWriter(r *run, i int) *writer {
	w := &writer{Rand: rand.New(rand.NewPCG(r.seed, uint64(i))), run: r, next: int64(i), step: 6}
	if r.inOrder {
		w.step = 1
	}
	return w
}

// take gives n transfers in the order in which they arrive: that of their ids, or with delays of up to 10 s.
func (w *writer) take(n int) []transfer {
	for len(w.late) < n {
		var more []transfer
		for range 4096 {
			t := transfer{id: w.next, src: w.next % accounts, dst: (w.next + 1) % accounts, amount: 1}
			if !w.run.inOrder {
				t.src, t.dst, t.amount = w.Int64N(accounts), w.Int64N(accounts), w.Int64N(100)-2
			}
			w.next += w.step
			more = append(more, t)
		}
		if !w.run.inOrder {
			w.Shuffle(len(more), func(i, j int) { more[i], more[j] = more[j], more[i] })
		}
		w.late = append(w.late, more...)
	}
	out := w.late[:n:n]
	w.late = w.late[n:]
	return out
}

// begin makes a transaction.
func (w *writer) begin() *transaction {
	t := &transaction{inserts: w.take(1 + w.IntN(1<<w.IntN(w.run.sizes()))), block: w.IntN(8) == 0, recent: append([]transfer(nil), w.recent...)}
	if t.block && !w.run.inOrder && len(t.recent) > 2 {
		k := w.IntN(len(t.recent) - 1)
		was := t.recent[k]
		t.effect.count(&was, -1)
		t.recent[k].amount = w.Int64N(100) - 2
		t.changed = &t.recent[k]
		t.effect.count(t.changed, 1)
		gone := t.recent[len(t.recent)-1]
		t.effect.count(&gone, -1)
		t.deleted = &gone
		t.recent = t.recent[:len(t.recent)-1]
	}
	for i := range t.inserts {
		t.effect.count(&t.inserts[i], 1)
	}
	const some = 50
	if len(t.recent) < some {
		t.recent = append(t.recent, t.inserts[0])
	} else {
		t.recent[w.IntN(some)] = t.inserts[0]
	}
	return t
}

// write sends transactions until told to end; enough is closed by whoever reaches the number.
func (w *writer) write(s *servertest.Server, ended func() bool, until int64, enough chan struct{}) error {
	c, err := connect(s)
	if err != nil {
		return err
	}
	defer c.close()
	for !ended() {
		w.pending = w.begin()
		if err := w.pending.send(c); err != nil {
			return err
		}
		n := w.done()
		if now := w.run.sent.Load(); now >= until && now-n < until {
			close(enough)
		}
	}
	return nil
}

// done says that the pending transaction is there.
func (w *writer) done() (n int64) {
	w.known.add(&w.pending.effect, 1)
	w.recent = w.pending.recent
	n = int64(len(w.pending.inserts))
	w.run.commits.Add(1)
	w.run.sent.Add(n)
	w.pending = nil
	return n
}

// settle finds out what became of the transaction that was under way when the server was killed: it is there as a whole, or nothing of it.
func (w *writer) settle(c *conn) error {
	if w.pending == nil {
		return nil
	}
	there := 0
	for _, t := range w.pending.inserts {
		rows, err := c.rows("SELECT src, dst, amount FROM transfers WHERE id = $1", t.id)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row[0] != t.src || row[1] != t.dst || row[2] != t.amount {
				return fmt.Errorf("transfer %d is %v, not %v", t.id, row, t)
			}
			there++
		}
	}
	switch there {
	case 0:
		w.late = append(w.pending.inserts, w.late...)
		w.pending = nil
	case len(w.pending.inserts):
		w.done()
	default:
		return fmt.Errorf("of a transaction of %d transfers %d are there", len(w.pending.inserts), there)
	}
	return nil
}

// send commits the transaction.
func (t *transaction) send(c *conn) error {
	ctx := context.Background()
	if !t.block {
		if len(t.inserts) > 300 {
			_, err := c.CopyFrom(ctx, strings.NewReader(t.copyText()), "COPY transfers FROM STDIN")
			return err
		}
		return t.insert(c, t.inserts)
	}
	if _, err := c.Exec(ctx, "BEGIN").ReadAll(); err != nil {
		return err
	}
	half := len(t.inserts) / 2
	for _, part := range [][]transfer{t.inserts[:half], t.inserts[half:]} {
		if err := t.insert(c, part); err != nil {
			return err
		}
	}
	if t.changed != nil {
		if _, err := c.rows("UPDATE transfers SET amount = $2 WHERE id = $1", t.changed.id, t.changed.amount); err != nil {
			return err
		}
		if _, err := c.rows("DELETE FROM transfers WHERE id = $1", t.deleted.id); err != nil {
			return err
		}
	}
	for _, leg := range []int64{-1, 1} {
		if _, err := c.rows("INSERT INTO legs VALUES ($1, $2, $3)", t.inserts[0].id, leg+1, leg*(1+t.inserts[0].id%100)); err != nil {
			return err
		}
	}
	_, err := c.Exec(ctx, "COMMIT").ReadAll()
	return err
}

// at is when a transfer happened: 10 million are a minute.
func (t *transfer) at() string {
	us := t.id * 6
	return fmt.Sprintf("2024-01-01 00:%02d:%02d.%06d", us/60_000_000%60, us/1_000_000%60, us%1_000_000)
}

func (t *transaction) copyText() string {
	var b strings.Builder
	for _, x := range t.inserts {
		fmt.Fprintf(&b, "%d\t%d\t%d\t%d\t%s\n", x.id, x.src, x.dst, x.amount, x.at())
	}
	return b.String()
}

// insert is one statement.
func (t *transaction) insert(c *conn, rows []transfer) error {
	if len(rows) == 0 {
		return nil
	}
	const columns = "unnest($1::int8[]), unnest($2::int4[]), unnest($3::int4[]), unnest($4::int8[]), unnest($5::timestamp[])"
	var lists [5]strings.Builder
	for i, x := range rows {
		for k, v := range []string{strconv.FormatInt(x.id, 10), strconv.FormatInt(x.src, 10), strconv.FormatInt(x.dst, 10), strconv.FormatInt(x.amount, 10),
			strconv.Quote(x.at())} {
			lists[k].WriteString(map[bool]string{true: "{", false: ","}[i == 0] + v)
		}
	}
	params := make([][]byte, len(lists))
	for k := range lists {
		params[k] = []byte(lists[k].String() + "}")
	}
	_, err := c.execute("INSERT INTO transfers SELECT "+columns, params)
	return err
}
