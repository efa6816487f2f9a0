package expr_test

import (
	"strings"
	"testing"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func TestInfo(t *testing.T) { golden(t, "info.txt") }

// callIn looks a function up and calls it; a string is a text, nil a NULL of type text.
func callIn(t *testing.T, ctx *expr.Ctx, name string, args ...any) (types.Datum, error) {
	t.Helper()
	var ts []types.Type
	var ds []types.Datum
	for _, a := range args {
		switch a := a.(type) {
		case string:
			ts, ds = append(ts, types.Of(types.Text)), append(ds, types.NewString(a))
		case bool:
			ts, ds = append(ts, types.Of(types.Bool)), append(ds, types.NewBool(a))
		case int:
			ts, ds = append(ts, types.Of(types.Int8)), append(ds, types.NewInt(int64(a)))
		case uint32:
			ts, ds = append(ts, types.Of(types.Regclass)), append(ds, types.NewInt(int64(a)))
		case nil:
			ts, ds = append(ts, types.Of(types.Text)), append(ds, types.Null)
		}
	}
	fn, _, _, err := expr.Lookup(name, false, ts)
	if err != nil {
		t.Fatal(err)
	}
	return fn.Row(ctx, ds)
}

// TestSessionQuestions: what the session is asked, and what becomes of its answers.
func TestSessionQuestions(t *testing.T) {
	asked := ""
	ctx := &expr.Ctx{SessionInfo: func(name string) (types.Datum, error) {
		asked = name
		switch name {
		case "setting:no.such":
			return types.Null, sqlerr.New(sqlerr.UndefinedObject, "unrecognized configuration parameter %q", "no.such")
		case "regclass:nowhere":
			return types.Null, nil
		}
		return types.NewString("answer"), nil
	}}
	for _, x := range []struct {
		name string
		args []any
		asks string
		want string
	}{
		{"current_user", nil, "current_user", "answer"},
		{"current_database", nil, "current_database", "answer"},
		{"current_schemas", []any{true}, "current_schemas:true", "answer"},
		{"current_setting", []any{"a"}, "setting:a", "answer"},
		{"current_setting", []any{"no.such"}, "setting:no.such", "ERROR 42704"},
		{"current_setting", []any{"no.such", true}, "setting:no.such", "NULL"},
		{"current_setting", []any{"no.such", false}, "setting:no.such", "ERROR 42704"},
		{"set_config", []any{"a", "b", false}, "set_config:a=b", "answer"},
		{"set_config", []any{"a", "b", true}, "set_config_local:a=b", "answer"},
		{"set_config", []any{"a", nil, false}, "set_config:a", "answer"},
		{"set_config", []any{nil, "b", false}, "", "ERROR 22004"},
		{"to_regclass", []any{"nowhere"}, "regclass:nowhere", "NULL"},
		{"has_table_privilege", []any{"nowhere", "select"}, "regclass:nowhere", "ERROR 42P01"},
		{"has_table_privilege", []any{"t", "fly"}, "regclass:t", "ERROR 22023"},
		{"has_table_privilege", []any{"t", "select, INSERT WITH GRANT OPTION"}, "regclass:t", "t"},
		{"pg_relation_size", []any{uint32(7)}, "pg_relation_size:7", "answer"},
	} {
		asked = ""
		d, err := callIn(t, ctx, x.name, x.args...)
		got := "NULL"
		switch {
		case err != nil:
			got = "ERROR " + string(sqlerr.CodeOf(err))
		case d.Rep() == types.RepInt:
			got = map[bool]string{true: "t", false: "f"}[d.Bool()]
		case !d.IsNull():
			got = d.String()
		}
		if got != x.want || asked != x.asks {
			t.Errorf("%s%v: asked %q, got %s; want %q, %s", x.name, x.args, asked, got, x.asks, x.want)
		}
	}
	if _, err := callIn(t, &expr.Ctx{}, "current_user"); sqlerr.CodeOf(err) != sqlerr.FeatureNotSupported {
		t.Errorf("without a session: %v", err)
	}
}

func TestSequenceFunctions(t *testing.T) {
	var got []string
	ctx := &expr.Ctx{Sequence: func(op string, id uint32, arg int64) (int64, error) {
		got = append(got, op)
		return int64(id) + arg, nil
	}}
	for _, x := range []struct {
		name string
		args []any
		want int64
	}{
		{"nextval", []any{uint32(7)}, 7}, {"currval", []any{uint32(8)}, 8}, {"lastval", nil, 0}, {"setval", []any{uint32(9), 5}, 14},
		{"setval", []any{uint32(9), 6, true}, 15}, {"setval", []any{uint32(9), 6, false}, 15},
	} {
		d, err := callIn(t, ctx, x.name, x.args...)
		if err != nil || d.Int() != x.want {
			t.Errorf("%s: got %v, %v; want %d", x.name, d, err, x.want)
		}
	}
	if want := "nextval currval lastval setval setval restart"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := callIn(t, &expr.Ctx{}, "nextval", uint32(9)); sqlerr.CodeOf(err) != sqlerr.FeatureNotSupported {
		t.Errorf("got %v", err)
	}
}
