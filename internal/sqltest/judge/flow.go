package judge

import (
	"slices"

	"github.com/streamsql/streamsql/internal/sqltest/slt"
)

// flow brings the data: the rows held back and the file's own changes, in transactions of random sizes. In between rows are changed and
// changed back, views are compared, and in restart mode our side is killed.
func (v *viewRun) flow(held map[string][]row, data [][]*slt.Record) {
	var work []func()
	for _, t := range v.tables() {
		for chunk := range slices.Chunk(held[t.name], 1+v.IntN(40)) {
			work = append(work, func() { v.transaction([]string{t.insertion(chunk)}) })
		}
	}
	for len(data) > 0 {
		var batch []string
		for size := 1 + v.IntN(v.pick(2, 8, 40)); size > 0 && len(data) > 0; size-- {
			if len(data[0]) > 1 || begins.MatchString(data[0][0].SQL) { // a block of its own
				break
			}
			batch = append(batch, data[0][0].SQL)
			data = data[1:]
		}
		if len(batch) > 0 {
			work = append(work, func() { v.transaction(batch) })
			continue
		}
		block := data[0]
		data = data[1:]
		work = append(work, func() { v.block(block) })
	}
	work = append(work, func() {}) // there is always a point at which all data are there
	kill := make([]bool, len(work))
	for range v.crashes {
		kill[v.IntN(len(work))] = true
	}
	disturb := 1 + v.IntN(2)
	for i, f := range work {
		f()
		if kill[i] {
			v.kill()
		}
		if i == len(work)-1 || v.IntN(len(work)) < 2 {
			v.compare(3)
		}
		if i == len(work)-1 || disturb > 0 && v.IntN(len(work)) < 2 {
			disturb--
			v.disturb()
		}
	}
}

func (v *viewRun) pick(of ...int) int { return of[v.IntN(len(of))] }

// transaction runs statements as one; where PostgreSQL fails, one by one.
func (v *viewRun) transaction(statements []string) {
	v.ticks++
	if len(statements) == 1 {
		v.both(statements[0])
	} else {
		v.both("BEGIN")
		for i, sql := range statements {
			want, got := v.both(sql)
			if !want.failed() && !got.failed() {
				continue
			}
			if want.failed() {
				v.both("ROLLBACK")
				for _, s := range statements[:i] {
					v.both(s)
				}
				v.both(sql)
				for _, s := range statements[i+1:] {
					v.both(s)
				}
				v.settle()
				return
			}
		}
		v.both("COMMIT")
	}
	v.settle()
}

// block runs a transaction block of the file.
func (v *viewRun) block(records []*slt.Record) {
	v.ticks++
	for _, r := range records {
		v.both(r.SQL)
	}
	if v.pg.inTransaction("") {
		v.both("COMMIT")
	}
	v.settle()
}

// settle makes the sides equal again if ours refused a change.
func (v *viewRun) settle() {
	if v.dirty {
		v.ours.exec("", "ROLLBACK") // a transaction of ours that is still open has failed
		v.synchronize()
	}
}

// kill ends our side at once; now and then in the middle of a transaction, of which nothing may be left.
func (v *viewRun) kill() {
	if tables := v.tables(); v.IntN(2) == 0 && len(tables) > 0 {
		v.ours.exec("", "BEGIN")
		v.ours.exec("", "DELETE FROM "+tables[v.IntN(len(tables))].name)
	}
	if err := v.ours.crash(); err != nil && v.failure == nil {
		v.failure = err
		return
	}
	for _, sql := range v.set {
		v.ours.exec("", sql)
	}
}

// disturb changes rows, looks at the views, and changes them back.
func (v *viewRun) disturb() {
	tables := v.tables()
	if len(tables) == 0 {
		return
	}
	t := tables[v.IntN(len(tables))]
	saved, failed := t.contents(v.pg)
	if failed != nil || len(saved) == 0 {
		return
	}
	merged := v.IntN(4) == 0 // change and inverse in one transaction: nothing happens
	if merged {
		v.both("BEGIN")
	}
	for range 1 + v.IntN(3) {
		for _, sql := range v.change(&t, saved) {
			v.careful(sql)
		}
	}
	v.ticks++
	if !merged {
		v.settle()
		v.compare(2)
		if v.crashes > 0 && v.IntN(2) == 0 {
			v.kill()
		}
	}
	now, _ := t.contents(v.pg)
	back := t.difference(now, saved)
	size := v.pick(1, 5, 1000)
	for chunk := range slices.Chunk(back, size) {
		if merged {
			for _, sql := range chunk {
				v.careful(sql)
			}
			continue
		}
		v.transaction(chunk)
	}
	if merged {
		v.both("COMMIT")
		v.settle()
	}
}

// careful runs a change that a constraint may forbid.
func (v *viewRun) careful(sql string) {
	in := v.pg.inTransaction("")
	if in {
		v.pg.exec("", "SAVEPOINT judged")
	}
	if want := v.pg.exec("", sql); want.failed() {
		if in {
			v.pg.exec("", "ROLLBACK TO SAVEPOINT judged")
		}
		return
	}
	if got := v.ours.exec("", sql); got.failed() {
		v.dirty = true
	}
}

// change deletes, updates or adds some rows of a table.
func (v *viewRun) change(t *table, rows []row) (out []string) {
	some := 1 + v.IntN(min(len(rows), v.pick(1, 5, 25)))
	switch v.IntN(4) {
	case 0: // delete
		for range some {
			out = append(out, t.deletion(rows[v.IntN(len(rows))]))
		}
	case 1: // all
		if len(rows) <= 1000 {
			out = append(out, "DELETE FROM "+t.name)
		}
	case 2: // update a column to another row's value
		k := v.IntN(len(t.columns))
		for range some {
			value := "NULL"
			if other := rows[v.IntN(len(rows))][k]; other != null && v.IntN(4) > 0 {
				value = quote(other)
			}
			condition := t.deletion(rows[v.IntN(len(rows))])[len("DELETE FROM "+t.name):]
			out = append(out, "UPDATE "+t.name+" SET "+t.columns[k]+" = "+value+condition)
		}
	default: // add mixtures of rows
		for range some {
			mixed := slices.Clone(rows[v.IntN(len(rows))])
			k := v.IntN(len(t.columns))
			mixed[k] = rows[v.IntN(len(rows))][k]
			out = append(out, t.insertion([]row{mixed}))
		}
	}
	return out
}
