package session

import (
	"slices"
	"strconv"
	"testing"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func TestIdentifiers(t *testing.T) {
	for text, want := range map[string][]string{
		"Orders": {"orders"}, `"Orders"`: {"Orders"}, `public."a.b"`: {"public", "a.b"}, `"x""y"`: {`x"y`}, `S.T.U`: {"s", "t", "u"},
	} {
		if got := identifiers(text); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestRegclassAndVisibility(t *testing.T) {
	c := catalog.New().WithSchema("other").With(
		&catalog.Table{ID: 20001, Schema: "public", Name: "t", PrimaryKeyName: "t_pkey", PrimaryKey: []int{0},
			Columns: []catalog.Column{{Name: "id", Type: types.Of(types.Int4)}}},
		&catalog.Table{ID: 20002, Schema: "other", Name: "t"},
		&catalog.Table{ID: 20003, Schema: "public", Name: "pg_class"})
	s := &Session{user: "ann", vars: newVariables("ann")}
	for text, want := range map[string]int64{
		"t": 20001, `"t"`: 20001, "T": 20001, `"T"`: 0, "other.t": 20002, "nowhere.t": 0, "pg_class": 1259, "public.pg_class": 20003, "77": 77,
	} {
		d := s.regclass(c, text)
		if d.IsNull() != (want == 0) || !d.IsNull() && d.Int() != want {
			t.Errorf("regclass %s: got %v, want %d", text, d, want)
		}
	}
	visible := func(oid, want string) {
		t.Helper()
		got := "NULL"
		if d := s.visible(c, oid); !d.IsNull() {
			got = map[bool]string{true: "t", false: "f"}[d.Bool()]
		}
		if got != want {
			t.Errorf("visible %s: got %s, want %s", oid, got, want)
		}
	}
	visible("20001", "t")
	visible("20002", "f")
	visible("20003", "f") // pg_catalog comes before
	visible("1259", "t")
	visible("99999", "NULL")
	if err := s.vars.set("search_path", "other, public"); err != nil {
		t.Fatal(err)
	}
	visible("20001", "f")
	visible("20002", "t")
	if got := s.existingPath(c); !slices.Equal(got, []string{"other", "public"}) {
		t.Errorf("path %q", got)
	}
}

func TestDefinition(t *testing.T) {
	c := catalog.New().With(
		&catalog.Table{ID: 20001, Schema: "public", Name: "t", PrimaryKeyName: "t_pkey", PrimaryKey: []int{1, 0},
			Columns: []catalog.Column{{Name: "a", Type: types.Of(types.Int4)}, {Name: "b", Type: types.Of(types.Int4)}},
			Checks:  []catalog.Check{{Name: "positive", Expr: "a > 0"}}},
		&catalog.View{ID: 20002, Schema: "public", Name: "v", Query: "SELECT 1"})
	const shift = 1 << 30
	for _, x := range []struct{ what, arg, want string }{
		{"pg_get_constraintdef", strconv.Itoa(20001 + shift), "PRIMARY KEY (b, a)"},
		{"pg_get_constraintdef", strconv.Itoa(20001<<8 + shift), "CHECK ((a > 0))"},
		{"pg_get_indexdef", strconv.Itoa(20001 + shift), "CREATE UNIQUE INDEX t_pkey ON public.t USING btree (b, a)"},
		{"pg_get_indexdef", strconv.Itoa(20001+shift) + ",2", "a"},
		{"pg_get_indexdef", strconv.Itoa(20001+shift) + ",3", ""},
		{"pg_get_viewdef", "20002", "SELECT 1;"},
		{"pg_get_viewdef", "20001", ""},
	} {
		if got := definition(c, x.what, x.arg); got.String() != x.want || got.IsNull() != (x.want == "") {
			t.Errorf("%s %s: got %q, want %q", x.what, x.arg, got.String(), x.want)
		}
	}
}

func TestSetConfig(t *testing.T) {
	s := &Session{user: "ann", vars: newVariables("ann")}
	set := func(assignment string, local bool, want, after string) {
		t.Helper()
		d, err := s.setConfig(assignment, local)
		if err != nil {
			t.Fatal(err)
		}
		if d.String() != want {
			t.Errorf("%s: got %q, want %q", assignment, d.String(), want)
		}
		if now := s.vars.values["search_path"]; now != after {
			t.Errorf("%s: left %q, want %q", assignment, now, after)
		}
	}
	begin := s.vars.values["search_path"]
	set("search_path=other", true, "other", begin) // outside of a transaction it lasts for the statement
	set("search_path=", false, "", "")
	set("search_path", false, begin, begin)
	s.txn = &transaction{explicit: true}
	set("search_path=a=b", true, "a=b", "a=b")
	s.vars.endLocal()
	if now := s.vars.values["search_path"]; now != begin {
		t.Errorf("after the transaction %q, want %q", now, begin)
	}
	if _, err := s.setConfig("no_such=1", false); sqlerr.CodeOf(err) != sqlerr.UndefinedObject {
		t.Errorf("got %v", err)
	}
}
