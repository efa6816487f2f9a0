package types

import (
	"testing"

	"github.com/streamsql/streamsql/sqlerr"
)

// allKinds are the kinds that have values.
func allKinds() []Kind {
	var out []Kind
	for k := Bool; k <= Regproc; k++ {
		out = append(out, k)
	}
	return out
}

// TestCastMatrix compares which casts there are, in which context and how volatile, with pg_cast, and the conversions
// through text with the rule of PostgreSQL's parser: to a string type on assignment, from one if written.
func TestCastMatrix(t *testing.T) {
	contexts := map[string]CastContext{"i": Implicit, "a": Assignment, "e": Explicit}
	listed := map[[2]Kind]bool{}
	for _, r := range records(t, "testdata/pgcast.tsv") {
		from, to := testType(t, r[1]), testType(t, r[2])
		listed[[2]Kind{from.Kind, to.Kind}] = true
		c := FindCast(from, to)
		if c == nil {
			t.Errorf("no cast from %s to %s", from, to)
			continue
		}
		if c.Context != contexts[r[3]] {
			t.Errorf("cast from %s to %s: context %d, want %s", from, to, c.Context, r[3])
		}
		if r[4] == "f" && (c.Volatility == Stable) != (r[5] == "s") {
			t.Errorf("cast from %s to %s: volatility %d, want %s", from, to, c.Volatility, r[5])
		}
		if r[4] == "b" && !c.Identity && from.Kind != Int4 && to.Kind != Int4 {
			t.Errorf("cast from %s to %s is none in PostgreSQL, only a new name", from, to)
		}
	}
	for _, a := range allKinds() {
		for _, b := range allKinds() {
			if a == b || listed[[2]Kind{a, b}] {
				continue
			}
			from, to := Of(a), Of(b)
			c := FindCast(from, to)
			switch {
			case to.Category() == 'S':
				if c == nil || c.Context != Assignment {
					t.Errorf("%s to %s: want an assignment cast through text", from, to)
				}
			case from.Category() == 'S':
				if c == nil || c.Context != Explicit {
					t.Errorf("%s to %s: want an explicit cast through text", from, to)
				}
			case c != nil:
				t.Errorf("cast from %s to %s is not in pg_cast", from, to)
			}
		}
	}
}

// TestCasts compares the results of explicit casts of values with PostgreSQL's.
func TestCasts(t *testing.T) {
	cfg := oracleConfig(t)
	for _, r := range records(t, "testdata/cast.tsv") {
		from, to := testType(t, r[0]), testType(t, r[2])
		d, err := explicitCast(cfg, from, r[1])
		var got string
		if err == nil {
			got, err = castText(cfg, from, to, d)
		}
		want := r[4]
		if r[3] == "err" {
			want = r[4] + ": " + r[5]
		}
		if err != nil {
			got = sqlerr.From(err).Error()
		}
		if got != want {
			t.Errorf("%s %q to %s:\n got %.200s\nwant %.200s", r[0], r[1], r[2], got, want)
		}
	}
}

func castText(cfg *Config, from, to Type, d Datum) (string, error) {
	c := FindCast(from, to)
	if c == nil {
		return "", sqlerr.New(sqlerr.CannotCoerce, "cannot cast type %s to %s", from.Base(), to.Base())
	}
	d, err := c.Eval(cfg, d, true)
	if err == nil {
		d, err = ApplyMod(to, d, true)
	}
	if err != nil {
		return "", err
	}
	if d.IsNull() {
		return "!", nil
	}
	return string(AppendText(nil, cfg, to, d)), nil
}
